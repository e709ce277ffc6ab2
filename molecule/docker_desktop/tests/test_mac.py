# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A simulated Mac: what `up` and `remove` did to it, and what a person reads where that cannot be done."""

from __future__ import annotations

import json
from collections.abc import Callable

from testinfra.host import Host

testinfra_hosts = ["ansible://laptop2"]

HOME = "/home/teammate"
SETTINGS = f"{HOME}/Library/Group Containers/group.com.docker/settings-store.json"
AGENT = f"{HOME}/Library/LaunchAgents/io.nogpu.ollama.plist"
OWN = "/opt/stand-in"


def test_docker_desktop_was_installed_once_and_its_licence_accepted(calls: list[str]) -> None:
    assert calls.count("brew install --cask docker-desktop") == 1
    assert [call for call in calls if call.startswith("install ")] == ["install --accept-license --user=teammate"]


def test_it_has_its_share_and_the_system_keeps_a_fifth(host: Host) -> None:
    assert json.loads(host.file(SETTINGS).content_string) == {
        "Cpus": 4,
        "MemoryMiB": 13107,
        "SwapMiB": 0,
        "UseResourceSaver": False,
    }


def test_the_settings_were_there_when_it_started(host: Host) -> None:
    assert '"MemoryMiB": 13107' in host.file(f"{OWN}/settings.at-start").content_string


def test_it_was_started_once_and_never_stopped(calls: list[str]) -> None:
    assert calls.count("open -g -a Docker") == 1
    assert "docker desktop stop" not in calls


def test_all_is_in_the_user_s_home_and_nothing_is_root_s(host: Host) -> None:
    entries = json.loads(host.file(f"{HOME}/.nogpu/ledger.json").content_string)["entries"]
    paths = [entry["name"] for entry in entries if entry["name"].startswith("/")]
    assert f"{HOME}/.nogpu/compose.yaml" in paths
    assert [path for path in paths if not path.startswith(HOME)] == []
    assert host.check_output(f"find {HOME}/.nogpu {HOME}/Library ! -user teammate") == ""
    assert not host.file("/var/lib/nogpu").exists


def test_it_answers_out_of_the_store_in_the_home(host: Host) -> None:
    mounts = host.check_output("/usr/bin/docker inspect --format '{{range .Mounts}}{{.Source}}{{end}}' ollama-docker")
    assert mounts == f"{HOME}/.nogpu/ollama"
    assert "hello:latest" in host.check_output("/usr/bin/docker exec ollama-docker ollama list")
    user = host.check_output("/usr/bin/docker inspect --format '{{.Config.User}}' ollama-docker")
    assert user == host.check_output("echo $(id -u teammate):$(id -g teammate)")


def test_the_limits_were_read_inside_the_container(calls: list[str]) -> None:
    assert [call for call in calls if call.startswith("docker exec ollama-docker sh -c")]


def test_the_doctor_finds_nothing_to_change(play: Callable[..., str]) -> None:
    text = play("laptop2", "doctor", nogpu_runtime="docker")
    assert "docker in Docker Desktop:" in text
    assert "give Docker Desktop 13.7 GB of memory, 4 processors, no swap" in text
    assert "create the" not in text


def test_more_than_the_mac_has_is_refused_with_the_arithmetic(play: Callable[..., str]) -> None:
    text = play("laptop2", "site", code=2, nogpu_runtime="docker", docker_desktop_memory="15GiB")
    assert "MemoryMiB 15360 of 16384 leaves 1024 MiB for the system (needed: 3277)" in text


def running(host: Host) -> str:
    return host.check_output("/usr/bin/docker ps --format '{{.Names}}'")


def test_native_takes_its_place_and_gives_it_back(host: Host, play: Callable[..., str]) -> None:
    blobs = f"ls -l --time-style=full-iso {HOME}/.nogpu/ollama/blobs"
    before = host.check_output(blobs)
    native = play(
        "laptop2",
        "site",
        nogpu_runtime="native",
        ollama_service_downloads={"mirror": "file:///srv/mirror", "https": "", "http": "", "no_proxy": ""},
    )
    assert "2 in force" in native
    assert running(host) == ""
    assert host.file(AGENT).exists
    play("laptop2", "site", nogpu_runtime="docker")
    assert running(host) == "ollama-docker"
    assert not host.file(AGENT).exists
    assert host.check_output(blobs) == before


def test_removal_takes_it_all_back(host: Host, play: Callable[..., str]) -> None:
    text = play("laptop2", "remove", nogpu_remove_models=True)
    assert "remove cask: docker-desktop" in text
    assert host.check_output("ls -A /Applications") == ""
    assert not host.file(SETTINGS).exists
    assert not host.file(f"{HOME}/.nogpu").exists
    assert host.check_output("/usr/bin/docker ps -aq") == ""


def test_homebrew_s_wish_for_a_password_is_explained(host: Host, play: Callable[..., str]) -> None:
    host.check_output(f"touch {OWN}/password")
    text = play("laptop2", "site", code=2, nogpu_runtime="docker")
    host.check_output(f"unlink {OWN}/password")
    assert 'Homebrew said "sudo: a terminal is required to read the password' in text
    assert "run `brew install --cask docker-desktop`, then run this again" in text


def test_a_desktop_that_does_not_start_is_explained(host: Host, play: Callable[..., str]) -> None:
    host.check_output(f"touch {OWN}/broken")
    text = play("laptop2", "site", code=2, nogpu_runtime="docker", docker_desktop_start_timeout_seconds=3)
    assert "its engine gave no answer within 3 s. Look at its window: it may ask for the licence" in text
    # Nobody knows what it holds while it does not run: it stays, and is named.
    assert "cask docker-desktop: Docker is in use: it does not answer" in play("laptop2", "remove")


def test_nothing_unexpected_was_asked(calls: list[str]) -> None:
    known = ("brew", "install", "open", "docker", "sysctl", "vm_stat", "pmset", "lsof", "ps", "sw_vers", "launchctl")
    assert [call for call in calls if call.split()[0] not in known] == []
