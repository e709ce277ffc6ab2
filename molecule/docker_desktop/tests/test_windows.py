# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A simulated Windows: what `up` and `remove` did to it from inside WSL2. The engine and the stack are real."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host

testinfra_hosts = ["ansible://laptop1"]

WSLCONFIG = "/mnt/c/Users/anna/.wslconfig"
FORMER = b"# anna's\r\n[wsl2]\r\nmemory=4GB # half\r\n\r\n[experimental]\r\nsparseVhd=true\r\n"


def test_wsl_has_its_share_and_the_owner_keeps_the_rest(host: Host) -> None:
    limits = b"memory=13107MB # half\r\nprocessors=8\r\nswap=0\r\n"
    assert host.file(WSLCONFIG).content == FORMER.replace(b"memory=4GB # half\r\n", limits)


def test_the_former_file_is_kept_beside_it(host: Host) -> None:
    assert host.check_output(f"cat {WSLCONFIG}.*~").splitlines()[1:3] == ["[wsl2]", "memory=4GB # half"]


def test_it_runs_as_on_any_linux(host: Host, api: Callable[..., Any]) -> None:
    assert host.service("docker").is_running
    assert [model["name"] for model in api("/api/tags")["models"]] == ["hello:latest"]
    device = host.check_output("docker volume inspect --format '{{.Options.device}}' ollama-data")
    assert device == "/var/lib/nogpu/ollama"


def test_a_second_run_says_when_the_limits_apply(play: Callable[..., str]) -> None:
    text = play("laptop1", "site", nogpu_runtime="docker")
    assert "The limits apply from the next start of WSL: close your work in Linux, then on Windows run:" in text
    assert "(13107MB was asked for)" in text


def test_an_encoding_that_wsl_cannot_read_is_refused_and_left_alone(host: Host, play: Callable[..., str]) -> None:
    host.check_output(f"cp -p {WSLCONFIG} /root/kept && printf '[wsl2]\\r\\n# gr\\366\\337e\\r\\n' > {WSLCONFIG}")
    odd = host.file(WSLCONFIG).content
    text = play("laptop1", "site", code=2, nogpu_runtime="docker")
    assert host.file(WSLCONFIG).content == odd
    host.check_output(f"cp -p /root/kept {WSLCONFIG}")
    assert "line 2 has the byte 0xf6, which is not UTF-8" in text
    assert "Save it in Notepad as UTF-8" in text
    assert "Leave the first three empty to keep what Windows has" in text


def test_removal_brings_the_former_bytes_back(host: Host, play: Callable[..., str]) -> None:
    text = play("laptop1", "remove", nogpu_remove_models=True, removal_stable_seconds=1)
    assert host.file(WSLCONFIG).content == FORMER
    assert host.check_output("ls -A /mnt/c/Users/anna") == ".wslconfig"
    assert not host.file("/var/lib/nogpu").exists
    assert "WSL2's limits: they go with its next start." in text


def test_windows_was_never_restarted(calls: list[str]) -> None:
    known = ("cmd.exe", "powershell.exe", "wslpath", "wslinfo")
    assert [call for call in calls if call.split()[0] not in known] == []
