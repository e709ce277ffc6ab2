# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Two readings of the kernel's counters tell what else ran."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.module_utils.host.reader import HostReader
from plugins.module_utils.prove.activity import between, parse_numbers, snapshot
from plugins.module_utils.prove.diagnosis import Activity
from tests.unit.capacity_trees import write

TICKS = os.sysconf("SC_CLK_TCK")
V2 = "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
V1 = "31 20 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n"
SERVER = "77 (ollama) S 1 77 77 0 -1 0 0 0 0 0 {user} {system} 0 0 20 0 9 0 100\n"


def state(root: Path, busy: int = 0, steal: int = 0, ours: int = 0, swapped: int = 0, heat: int = 0) -> None:
    """Write the counters of a host with one server, pid 77; CPU times in seconds."""
    write(root, "/proc/stat", f"cpu  {busy * TICKS} 0 0 5000 0 0 0 {steal * TICKS} 0 0\ncpu0 1 1 1\n")
    write(root, "/proc/77/comm", "ollama\n")
    write(root, "/proc/77/stat", SERVER.format(user=ours * TICKS, system=0))
    write(root, "/proc/77/status", "Name:\tollama\nVmSwap:\t     12 kB\n")
    write(root, "/proc/self/mountinfo", V2)
    write(root, "/proc/77/cgroup", "0::/system.slice/ollama.service\n")
    quota = f"usage_usec 5\nthrottled_usec {swapped}000000\n"
    write(root, "/sys/fs/cgroup/system.slice/ollama.service/cpu.stat", quota)
    write(root, "/proc/vmstat", f"pgpgin 1\npswpin {swapped}\n")
    write(root, "/sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", f"{heat}\n")
    write(root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1000000\n")
    write(root, "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "4000000\n")


@pytest.fixture
def seen(tmp_path: Path) -> Activity:
    """10 s: the CPU worked 30 s in all, 20 s of it for Ollama; 5 s were stolen; a quota stopped it for 3 s."""
    host = HostReader(str(tmp_path))
    state(tmp_path, busy=100, steal=1, ours=50)
    before = snapshot(host)
    state(tmp_path, busy=130, steal=6, ours=70, swapped=3, heat=2)
    after = snapshot(host)
    assert before and after
    return between(host, before, replace(after, at=before.at + 10))


def test_the_time_of_others_is_what_ollama_did_not_use(seen: Activity) -> None:
    assert seen.others_cores == 1.0
    assert seen.steal_cores == 0.5


def test_quota_heat_clock_and_swap_are_read(seen: Activity) -> None:
    assert (seen.throttled_share, seen.heat_events, seen.clock_share) == (0.3, 2, 0.25)
    assert (seen.swapped_in_bytes, seen.server_swap_bytes) == (3 * os.sysconf("SC_PAGE_SIZE"), 12288)


def test_a_quota_of_control_groups_version_1_is_read_too(tmp_path: Path) -> None:
    state(tmp_path)
    write(tmp_path, "/proc/self/mountinfo", V1)
    write(tmp_path, "/proc/77/cgroup", "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n")
    write(tmp_path, "/sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.stat", "nr_throttled 2\nthrottled_time 1500000000\n")
    found = snapshot(HostReader(str(tmp_path)))
    assert found and found.throttled_seconds == 1.5


def test_a_system_without_proc_is_no_error(tmp_path: Path) -> None:
    host = HostReader(str(tmp_path))
    assert snapshot(host) is None
    assert between(host, None, None) == Activity()


def test_lines_that_are_no_numbers_are_left_out() -> None:
    assert parse_numbers("a 1\nb two\n\nc 3 4\n") == {"a": 1}


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="Linux only")
def test_this_machine_can_be_read() -> None:
    assert snapshot(HostReader()) is not None
