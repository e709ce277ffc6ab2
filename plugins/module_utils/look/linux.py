# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at a Linux host: its processors, memory, control groups and power."""

from __future__ import annotations

import re
from typing import Any

from ..host.reader import HostReader
from ..host.system_text import CpuInfo, parse_power
from .cpu import CPUS, allowed_cpus, read_cores, read_cpuinfo
from .memory import read_cgroup_version, read_memory, read_quota, read_swap_accounting

# Makers of virtual hardware as DMI names them. Microsoft also builds laptops, so its product has to say that it is one.
VIRTUAL_VENDORS = ("QEMU", "VMware", "innotek", "Xen", "Parallels", "Bochs", "KVM")


def read_machine(host: HostReader, architecture: str) -> dict[str, Any]:
    """Return the fields of HostCapacity that are read in another way than on a Mac."""
    info = read_cpuinfo(host)
    load = re.match(r"[\d.]+", host.line("/proc/loadavg") or "")
    return dict(
        _cores(host, info, architecture),
        **_memory(host),
        virtualization=read_virtualization(host, info),
        service_manager=read_service_manager(host),
        hostname=host.line("/proc/sys/kernel/hostname") or "",
        cpu_model=info.model,
        cpu_flags=info.flags,
        power=read_power(host),
        cpu_governor=host.line(f"{CPUS}/cpu0/cpufreq/scaling_governor"),
        load_1m=float(load.group()) if load else None,
    )


def _cores(host: HostReader, info: CpuInfo, architecture: str) -> dict[str, Any]:
    cores = read_cores(host, info, architecture)
    return {
        "cores_logical": cores.logical,
        "cores_physical": cores.physical,
        "cores_performance": cores.performance,
        "core_kinds_known": cores.kinds_known,
        "threads_per_core": cores.threads_per_core,
        "cpuset_cores": allowed_cpus(host),
    }


def _memory(host: HostReader) -> dict[str, Any]:
    """Return what memory there is, and what the control groups around us leave of it and of the processors."""
    version = read_cgroup_version(host)
    memory = read_memory(host, version)
    return {
        "cgroup_version": version,
        "cpu_quota_cores": read_quota(host, version),
        "memory_total_bytes": memory.total,
        "memory_available_bytes": memory.available,
        "memory_limit_bytes": memory.limit,
        "swap_total_bytes": memory.swap_total,
        "swap_used_bytes": memory.swap_used,
        "zram_bytes": memory.zram,
        "swap_accounting": read_swap_accounting(host, version),
    }


def read_virtualization(host: HostReader, info: CpuInfo) -> str:
    """Return "wsl2", "container", "vm" or "none".

    Virtual machines that were made from a container's image still have /.dockerenv. So that file counts only where
    process 2 is not the kernel's: in a container it is an ordinary process or missing.
    """
    if "microsoft" in (host.line("/proc/sys/kernel/osrelease") or "").lower():
        return "wsl2"
    marks = ("/run/systemd/container", "/.dockerenv", "/run/.containerenv")
    if host.line("/proc/2/comm") != "kthreadd" and (
        any(host.exists(mark) for mark in marks) or "container=" in (host.text("/proc/1/environ") or "")
    ):
        return "container"
    dmi = f"{host.line('/sys/class/dmi/id/sys_vendor')} {host.line('/sys/class/dmi/id/product_name')}"
    virtual_board = dmi.startswith(VIRTUAL_VENDORS) or dmi == "Microsoft Corporation Virtual Machine"
    if info.hypervisor or virtual_board or host.exists("/proc/device-tree/hypervisor"):
        return "vm"
    return "none"


def read_service_manager(host: HostReader) -> str | None:
    """Return the name of process 1. That of OpenRC is called init."""
    name = host.line("/proc/1/comm")
    if name in ("init", "openrc-init") and host.exists("/run/openrc"):
        return "openrc"
    return name


def read_power(host: HostReader) -> str | None:
    """Return "mains" or "battery"; None for a machine that shows no supply."""
    folder = "/sys/class/power_supply"
    return parse_power(
        [
            {name: host.line(f"{folder}/{supply}/{name}") or "" for name in ("type", "online", "status", "scope")}
            for supply in host.names(folder)
        ]
    )
