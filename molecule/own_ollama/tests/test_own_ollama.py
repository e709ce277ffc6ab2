# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Somebody's own Ollama is left alone, then replaced because that was asked for, then brought back. In this order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host

Site = Callable[..., str]
MINE = "/usr/local/bin/ollama /etc/systemd/system/ollama.service /usr/share/ollama"


@pytest.fixture(autouse=True)
def theirs(host: Host) -> Iterator[None]:
    """Program, unit and models keep their bytes, owners and modes, whatever happens."""
    look = f"find {MINE} -type f -printf '%p %u:%g %m %s %T@ ' -exec sha256sum {{}} \\; | sort"
    before = host.check_output(look)
    assert "notes.txt" in before
    yield
    assert host.check_output(look) == before


def server_of_theirs(host: Host) -> str:
    """Return the process of their unit, which runs and comes up at boot."""
    assert host.service("ollama.service").is_enabled
    pid = host.check_output("systemctl show --property MainPID --value ollama.service")
    assert host.file(f"/proc/{pid}/exe").linked_to == "/usr/local/bin/ollama"
    return pid


@pytest.mark.parametrize("runtime", ["docker", "native"])
def test_unasked_it_is_left_alone(host: Host, site: Site, runtime: str) -> None:
    pid = server_of_theirs(host)
    words = site(False, nogpu_runtime=runtime)
    assert server_of_theirs(host) == pid
    assert f"/etc/systemd/system/ollama.service with '/usr/local/bin/ollama serve' (it runs, pid {pid})" in words
    assert "nogpu_adopt_ollama=true" in words
    assert "./nogpu remove" in words
    assert not host.file("/var/lib/nogpu").exists


def test_one_that_was_started_by_hand_is_left_alone(host: Host, site: Site) -> None:
    host.check_output("systemctl stop ollama.service")
    by_hand = "OLLAMA_MODELS=/tmp/models setsid ollama serve >/tmp/by-hand.log 2>&1 & echo $!"
    try:
        pid = host.check_output(f"su teammate -c '{by_hand}'")
        host.check_output("curl -sf --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:11434/api/version")
        words = site(False, nogpu_adopt_ollama=True)
        assert "started by hand: it stays as it is" in words
        assert pid in words
        assert host.file(f"/proc/{pid}/exe").linked_to == "/usr/local/bin/ollama"
    finally:
        host.run(f"kill {pid}; systemctl start ollama.service")
    host.check_output("curl -sf --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:11434/api/version")


def test_a_failed_start_in_its_place_brings_it_back(host: Host, site: Site, api: Callable[..., Any]) -> None:
    words = site(False, nogpu_runtime="docker", nogpu_adopt_ollama=True, smoke_test_min_tokens_per_second=100_000)
    assert "Ollama 0.9.3 natively serves again" in words
    server_of_theirs(host)
    assert api("/api/version")
    assert host.check_output("docker ps --quiet") == ""


def test_asked_for_ours_takes_its_place(host: Host, site: Site, api: Callable[..., Any]) -> None:
    site(True, nogpu_runtime="docker", nogpu_adopt_ollama=True)
    unit = host.service("ollama.service")
    assert not unit.is_running
    assert not unit.is_enabled
    assert host.check_output("docker ps --format '{{.Names}}'") == "ollama-docker"
    assert api("/api/tags")["models"]


def test_removal_gives_it_back(host: Host, site: Site, api: Callable[..., Any]) -> None:
    site(True, playbook="playbooks/remove.yml", nogpu_remove_models=True, removal_stable_seconds=1)
    server_of_theirs(host)
    assert [model["name"] for model in api("/api/tags")["models"]] == ["hello:latest"]
    assert not host.file("/var/lib/nogpu").exists
