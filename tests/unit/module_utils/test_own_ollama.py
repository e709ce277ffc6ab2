# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Which Ollama is ours, and which somebody else installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.module_utils.look.capacity import HostCapacity, Ours, OwnOllama
from plugins.module_utils.look.docker_text import Container
from plugins.module_utils.look.own_ollama import compare_with_ours, read_ours, read_own_ollama
from tests.unit.capacity_trees import host, record, says, write

ETC, PACKAGE = "/etc/systemd/system/ollama.service", "/usr/lib/systemd/system/ollama.service"
# As Ollama's own script writes it.
SCRIPT = "[Unit]\nDescription=Ollama Service\n\n[Service]\nExecStart=/usr/local/bin/ollama serve\nUser=ollama\n"
OURS = "[Service]\nExecStart=/opt/nogpu/ollama/current/bin/ollama serve\nEnvironment=HOME=/var/lib/nogpu/home\n"
RUNS = {"systemctl show": says("UnitFileState=enabled\nActiveState=active\nMainPID=612\n")}
RESTS = {"systemctl show": says("UnitFileState=disabled\nActiveState=inactive\nMainPID=0\n")}


def test_a_bare_host_has_none(tmp_path: Path) -> None:
    assert read_own_ollama(host(tmp_path, RUNS)) is None


@pytest.mark.parametrize("path", [ETC, PACKAGE])
def test_a_unit_of_somebody_is_seen_with_its_state(tmp_path: Path, path: str) -> None:
    write(tmp_path, path, SCRIPT)
    assert read_own_ollama(host(tmp_path, RUNS)) == OwnOllama(path, "/usr/local/bin/ollama serve", True, True, 612)
    assert read_own_ollama(host(tmp_path, RESTS)) == OwnOllama(path, "/usr/local/bin/ollama serve", False, False, None)


def test_ours_is_not_somebodys_even_where_it_hides_a_package_s(tmp_path: Path) -> None:
    write(tmp_path, PACKAGE, SCRIPT)
    write(tmp_path, ETC, OURS)
    assert read_own_ollama(host(tmp_path, RUNS)) is None


@pytest.mark.parametrize(
    ("units", "ours"),
    [
        pytest.param({}, False, id="none"),
        pytest.param({ETC: SCRIPT}, False, id="somebody's"),
        pytest.param({ETC: OURS}, True, id="ours"),
        pytest.param({ETC: OURS, PACKAGE: SCRIPT}, True, id="ours hides a package's"),
        pytest.param({ETC: SCRIPT, PACKAGE: OURS}, False, id="somebody's hides ours"),
    ],
)
def test_our_unit_is_known_by_its_home(tmp_path: Path, units: dict[str, str], ours: bool) -> None:
    for path, text in units.items():
        write(tmp_path, path, text)
    assert read_ours(host(tmp_path), ()).unit is ours


@pytest.mark.parametrize(
    ("containers", "renamed", "foreign"),
    [
        pytest.param([], None, None, id="none"),
        pytest.param([("ollama-docker", "nogpu")], None, None, id="ours"),
        pytest.param([("old", "nogpu")], "old", None, id="ours under another name"),
        pytest.param([("ollama-docker", "web")], None, "web", id="our name in another project"),
        pytest.param([("ollama-docker", None)], None, "", id="our name without a project"),
        pytest.param([("web", None), ("ollama", "web")], None, None, id="neither"),
        pytest.param([("ollama-docker", "nogpu"), ("old", "nogpu")], "old", None, id="both of ours"),
    ],
)
def test_containers_are_ours_by_project_and_name(
    containers: list[tuple[str, str | None]], renamed: str | None, foreign: str | None
) -> None:
    found = [Container("1", name, project, ()) for name, project in containers]
    assert compare_with_ours(False, found) == Ours(False, renamed, foreign)


def test_a_unit_without_a_command_is_still_somebodys(tmp_path: Path) -> None:
    write(tmp_path, ETC, "[Service]\n")
    seen = read_own_ollama(host(tmp_path))
    assert seen is not None
    assert (seen.command, seen.enabled, seen.active, seen.pid) == ("", False, False, None)


def test_it_travels_in_the_capacity() -> None:
    own = {"unit_path": ETC, "command": "x", "enabled": True, "active": True, "pid": 1}
    capacity = HostCapacity.from_dict(dict(record("wsl2"), own_ollama=own))
    assert isinstance(capacity.own_ollama, OwnOllama)
    assert capacity.as_dict()["own_ollama"] == own
