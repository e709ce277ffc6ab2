# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the module says about a laptop is what the laptop's own programs say."""

from __future__ import annotations

from typing import Any

import pytest
from testinfra.host import Host


@pytest.fixture
def capacity(host: Host) -> dict[str, Any]:
    answer: dict[str, Any] = host.ansible("nogpu.ollama.host_capacity", "port=11434", check=True, become=True)
    return answer["capacity"]


def test_memory_is_what_the_kernel_says(host: Host, capacity: dict[str, Any]) -> None:
    kilobytes = int(host.check_output("awk '/^MemTotal/ {print $2}' /proc/meminfo"))
    assert capacity["memory_total_bytes"] == kilobytes * 1024


def test_cores_are_what_the_kernel_says(host: Host, capacity: dict[str, Any]) -> None:
    assert capacity["cores_logical"] == int(host.check_output("nproc --all"))
    assert 1 <= capacity["cores_performance"] <= capacity["cores_logical"]


def test_it_knows_where_it_is(capacity: dict[str, Any]) -> None:
    assert (capacity["system"], capacity["service_manager"]) == ("linux", "systemd")
    assert capacity["virtualization"] == "container"


def test_looking_leaves_nothing_behind(host: Host) -> None:
    assert not host.file("/var/lib/nogpu").exists
