# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at a whole host and return its HostCapacity. Changes nothing and never fails: what is not known is None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..host.reader import HostReader
from ..ollama.tags import CURRENT, FORMER
from . import bandwidth as _bandwidth
from . import linux, mac
from .capacity import HostCapacity, Store
from .cpu import CPUS
from .docker import read_docker
from .own_ollama import read_ours, read_own_ollama
from .port import read_port_owner


@dataclass(frozen=True)
class Wishes:
    """What to look at: the options of module host_capacity."""

    port: int
    disk_path: str
    docker: bool
    measure_bandwidth: bool


def probe(host: HostReader, system: str, architecture: str, wishes: Wishes) -> HostCapacity:
    """Return the capacity of a host; `system` is platform.system() in lower case, `architecture` that of uname."""
    engine, containers = read_docker(host) if wishes.docker else (None, ())
    if system == "darwin":
        found = mac.read_machine(host)
        found["port_owner"] = mac.read_port_owner(host, wishes.port, containers)
        found["own_ollama"] = mac.read_own_ollama(host)
        found["ours"] = mac.read_ours(host, containers)
    else:
        found = linux.read_machine(host, architecture)
        found["port_owner"] = read_port_owner(host, wishes.port, containers)
        found["own_ollama"] = read_own_ollama(host)
        found["ours"] = read_ours(host, containers)
    disk = host.disk(wishes.disk_path)
    found.update(disk_path=disk.path, disk_free_bytes=disk.free_bytes)
    found["store"] = Store(disk.read_only, read_owners(host, wishes.disk_path))
    bandwidth, method = _measure(host, found) if wishes.measure_bandwidth else (None, None)
    found.update(memory_bandwidth_bytes_per_second=bandwidth, memory_bandwidth_method=method)
    unknown = dict.fromkeys(HostCapacity.__dataclass_fields__)
    return HostCapacity(**dict(unknown, **found, system=system, architecture=architecture, docker=engine))


def read_owners(host: HostReader, store: str) -> dict[str, str]:
    """Return who owns the store and the folders that Ollama makes in it, if they exist."""
    folders = (store, *(f"{store}/{name}" for name in ("blobs", FORMER, CURRENT)))
    found = {folder: host.owner(folder) for folder in folders}
    return {folder: owner for folder, owner in found.items() if owner is not None}


def _measure(host: HostReader, machine: dict[str, Any]) -> tuple[float | None, str | None]:
    """Measure with one thread for each core that a model would use; with less than one core, with one thread."""
    threads = min(
        machine["cores_performance"],
        machine.get("cpuset_cores") or machine["cores_performance"],
        max(1, int(machine.get("cpu_quota_cores") or machine["cores_performance"])),
    )
    try:
        return _bandwidth.measure(threads, machine["memory_available_bytes"], read_cache_bytes(host))
    except _bandwidth.BandwidthError as error:
        host.note(f"Could not measure the memory bandwidth: {error}.")
        return None, None


def read_cache_bytes(host: HostReader) -> int:
    """Return the size of the largest cache that CPU 0 sees, 0 when it is not known."""
    folder = f"{CPUS}/cpu0/cache"
    sizes = [host.line(f"{folder}/{name}/size") or "" for name in host.names(folder)]
    return max((int(size[:-1]) * 1024 for size in sizes if re.fullmatch(r"\d+K", size)), default=0)
