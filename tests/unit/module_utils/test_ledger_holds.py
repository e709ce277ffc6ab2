# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What is ours stays while somebody else needs it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from plugins.module_utils.apply.ledger.entries import Entry, Ledger
from plugins.module_utils.apply.ledger.holds import Holds
from plugins.module_utils.apply.ledger.model_store import ModelStore
from plugins.module_utils.apply.ledger.states import ABSENT
from plugins.module_utils.host.programs import Ran

HERE: dict[str, Any] = {"state": "present"}
NEEDED = """\
dpkg: dependency problems prevent removal of iptables:
 firewalld depends on iptables.

dpkg: error processing package iptables (--purge):
 dependency problems - not removing
dpkg: dependency problems prevent removal of libnftnl11:amd64:
 iptables depends on libnftnl11 (>= 1.1.6).
"""


def holds(
    tmp_path: Path,
    *things: tuple[str, str, dict[str, Any]],
    owner: str = "docker_engine",
    answers: dict[str, Ran] | None = None,
    remove_models: bool = False,
    after: dict[str, Any] | None = None,
) -> dict[tuple[str, str], str]:
    """`answers`: beginnings of commands and what they say; all others are not installed."""

    def run(command: list[str]) -> Ran:
        line = " ".join(command)
        return next((ran for words, ran in (answers or {}).items() if line.startswith(words)), Ran(127, "", ""))

    entries = tuple(
        Entry(number, kind, name, owner, "", "2026-01-01T00:00:00Z", ABSENT, after)
        for number, (kind, name, _) in enumerate(things, 1)
    )
    seen = {(kind, name): state for kind, name, state in things}
    return Holds(Ledger(len(entries), entries), seen, run, ModelStore(str(tmp_path))).find(remove_models)


ENGINE = [("package", "docker.io", HERE), ("package", "runc", HERE), ("data", "/var/lib/docker", HERE)]
QUIET = {"docker": Ran(0, "", ""), "dpkg": Ran(0, "", "")}


def test_an_engine_that_only_we_use_is_not_held(tmp_path: Path) -> None:
    ours = ("image", "docker.io/ollama/ollama:0.9.3", {**HERE, "id": "sha256:1"})
    answers = {"docker image": Ran(0, "sha256:1 ollama/ollama:0.9.3\n", ""), **QUIET}
    assert holds(tmp_path, *ENGINE, ours, answers=answers) == {}


@pytest.mark.parametrize(
    ("command", "listed", "guest"),
    [
        pytest.param("docker ps", "abc theirs\n", "container theirs", id="container"),
        pytest.param("docker volume", "data data\n", "volume data", id="volume"),
        pytest.param("docker image", "sha256:9 theirs:latest\n", "image theirs:latest", id="image"),
        pytest.param("docker network", "1 bridge\n2 theirs\n", "network theirs", id="network"),
    ],
)
def test_an_engine_with_a_guest_is_held_as_a_whole(tmp_path: Path, command: str, listed: str, guest: str) -> None:
    held = holds(tmp_path, *ENGINE, answers={command: Ran(0, listed, ""), **QUIET})
    assert set(held) == {(kind, name) for kind, name, _ in ENGINE}
    assert set(held.values()) == {f"Docker is in use: {guest}"}


def test_an_engine_with_a_guest_goes_where_the_owners_comes_back(tmp_path: Path) -> None:
    def run(command: list[str]) -> Ran:
        return Ran(0, "abc theirs\n" if command[:2] == ["docker", "ps"] else "", "")

    ours = Entry(1, "package", "docker-ce", "docker_engine", "", "2026-01-01T00:00:00Z", ABSENT, HERE)
    theirs = Entry(2, "package", "docker.io", "docker_engine", "", "2026-01-01T00:00:00Z", HERE, ABSENT)
    gone = {ours.key: HERE, theirs.key: ABSENT}
    store = ModelStore(str(tmp_path))
    assert Holds(Ledger(2, (ours, theirs)), gone, run, store).find(False) == {}
    there = {ours.key: HERE, theirs.key: HERE}  # somebody has brought it back already
    assert ours.key in Holds(Ledger(2, (ours, theirs)), there, run, store).find(False)


def test_an_engine_that_does_not_answer_is_held(tmp_path: Path) -> None:
    held = holds(tmp_path, *ENGINE, answers={"docker": Ran(1, "", "Cannot connect"), "dpkg": Ran(0, "", "")})
    assert "it does not answer" in held["package", "docker.io"]


def test_an_engine_that_was_never_installed_is_not_asked(tmp_path: Path) -> None:
    assert holds(tmp_path, ("package", "docker.io", ABSENT), answers={"docker": Ran(1, "", "no")}) == {}


def test_a_package_that_others_need_is_held_with_what_it_needs_itself(tmp_path: Path) -> None:
    packages = [("package", name, HERE) for name in ("iptables", "libnftnl11", "zstd")]
    first = "dpkg --no-act --purge iptables libnftnl11 zstd"
    answers = {first: Ran(1, "", NEEDED), "dpkg --no-act --purge zstd": Ran(0, "", "")}
    held = holds(tmp_path, *packages, owner="ollama_service", answers=answers)
    assert held == {
        ("package", "iptables"): "firewalld needs it",
        ("package", "libnftnl11"): "iptables needs it",
    }


def test_a_package_that_came_along_and_was_chosen_since_is_held(tmp_path: Path) -> None:
    package = ("package", "iptables", {**HERE, "chosen": True})
    ask = {"owner": "ollama_service", "answers": QUIET}
    assert holds(tmp_path, package, after={**HERE, "chosen": False}, **ask) == {
        ("package", "iptables"): "somebody chose it since"
    }
    assert holds(tmp_path, package, after={**HERE, "chosen": True}, **ask) == {}


def test_models_stay_with_their_store_and_owner_unless_they_are_asked_for(tmp_path: Path) -> None:
    manifest = tmp_path / "manifests" / "registry.ollama.ai" / "library" / "hello" / "latest"
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"layers": []}')
    things = [("model", "hello:latest", HERE), ("user", "ollama", {**HERE, "uid": os.getuid()})]
    assert {("model", "hello:latest"), ("user", "ollama"), ("directory", str(tmp_path))} <= set(
        holds(tmp_path, *things)
    )
    assert holds(tmp_path, *things, remove_models=True) == {}
    (tmp_path / "theirs").write_text("mine")
    held = holds(tmp_path, *things, remove_models=True)
    assert set(held) == {("user", "ollama"), ("directory", str(tmp_path))}


def test_a_user_that_owns_nothing_there_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("mine")
    assert ("user", "other") not in holds(tmp_path, ("user", "other", {**HERE, "uid": 4_000_000}))


def test_a_group_that_somebody_joined_is_held(tmp_path: Path) -> None:
    group = ("group", "docker", {**HERE, "members": ["anna"]})
    assert holds(tmp_path, group) == {("group", "docker"): "anna joined it"}


def test_whom_we_put_into_a_group_does_not_hold_it(tmp_path: Path) -> None:
    ours = ("membership", "anna:docker", HERE)
    assert holds(tmp_path, ("group", "docker", {**HERE, "members": ["anna"]}), ours) == {}
    both = ("group", "docker", {**HERE, "members": ["anna", "bert"]})
    assert holds(tmp_path, both, ours) == {("group", "docker"): "bert joined it"}
