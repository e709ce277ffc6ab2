# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the role did to a simulated Mac and to a simulated Windows, and what it asked of them."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host

OWN = "/opt/stand-in"


@pytest.fixture
def calls(host: Host) -> list[str]:
    text: str = host.file(f"{OWN}/calls").content_string
    return text.splitlines()


def test_docker_desktop_was_installed_once_and_its_licence_accepted(calls: list[str]) -> None:
    assert calls.count("brew install --cask docker-desktop") == 1
    assert [call for call in calls if call.startswith("install ")] == ["install --accept-license --user=teammate"]


def test_docker_desktop_has_its_share(host: Host) -> None:
    settings = json.loads(host.file(f"{OWN}/settings").content_string)
    assert settings["MemoryMiB"] == 2048
    assert settings["Cpus"] == int(host.check_output("nproc"))
    assert (settings["SwapMiB"], settings["UseResourceSaver"]) == (0, False)


def test_the_settings_were_there_when_docker_desktop_started(host: Host) -> None:
    assert '"MemoryMiB": 2048' in host.file(f"{OWN}/settings.at-start").content_string
    assert host.file(f"{OWN}/state").content_string == "running\n"


def test_docker_desktop_was_started_once_and_never_stopped(calls: list[str]) -> None:
    assert calls.count("open -g -a Docker") == 1
    assert "docker desktop stop" not in calls


def test_wsl_has_its_share_and_the_owner_keeps_the_rest(host: Host) -> None:
    text = host.check_output("cat -A /mnt/c/Users/anna/.wslconfig").splitlines()
    assert text == [
        "# anna's^M$",
        "[wsl2]^M$",
        "memory=13107MB # half^M$",
        "processors=8^M$",
        "swap=0^M$",
        "^M$",
        "[experimental]^M$",
        "sparseVhd=true^M$",
    ]


def test_the_former_wslconfig_is_kept_beside_it(host: Host) -> None:
    copies = host.check_output("cat /mnt/c/Users/anna/.wslconfig.*~")
    assert copies.splitlines()[1:3] == ["[wsl2]", "memory=4GB # half"]


def test_windows_was_never_restarted(calls: list[str]) -> None:
    assert [call for call in calls if call.startswith("wsl.exe")] == []


def test_nothing_unexpected_was_asked(host: Host, calls: list[str]) -> None:
    known = ("brew ", "install ", "open ", "docker ", "cmd.exe ", "powershell.exe ", "wslpath ", "wslinfo ")
    assert [call for call in calls if not call.startswith(known)] == []
