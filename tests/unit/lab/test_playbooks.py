# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the scenarios are told about a run of a playbook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab.playbooks import Ended, Playbooks

RECAP = """
PLAY RECAP *********************************************************************
laptop1                    : ok=12   changed=0    unreachable=0    failed=0    skipped=3    rescued=0    ignored=0
laptop-2                   : ok=4    changed=2    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
"""


def ended(rc: int = 0, stdout: str = "", stderr: str = "") -> Ended:
    return Ended(rc, stdout, stderr, 1.0)


def test_the_recap_is_read_by_host() -> None:
    recap = ended(stdout=f"ok: [laptop1] => changed=9\n{RECAP}").recap
    assert {host: (counts["ok"], counts["changed"], counts["failed"]) for host, counts in recap.items()} == {
        "laptop1": (12, 0, 0),
        "laptop-2": (4, 2, 1),
    }


def test_a_message_is_found_wherever_it_was_broken() -> None:
    assert "Set it to docker." in ended(stdout="msg: |-\n    Set it\n    to  docker.\n", stderr="warned").sentence


@pytest.mark.parametrize(("rc", "well"), [(0, True), (1, False), (2, False), (4, False)])
def test_a_run_ends_well_or_badly(rc: int, well: bool) -> None:
    right, wrong = ("well", "badly") if well else ("badly", "well")
    run = ended(rc, "its words")
    assert getattr(run, right)() is run
    with pytest.raises(AssertionError, match="its words"):
        getattr(run, wrong)()


@pytest.mark.parametrize(("rc", "check"), [(0, "well"), (2, "badly"), (2, "without_traceback")])
def test_a_traceback_is_never_right(rc: int, check: str) -> None:
    with pytest.raises(AssertionError, match="Traceback"):
        getattr(ended(rc, "Traceback (most recent call last):"), check)()


def test_a_playbook_is_really_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ansible-playbook"
    program.write_text('#!/bin/sh\npwd; echo "$WORD" "$@"; echo broken >&2; exit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    run = Playbooks("hosts.yml").run("x.yml", "--diff", environment={"WORD": "hello"}, nogpu_port=1)
    root = Path(__file__).resolve().parents[3]
    words = f"hello -i hosts.yml x.yml --diff -e {json.dumps({'nogpu_port': 1})}"
    assert (run.rc, run.stdout, run.stderr) == (3, f"{root}\n{words}\n", "broken\n")


def test_without_variables_none_are_given() -> None:
    assert Playbooks("hosts.yml").command() == ["ansible-playbook", "-i", "hosts.yml", "playbooks/site.yml"]
