# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""After removal a laptop is as it was before: the two snapshots differ only in what is on a short list."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from testinfra.host import Host

from tests.lab.playbooks import ROOT, Playbooks
from tests.lab.snapshot import differences, read_allowed, unexpected

ALLOWED = read_allowed(yaml.safe_load((ROOT / "molecule/removal/files/allowed.yml").read_text(encoding="utf-8")))
Snapshot = Callable[[str], str]


def snapshot_of(laptop: str, moment: str) -> str:
    path = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / f"{laptop}-{moment}"
    return path.read_text(encoding="utf-8")


@pytest.fixture
def snapshot(host: Host) -> Snapshot:
    """Return `snapshot(moment)` of this laptop; moments are before, installed, removed (but for models), after."""
    laptop = host.check_output("hostname")
    return lambda moment: snapshot_of(laptop, moment)


def test_the_probe_sees_an_installation(snapshot: Snapshot) -> None:
    came = unexpected(differences(snapshot("before"), snapshot("installed")), ALLOWED)
    assert len(came) > 20
    assert any("/var/lib/nogpu/ledger.json" in line for line in came)


def test_nothing_is_left_and_nothing_is_missing(snapshot: Snapshot) -> None:
    assert unexpected(differences(snapshot("before"), snapshot("after")), ALLOWED) == []


def test_each_allowed_difference_is_still_needed() -> None:
    found = [
        line
        for number in range(1, 5)
        for line in differences(snapshot_of(f"laptop{number}", "before"), snapshot_of(f"laptop{number}", "after"))
    ]
    for allowed in ALLOWED:
        others = [each for each in ALLOWED if each is not allowed]
        assert unexpected(found, others) != [], f"no laptop needs {allowed.pattern}"


def test_models_their_owner_and_the_ledger_stay_until_they_are_asked_for(host: Host, snapshot: Snapshot) -> None:
    left = "\n".join(unexpected(differences(snapshot("before"), snapshot("removed")), ALLOWED))
    laptop = host.check_output("hostname")
    if laptop == "laptop4":  # its installations were aborted before a model came
        assert left == ""
        return
    assert "/manifests/registry.ollama.ai/library/hello/latest" in left
    assert "/var/lib/nogpu/ledger.json" in left
    assert ("user ollama" in left) is (laptop != "laptop2")  # there it was somebody's before
    places = re.findall(r"^[+-] file (\S+)", left, re.MULTILINE)
    accounts = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow")
    assert [place for place in places if not place.startswith(("/var/lib/nogpu", *accounts))] == []


def test_the_owners_containers_never_stopped_and_the_settings_are_the_same(host: Host, snapshot: Snapshot) -> None:
    facts = [line for line in snapshot("before").splitlines() if line.startswith("container /theirs")]
    settings = [line for line in snapshot("before").splitlines() if line.startswith("file /etc/docker/daemon.json ")]
    assert (len(facts), len(settings)) == ((2, 1) if host.check_output("hostname") == "laptop3" else (0, 0))
    assert set(facts + settings) <= set(snapshot("after").splitlines())
    assert set(facts) <= set(snapshot("installed").splitlines())


def test_removing_again_changes_nothing(playbooks: Playbooks) -> None:
    # Through site.yml, which leads to the same place.
    ended = playbooks.run(nogpu_state="absent", nogpu_remove_models=True, limit_seconds=120).well()
    assert [counts["changed"] for counts in ended.recap.values()] == [0] * 4
    assert "nogpu has changed nothing here" in ended.stdout
