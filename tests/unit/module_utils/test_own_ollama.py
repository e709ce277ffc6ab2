# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""An Ollama that somebody installed is told from ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.module_utils.look.capacity import HostCapacity, OwnOllama
from plugins.module_utils.look.own_ollama import read_own_ollama
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
