# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find the control groups of a process, and how much of the CPU they give it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from .process_text import levels, parse_cgroup, parse_mounts, path_in_mount
from .reader import HostReader
from .system_text import parse_quota_v1, parse_quota_v2

# The weight that systemd and cgroup v2 give to a group without its own, and the same as shares of cgroup v1.
USUAL_WEIGHT = 100
USUAL_SHARES = 1024


@dataclass(frozen=True)
class Group:
    """The control group of a process. `folders`: its own folder first, then those above it.

    `own`: the group holds nothing but this service or container.
    """

    version: int
    folders: tuple[str, ...]
    own: bool
    writable: bool


def group_of(host: HostReader, pid: int, controller: str) -> Group | None:
    """Find the group of a process for a controller, in v1 or else in v2; None when neither is mounted."""
    paths = parse_cgroup(host.text(f"/proc/{pid}/cgroup") or "")
    mounts = parse_mounts(host.text("/proc/self/mountinfo") or "")
    v1 = controller in paths
    for mount in reversed(mounts):
        if mount.fs_type == ("cgroup" if v1 else "cgroup2") and (not v1 or controller in mount.super_options):
            path = path_in_mount(paths.get(controller if v1 else "", "/"), mount.root)
            # In v1 a service without a group of its own in this tree is in the group of its slice, or in the root.
            own = host.one_container or (path != "/" and not (v1 and path.endswith(".slice")))
            folders = tuple(mount.point + level.rstrip("/") for level in levels(path))
            return Group(1 if v1 else 2, folders, own, not mount.read_only)
    return None


def quota_of(host: HostReader, group: Group) -> float | None:
    """Return the smallest CPU quota of a group and those above it, in cores; None without one."""
    return least_quota(host, group.version, group.folders)


def least_quota(host: HostReader, version: int | None, folders: Sequence[str]) -> float | None:
    """Return the smallest CPU quota in the folders of groups, in cores; None without one."""
    quotas = [_quota(host, folder, version) for folder in folders]
    return min((quota for quota in quotas if quota is not None), default=None)


def weight_of(host: HostReader, version: int, folder: str) -> tuple[int | None, str]:
    """Return a group's CPU weight and the file it is in. 100 is the usual weight; shares of v1 are converted."""
    file = f"{folder}/{'cpu.weight' if version == 2 else 'cpu.shares'}"
    seen = host.number(file)
    return (round(seen * USUAL_WEIGHT / USUAL_SHARES) if seen is not None and version == 1 else seen), file


def _quota(host: HostReader, folder: str, version: int | None) -> float | None:
    if version == 2:
        return parse_quota_v2(host.line(f"{folder}/cpu.max") or "")
    return parse_quota_v1(host.line(f"{folder}/cpu.cfs_quota_us") or "", host.line(f"{folder}/cpu.cfs_period_us") or "")
