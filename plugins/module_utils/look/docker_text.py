# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Parse what Docker's command line prints, and what the kernel says about the process of its engine."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .capacity import DockerEngine

# The fields of `docker ps` that parse_containers reads, in this order.
PS_FORMAT = '{{.ID}}\t{{.Names}}\t{{.Label "com.docker.compose.project"}}\t{{.Ports}}'

CAP_SYS_RESOURCE = 1 << 24


@dataclass(frozen=True)
class Container:
    """A container. `published` holds (address, first port, last port) on the host, nothing while it is stopped."""

    identity: str
    name: str
    project: str | None
    published: tuple[tuple[str, int, int], ...]

    def address_of(self, port: int) -> str | None:
        """Return the address on which the container publishes `port`, None when it does not."""
        return next((address for address, first, last in self.published if first <= port <= last), None)


def parse_containers(text: str) -> tuple[Container, ...]:
    """Read lines of `docker ps --all --no-trunc --format PS_FORMAT`."""
    found = []
    for line in text.splitlines():
        identity, name, project, ports = (*line.split("\t"), "", "", "")[:4]
        published = tuple(
            (address.strip("[]"), int(first), int(last or first))
            for address, first, last in re.findall(r"(\S+?):(\d+)(?:-(\d+))?->[\d-]+/tcp", ports)
        )
        if identity:
            found.append(Container(identity, name, project or None, published))
    return tuple(found)


def parse_engine(info: str, api_version: str, compose: str, memlock_unlimited: bool | None) -> DockerEngine | None:
    """Read `docker info --format '{{json .}}'`; None when no engine answered.

    When the engine does not run, `docker info` still prints a record, with an empty ServerVersion.
    """
    record = _object(info)
    if not record.get("ServerVersion"):
        return None
    desktop = record.get("OperatingSystem") == "Docker Desktop"
    cgroup_version = str(record.get("CgroupVersion") or "")
    return DockerEngine(
        version=str(record["ServerVersion"]),
        api_version=api_version.strip() or None,
        cgroup_version=int(cgroup_version) if cgroup_version.isdigit() else None,
        cgroup_driver=record.get("CgroupDriver") or None,
        compose_version=compose.strip().lstrip("v") or None,
        storage_driver=record.get("Driver") or None,
        rootless=any("name=rootless" in option for option in record.get("SecurityOptions") or ()),
        desktop=desktop,
        # The engine of Docker Desktop runs in a virtual machine, whose processes are not visible from here.
        memlock_unlimited=None if desktop else memlock_unlimited,
        swap_limit=bool(record.get("SwapLimit")),
    )


def can_unlimit_memlock(limits: str, status: str, uid_map: str) -> bool:
    """Say if a process may give its children an unlimited memlock, from its /proc/PID/{limits,status,uid_map}.

    The kernel lets a process raise a hard limit only with CAP_SYS_RESOURCE in the first user namespace. The capability
    that a rootless engine has in its own namespace does not count. Without it the hard limit itself must be
    unlimited. Otherwise a container with `memlock: -1` does not start ("error setting rlimit type 8").
    """
    if re.search(r"^Max locked memory\s+\S+\s+unlimited\s", limits, re.MULTILINE):
        return True
    effective = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    capable = effective is not None and bool(int(effective.group(1), 16) & CAP_SYS_RESOURCE)
    return capable and uid_map.split() == ["0", "0", "4294967295"]


def _object(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
