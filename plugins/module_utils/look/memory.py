# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at memory, swap and our own control groups on a Linux host."""

from __future__ import annotations

from dataclasses import dataclass

from ..host.control_groups import least_quota
from ..host.process_text import parse_cgroup
from ..host.reader import HostReader
from ..host.system_text import parse_meminfo

CGROUPS = "/sys/fs/cgroup"


@dataclass(frozen=True)
class Memory:
    """Bytes; see HostCapacity for the meanings."""

    total: int | None
    available: int | None
    limit: int | None
    swap_total: int | None
    swap_used: int | None
    zram: int


def read_cgroup_version(host: HostReader) -> int | None:
    """Return 2 for the one tree of version 2, 1 for version 1 or a mix of both, None without control groups."""
    if host.exists(f"{CGROUPS}/cgroup.controllers"):
        return 2
    if _v1_root(host, "memory") or _v1_root(host, "cpu"):
        return 1
    host.note(f"Could not read {CGROUPS}: no control groups were seen. Quotas and memory limits are not known.")
    return None


def read_quota(host: HostReader, version: int | None) -> float | None:
    """Return the smallest CPU quota of our own group and those above it, in cores; None without one."""
    return least_quota(host, version, _groups(host, version, "cpu"))


def read_memory(host: HostReader, version: int | None) -> Memory:
    """Read /proc/meminfo, and how much of it our control groups let us use."""
    info = parse_meminfo(host.text("/proc/meminfo", needed_for="memory_total_bytes") or "")
    total, available, limit = info.get("MemTotal"), info.get("MemAvailable"), None
    for group in _groups(host, version, "memory"):
        here = host.number(f"{group}/memory.max" if version == 2 else f"{group}/memory.limit_in_bytes")
        # Version 1 says "no limit" with a number near 2^63.
        if here is None or (total is not None and here >= total):
            continue
        limit = here if limit is None else min(limit, here)
        room = max(0, here - _unreclaimable(host, group))
        available = room if available is None else min(available, room)
    swap_total, swap_free = info.get("SwapTotal"), info.get("SwapFree")
    swap_used = swap_total - swap_free if swap_total is not None and swap_free is not None else None
    return Memory(total, available, limit, swap_total, swap_used, _zram(host))


def read_swap_accounting(host: HostReader, version: int | None) -> bool | None:
    """Say if the swap of a group can be limited; None when it is not known.

    Raspberry Pi OS starts without the memory controller, older kernels of Debian and Ubuntu without swap accounting.
    """
    if version == 1:
        root = _v1_root(host, "memory")
        return root is not None and host.exists(f"{root}/memory.memsw.limit_in_bytes")
    if version != 2:
        return None
    if "memory" not in (host.line(f"{CGROUPS}/cgroup.controllers") or "").split():
        return False
    # The root group of a host has no limits; in a container our own group is the root.
    groups = [CGROUPS, *(f"{CGROUPS}/{name}" for name in host.names(CGROUPS))]
    limited = [group for group in groups if host.exists(f"{group}/memory.max")]
    return any(host.exists(f"{group}/memory.swap.max") for group in limited) if limited else None


def _v1_root(host: HostReader, controller: str) -> str | None:
    names = {"cpu": ("cpu", "cpu,cpuacct")}.get(controller, (controller,))
    return next((f"{CGROUPS}/{name}" for name in names if host.exists(f"{CGROUPS}/{name}/tasks")), None)


def _groups(host: HostReader, version: int | None, controller: str) -> list[str]:
    """Return the directories of our group and those above it, our own first.

    In a container the path may be that of the host and not exist; the root of the tree is then the container's group.
    """
    root = CGROUPS if version == 2 else _v1_root(host, controller) if version == 1 else None
    if root is None:
        return []
    path = parse_cgroup(host.text("/proc/self/cgroup") or "").get("" if version == 2 else controller, "/")
    parts = [part for part in path.split("/") if part and part != ".."]
    return ["/".join([root, *parts[:depth]]) for depth in range(len(parts), -1, -1)]


def _unreclaimable(host: HostReader, group: str) -> int:
    """Return the bytes of a group without the page cache that the kernel would drop first."""
    used, reclaimable = host.number(f"{group}/memory.current"), "inactive_file"
    if used is None:
        # In version 1 the name without total_ leaves out the groups below.
        used, reclaimable = host.number(f"{group}/memory.usage_in_bytes") or 0, "total_inactive_file"
    for line in (host.text(f"{group}/memory.stat") or "").splitlines():
        name, _space, value = line.partition(" ")
        if name == reclaimable and value.isdigit():
            return max(0, used - int(value))
    return used


def _zram(host: HostReader) -> int:
    disks = [name for name in host.names("/sys/block") if name.startswith("zram")]
    return sum(host.number(f"/sys/block/{name}/disksize") or 0 for name in disks)
