# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A bare laptop has become one that streams answers out of a systemd unit, without Docker."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

from testinfra.host import Host

from tests.lab.names import LaptopName


def test_docker_was_not_installed(host: Host) -> None:
    assert not host.exists("dockerd")


def test_the_answer_comes_in_pieces(pieces: list[dict[str, Any]]) -> None:
    assert len(pieces) >= 12
    assert pieces[-1]["done"] is True


def test_the_model_is_in_the_store(host: Host, api: Callable[..., Any]) -> None:
    assert [model["name"] for model in api("/api/tags")["models"]] == ["hello:latest"]
    assert host.check_output("ls /var/lib/nogpu/ollama/blobs")


def test_only_loopback_listens(listeners: list[str]) -> None:
    assert listeners == ["127.0.0.1:11434"]


def test_a_foreign_host_header_is_refused(status: Callable[[str], str]) -> None:
    assert status("Host: evil.example") == "403"


def test_the_server_comes_back_after_a_crash(host: Host, server: dict[str, str]) -> None:
    host.check_output(f"kill -9 {server['pid']}")
    host.check_output("curl -sf --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:11434/api/version")


def test_the_ledger_says_what_was_done(host: Host) -> None:
    names = {entry["name"] for entry in json.loads(host.file("/var/lib/nogpu/ledger.json").content_string)["entries"]}
    assert {"/etc/systemd/system/ollama.service", "/usr/local/bin/ollama", "ollama", "/var/lib/nogpu/ollama"} <= names


def test_it_serves_again_after_a_boot(host: Host) -> None:
    before = host.check_output("cut -d' ' -f22 /proc/1/stat")
    laptop = LaptopName("site_native", 1).container
    subprocess.run(["docker", "restart", "--time", "20", laptop], check=True, capture_output=True)
    patience = time.monotonic() + 180
    while (answer := once_up(host)) is None and time.monotonic() < patience:
        time.sleep(1)
    assert answer and json.loads(answer)["version"]
    assert host.check_output("cut -d' ' -f22 /proc/1/stat") != before


def once_up(host: Host) -> str | None:
    """Ask the server for its version; None while the laptop or the server does not answer."""
    try:
        asked = host.run("curl -sf http://127.0.0.1:11434/api/version")
    except RuntimeError:  # no SSH yet
        return None
    return asked.stdout if asked.rc == 0 else None
