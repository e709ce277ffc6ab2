# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The native server runs as a plain user inside a hardened unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host


def test_the_server_runs_and_comes_back_at_boot(host: Host) -> None:
    unit = host.service("ollama.service")
    assert unit.is_running
    assert unit.is_enabled


def test_the_pinned_version_answers(api: Callable[..., Any]) -> None:
    assert api("/api/version") == {"version": "0.9.3"}


def test_the_server_is_not_root(host: Host, server: dict[str, str]) -> None:
    assert server["Uid"].split()[0] == str(host.user("ollama").uid)


@pytest.mark.parametrize(
    ("field", "value"), [("CapEff", "0" * 16), ("CapBnd", "0" * 16), ("NoNewPrivs", "1"), ("Seccomp", "2")]
)
def test_no_right_beyond_a_plain_user_is_held(server: dict[str, str], field: str, value: str) -> None:
    assert server[field] == value


def test_the_running_server_has_the_limits(limits: dict[str, str]) -> None:
    assert limits["Max open files"] == "16384"
    assert limits["Max stack size"] == "67108864"
    assert limits["Max core file size"] == "0"
    assert limits["Max locked memory"] == "8388608"


def test_only_loopback_listens(listeners: list[str]) -> None:
    assert listeners == ["127.0.0.1:11434"]


def test_systemd_scores_the_unit_as_safe(host: Host) -> None:
    report = host.run("systemd-analyze security ollama.service --no-pager").stdout
    score = float(re.search(r"Overall exposure level for ollama.service: ([0-9.]+)", report)[1])
    assert score <= 1.5, report


def test_systemd_finds_nothing_wrong_with_the_unit(host: Host) -> None:
    done = host.run("systemd-analyze verify ollama.service")
    assert (done.rc, done.stderr) == (0, "")


def test_parts_for_gpus_stay_out(host: Host) -> None:
    assert host.file("/opt/nogpu/ollama/current/lib/ollama").is_directory
    assert host.check_output("find /opt/nogpu/ollama/current/ -name '*cuda*' -o -name '*vulkan*'") == ""


def test_nothing_is_left_of_the_unpacking(host: Host) -> None:
    assert sorted(host.file("/opt/nogpu/ollama").listdir()) == ["0.9.3", "current"]


def test_the_command_is_on_the_path(host: Host) -> None:
    assert "0.9.3" in host.check_output("ollama --version")


def test_the_server_weighs_twenty_times_the_desktop(adhoc: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    code, found = adhoc("nogpu.ollama.effective_limits", unit="ollama.service", promises={"cpu_weight": 2000})
    assert code == 0, found
    row = found["rows"][0]
    assert (row["verdict"], row["effective"]) == ("in force", 2000)
    assert "/ollama.slice/cpu." in row["source"]
