# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Whole laptops, and what happens when parts of one cannot be read."""

from __future__ import annotations

import os
import pwd

import pytest

from plugins.module_utils.look import bandwidth as _bandwidth
from plugins.module_utils.look.capacity import Store
from plugins.module_utils.look.probe import Wishes, probe, read_cache_bytes, read_owners
from tests.unit.capacity_trees import host, laptops_with_tree, lay_out, record, write

LOOK = Wishes(port=11434, disk_path="/var/lib/nogpu", docker=False, measure_bandwidth=False)
NOT_IN_A_TREE = {"disk_path", "disk_free_bytes", "store", "docker", "port_owner"}
NOT_MEASURED = {"memory_bandwidth_bytes_per_second", "memory_bandwidth_method"}


@pytest.mark.parametrize("laptop", laptops_with_tree())
def test_a_laptop_is_seen_as_it_is(laptop, tmp_path, monkeypatch):
    wanted = record(laptop)
    monkeypatch.setattr(os, "cpu_count", lambda: wanted["cores_logical"])
    seen = probe(host(lay_out(laptop, tmp_path)), "linux", wanted["architecture"], LOOK).as_dict()
    for key in NOT_IN_A_TREE | NOT_MEASURED:
        wanted.pop(key), seen.pop(key)
    assert seen == wanted


def test_an_empty_host_is_no_failure_and_the_notes_say_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    reader = host(tmp_path)
    seen = probe(reader, "linux", "x86_64", LOOK)
    assert (seen.cores_logical, seen.cores_physical, seen.cores_performance, seen.core_kinds_known) == (1, 1, 1, False)
    assert (seen.memory_total_bytes, seen.cgroup_version, seen.swap_accounting) == (None, None, None)
    notes = "\n".join(reader.notes)
    assert "Could not read /proc/meminfo: No such file or directory. memory_total_bytes is not known." in notes
    assert (
        "Could not read /sys/fs/cgroup: no control groups were seen. Quotas and memory limits are not known." in notes
    )


def test_without_topology_cores_come_from_cpuinfo(tmp_path):
    cpuinfo = "".join(f"processor\t: {n}\nphysical id\t: 0\ncore id\t: {n % 2}\n\n" for n in range(4))
    write(tmp_path, "/proc/cpuinfo", cpuinfo)
    reader = host(tmp_path)
    seen = probe(reader, "linux", "x86_64", LOOK)
    assert (seen.cores_logical, seen.cores_physical, seen.threads_per_core, seen.core_kinds_known) == (4, 2, 2, False)
    assert any("is taken from /proc/cpuinfo" in note for note in reader.notes)


def test_the_least_quota_between_us_and_the_root_counts(tmp_path):
    root = lay_out("8gb-single-channel", tmp_path)
    write(root, "/sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n")
    write(root, "/sys/fs/cgroup/user.slice/user-1000.slice/cpu.max", "700000 100000\n")
    assert probe(host(root), "linux", "x86_64", LOOK).cpu_quota_cores == 1.5


def test_the_least_memory_limit_counts_and_cache_can_be_given_up(tmp_path):
    root = lay_out("8gb-single-channel", tmp_path)
    group = "/sys/fs/cgroup/user.slice/user-1000.slice"
    write(root, f"{group}/memory.max", f"{2 << 30}\n")
    write(root, "/sys/fs/cgroup/user.slice/memory.max", f"{3 << 30}\n")
    write(root, f"{group}/memory.current", f"{1 << 30}\n")
    write(root, f"{group}/memory.stat", f"anon 1\ninactive_file {256 << 20}\n")
    seen = probe(host(root), "linux", "x86_64", LOOK)
    assert seen.memory_limit_bytes == 2 << 30
    assert seen.memory_available_bytes == (2 << 30) - (768 << 20)
    assert seen.memory_total_bytes == record("8gb-single-channel")["memory_total_bytes"]


