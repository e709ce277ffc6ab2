# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A process's control group is found where it is mounted, in both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.module_utils.host.control_groups import Group, group_of, quota_of
from plugins.module_utils.host.reader import HostReader
from tests.unit.capacity_trees import write

ROOT = "/sys/fs/cgroup"
V2 = f"30 20 0:26 / {ROOT} rw,nosuid - cgroup2 cgroup2 rw\n"
READ_ONLY = V2.replace(" rw,", " ro,")
CPU = f"31 20 0:27 / {ROOT}/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
MEMORY = f"32 20 0:28 / {ROOT}/memory rw - cgroup cgroup rw,memory\n"
DISK = "33 20 0:29 / /srv/cpu rw - ext4 /dev/sda1 rw,cpu\n"
SERVICE = "/system.slice/ollama.service"


def host(root: Path, cgroup: str, mounts: str) -> HostReader:
    write(root, "/proc/7/cgroup", cgroup)
    write(root, "/proc/self/mountinfo", mounts)
    return HostReader(str(root))


@pytest.mark.parametrize(
    ("cgroup", "mounts", "group"),
    [
        pytest.param(
            f"0::{SERVICE}\n",
            V2 + DISK,
            Group(2, (f"{ROOT}{SERVICE}", f"{ROOT}/system.slice", ROOT), own=True, writable=True),
            id="version-2",
        ),
        pytest.param(
            f"4:cpu,cpuacct:{SERVICE}\n3:memory:/\n0::/other\n",
            V2 + CPU + MEMORY + DISK,
            Group(1, tuple(f"{ROOT}/cpu,cpuacct{each}" for each in (SERVICE, "/system.slice", "")), True, True),
            id="version-1-beside-version-2",
        ),
        pytest.param("0::/\n", V2, Group(2, (ROOT,), own=False, writable=True), id="the-root-is-not-its-own"),
        pytest.param("0::/a\n", READ_ONLY, Group(2, (f"{ROOT}/a", ROOT), own=True, writable=False), id="read-only"),
        pytest.param(
            "0::/ollama.slice\n", V2, Group(2, (f"{ROOT}/ollama.slice", ROOT), True, True), id="a-slice-in-version-2"
        ),
        pytest.param(
            "4:cpu,cpuacct:/ollama.slice\n",
            CPU,
            Group(1, (f"{ROOT}/cpu,cpuacct/ollama.slice", f"{ROOT}/cpu,cpuacct"), own=False, writable=True),
            id="a-slice-in-version-1-is-shared",
        ),
        pytest.param("4:cpu,cpuacct:/a\n", MEMORY, None, id="not-mounted"),
        pytest.param("", "", None, id="nothing-readable"),
    ],
)
def test_the_group_of_a_process(tmp_path: Path, cgroup: str, mounts: str, group: Group | None) -> None:
    assert group_of(host(tmp_path, cgroup, mounts), 7, "cpu") == group


def test_a_process_that_cannot_be_read_has_the_root_as_its_group(tmp_path: Path) -> None:
    write(tmp_path, "/proc/self/mountinfo", V2)
    assert group_of(HostReader(str(tmp_path)), 7, "cpu") == Group(2, (ROOT,), own=False, writable=True)


def test_inside_a_container_the_root_is_its_own(tmp_path: Path) -> None:
    reader = host(tmp_path, "0::/\n", V2)
    reader.one_container = True
    assert group_of(reader, 7, "cpu") == Group(2, (ROOT,), own=True, writable=True)


def test_the_smallest_quota_on_the_way_to_the_root_counts_in_version_1(tmp_path: Path) -> None:
    reader = host(tmp_path, "4:cpu,cpuacct:/a/b\n", CPU)
    group = group_of(reader, 7, "cpu")
    assert group is not None
    assert quota_of(reader, group) is None
    for folder, quota in (("/a/b", -1), ("/a", 150000), ("", 400000)):
        write(tmp_path, f"{ROOT}/cpu,cpuacct{folder}/cpu.cfs_quota_us", f"{quota}\n")
        write(tmp_path, f"{ROOT}/cpu,cpuacct{folder}/cpu.cfs_period_us", "100000\n")
    assert quota_of(reader, group) == 1.5
