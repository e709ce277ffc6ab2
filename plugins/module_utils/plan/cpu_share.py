# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""How the server gets its share of a busy laptop's CPU: a slice of its own with a weight.

A weight counts only among groups at the same level. So our slice is at the top, beside user.slice (the desktop) and
system.slice. Inside system.slice it would count among services only, and the desktop would still get half of the CPU.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..host.names import SLICE
from ..look.capacity import HostCapacity


@dataclass(frozen=True)
class Share:
    """`cgroup_parent`: what the container is put below, "" for a unit or where Docker's own place is kept.

    `cannot`: why the weight would do nothing here, "" where it acts.
    """

    cgroup_parent: str
    cannot: str


def share(host: HostCapacity, runtime: str) -> Share:
    """Say where the server goes so that the slice's weight counts, or why it cannot."""
    if host.system != "linux":
        return Share("", "macOS has no weights for services")
    if runtime == "native":
        return Share("", "")
    docker = host.docker
    if docker is not None and docker.desktop:
        return Share("", "the weight counts only among Docker Desktop's containers, inside its virtual machine")
    if docker is not None and docker.rootless:
        return Share("", "a rootless Docker's containers stay within the share of the user who runs it")
    version = host.cgroup_version if docker is None else docker.cgroup_version
    # Where there is no engine yet: the driver that Docker chooses by default on a host with systemd.
    driver = (docker.cgroup_driver if docker else None) or ("systemd" if version == 2 else "cgroupfs")
    if driver == "systemd":
        return Share(SLICE, "")
    if version == 1:
        # The same group as a path: systemd made it and keeps its weight.
        return Share(f"/{SLICE}", "")
    return Share("", f"Docker's cgroup driver is {driver} beside systemd with cgroup v2 (systemd is needed)")