def test_a_limit_of_our_own_group_counts_in_version_1_too(tmp_path):
    root = lay_out("cgroup-v1-limit", tmp_path)
    group = (root / "proc/self/cgroup").read_text().partition(":memory:")[2].partition("\n")[0]
    write(root, f"/sys/fs/cgroup/memory{group}/memory.limit_in_bytes", f"{1 << 30}\n")
    write(root, f"/sys/fs/cgroup/cpu,cpuacct{group}/cpu.cfs_quota_us", "50000\n")
    write(root, f"/sys/fs/cgroup/cpu,cpuacct{group}/cpu.cfs_period_us", "100000\n")
    seen = probe(host(root), "linux", "x86_64", LOOK)
    assert (seen.memory_limit_bytes, seen.cpu_quota_cores) == (1 << 30, 0.5)


def test_a_limit_above_the_memory_is_none(tmp_path):
    root = lay_out("cgroup-v1-limit", tmp_path)
    write(root, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    seen = probe(host(root), "linux", "x86_64", LOOK)
    assert seen.memory_limit_bytes is None
    assert seen.memory_available_bytes == 9 << 30


def test_arm_kinds_are_told_by_clock_where_the_kernel_gives_no_capacity(tmp_path):
    root = lay_out("raspberry-pi-5", tmp_path)
    for cpu, clock in enumerate((1800000, 1800000, 2400000, 2400000)):
        (root / f"sys/devices/system/cpu/cpu{cpu}/cpu_capacity").unlink()
        write(root, f"/sys/devices/system/cpu/cpu{cpu}/cpufreq/cpuinfo_max_freq", f"{clock}\n")
    seen = probe(host(root), "linux", "aarch64", LOOK)
    assert (seen.cores_physical, seen.cores_performance, seen.core_kinds_known) == (4, 2, True)


def test_arm_without_capacity_or_clock_has_unknown_kinds(tmp_path):
    root = lay_out("raspberry-pi-5", tmp_path)
    for cpu in range(4):
        (root / f"sys/devices/system/cpu/cpu{cpu}/cpu_capacity").unlink()
        (root / f"sys/devices/system/cpu/cpu{cpu}/cpufreq/cpuinfo_max_freq").unlink()
    seen = probe(host(root), "linux", "aarch64", LOOK)
    assert (seen.cores_performance, seen.core_kinds_known) == (4, False)


def test_cpus_that_could_be_plugged_in_do_not_count(tmp_path):
    root = lay_out("vm-2-cores", tmp_path)
    write(root, "/proc/self/status", "Cpus_allowed_list:\t0-127\n")
    assert probe(host(root), "linux", "x86_64", LOOK).cpuset_cores == 2


@pytest.mark.parametrize(
    ("files", "virtualization"),
    [
        pytest.param({"/proc/2/comm": "kthreadd", "/.dockerenv": ""}, "none", id="dockerenv-in-an-image-of-a-machine"),
        pytest.param({"/.dockerenv": ""}, "container", id="docker"),
        pytest.param({"/run/.containerenv": ""}, "container", id="podman"),
        pytest.param({"/run/systemd/container": "lxc"}, "container", id="systemd"),
        pytest.param({"/proc/1/environ": "PATH=/bin\\0container=lxc\\0"}, "container", id="lxc-without-systemd"),
        pytest.param({"/proc/cpuinfo": "flags : fpu hypervisor"}, "vm", id="hypervisor-flag"),
        pytest.param({"/sys/class/dmi/id/sys_vendor": "QEMU"}, "vm", id="dmi"),
        pytest.param(
            {
                "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation",
                "/sys/class/dmi/id/product_name": "Virtual Machine",
            },
            "vm",
            id="hyper-v",
        ),
        pytest.param(
            {
                "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation",
                "/sys/class/dmi/id/product_name": "Surface Laptop 5",
            },
            "none",
            id="a-laptop-by-microsoft",
        ),
        pytest.param(
            {"/proc/sys/kernel/osrelease": "6.6.87.2-microsoft-standard-WSL2", "/.dockerenv": ""}, "wsl2", id="wsl2"
        ),
        pytest.param({}, "none", id="nothing"),
    ],
)
def test_virtualization(files, virtualization, tmp_path):
    for path, text in files.items():
        write(tmp_path, path, text)
    assert probe(host(tmp_path), "linux", "x86_64", LOOK).virtualization == virtualization


@pytest.mark.parametrize(
    ("files", "manager"),
    [
        pytest.param({"/proc/1/comm": "systemd"}, "systemd", id="systemd"),
        pytest.param({"/proc/1/comm": "init", "/run/openrc/softlevel": "default"}, "openrc", id="openrc"),
        pytest.param({"/proc/1/comm": "init(Ubuntu)"}, "init(Ubuntu)", id="wsl-without-systemd"),
        pytest.param({}, None, id="hidden"),
    ],
)
def test_service_manager(files, manager, tmp_path):
    for path, text in files.items():
        write(tmp_path, path, text)
    assert probe(host(tmp_path), "linux", "x86_64", LOOK).service_manager == manager


@pytest.mark.parametrize(
    ("files", "accounting"),
    [
        pytest.param({"cgroup.controllers": "cpu memory", "a.slice/memory.max": "max"}, False, id="switched-off"),
        pytest.param({"cgroup.controllers": "cpu memory"}, None, id="no-group-shows-it"),
        pytest.param({"cgroup.controllers": "cpu pids"}, False, id="no-memory-controller"),
        pytest.param({"memory/tasks": "", "memory/memory.memsw.limit_in_bytes": "1"}, True, id="version-1"),
    ],
)
def test_swap_accounting(files, accounting, tmp_path):
    for path, text in files.items():
        write(tmp_path, f"/sys/fs/cgroup/{path}", text)
    assert probe(host(tmp_path), "linux", "x86_64", LOOK).swap_accounting is accounting


def test_the_nearest_existing_directory_is_measured(tmp_path):
    (tmp_path / "var/lib").mkdir(parents=True)
    seen = probe(host(tmp_path), "linux", "x86_64", LOOK)
    assert seen.disk_path == "/var/lib"
    assert seen.disk_free_bytes > 0
    assert seen.store == Store(read_only=False, owners={})


def test_only_folders_that_exist_have_an_owner(tmp_path):
    (tmp_path / "var/lib/nogpu/blobs").mkdir(parents=True)
    me = pwd.getpwuid(os.getuid()).pw_name
    assert read_owners(host(tmp_path), "/var/lib/nogpu") == {"/var/lib/nogpu": me, "/var/lib/nogpu/blobs": me}


@pytest.mark.parametrize(
    ("laptop", "threads"),
    [("hybrid-intel", 4), ("container-quota", 2), ("container-quota-half-core", 1), ("container-cpuset", 2)],
)
def test_bandwidth_is_measured_by_the_cores_that_inference_would_use(laptop, threads, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(_bandwidth, "measure", lambda *arguments: (asked.append(arguments), (1e9, "as told"))[1])
    wishes = Wishes(11434, "/", False, True)
    seen = probe(host(lay_out(laptop, tmp_path)), "linux", "x86_64", wishes)
    assert asked == [(threads, record(laptop)["memory_available_bytes"], 0)]
    assert (seen.memory_bandwidth_bytes_per_second, seen.memory_bandwidth_method) == (1e9, "as told")


def test_a_quota_of_almost_two_cores_is_one_thread(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(_bandwidth, "measure", lambda threads, *_others: (asked.append(threads), (1e9, "as told"))[1])
    root = lay_out("container-quota", tmp_path)
    write(root, "/sys/fs/cgroup/cpu.max", "190000 100000\n")
    probe(host(root), "linux", "x86_64", Wishes(11434, "/", False, True))
    assert asked == [1]


def test_bandwidth_that_cannot_be_measured_is_a_note(tmp_path):
    root = lay_out("1gb-memory", tmp_path)
    write(root, "/proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 100000 kB\n")
    reader = host(root)
    seen = probe(reader, "linux", "x86_64", Wishes(11434, "/", False, True))
    assert seen.memory_bandwidth_bytes_per_second is None
    assert reader.notes[-1] == (
        "Could not measure the memory bandwidth: a quarter of the available memory is 24 MiB "
        "(64 MiB are needed to get past the caches)."
    )


def test_the_largest_cache_is_found(tmp_path):
    for index, size in enumerate(("48K", "2048K", "98304K")):
        write(tmp_path, f"/sys/devices/system/cpu/cpu0/cache/index{index}/size", f"{size}\n")
    assert read_cache_bytes(host(tmp_path)) == 96 << 20
