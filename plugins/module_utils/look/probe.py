# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at a whole host and return its HostCapacity. Reads only, and fails at nothing: what is unknown is None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..host.reader import HostReader
from ..host.system_text import CpuInfo, parse_power
from . import bandwidth as _bandwidth
from . import mac as _darwin_probe
from .capacity import HostCapacity, Store
from .cpu import CPUS, allowed_cpus, read_cores, read_cpuinfo
from .docker import read_docker
from .memory import read_cgroup_version, read_memory, read_quota, read_swap_accounting
from .own_ollama import read_own_ollama
from .port import read_port_owner

# Makers of virtual hardware as DMI names them; Microsoft also builds laptops, so its product has to say so.
VIRTUAL_VENDORS = ("QEMU", "VMware", "innotek", "Xen", "Parallels", "Bochs", "KVM")


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
        machine = _darwin_probe.read_machine(host)
        owner = _darwin_probe.read_port_owner(host, wishes.port, containers)
        own_ollama = _darwin_probe.read_own_ollama(host)
    else:
        machine = _read_linux(host, architecture)
        owner = read_port_owner(host, wishes.port, containers)
        own_ollama = read_own_ollama(host)
    disk = host.disk(wishes.disk_path)
    bandwidth, method = _measure(host, machine) if wishes.measure_bandwidth else (None, None)
    nothing = dict.fromkeys(HostCapacity.__dataclass_fields__)
    return HostCapacity(
        **dict(
            nothing,
            **machine,
            system=system,
            architecture=architecture,
            disk_path=disk.path,
            disk_free_bytes=disk.free_bytes,
            docker=engine,
            port_owner=owner,
            own_ollama=own_ollama,
            store=Store(disk.read_only, read_owners(host, wishes.disk_path)),
            memory_bandwidth_bytes_per_second=bandwidth,
            memory_bandwidth_method=method,
        )
    )


def _read_linux(host: HostReader, architecture: str) -> dict[str, Any]:
    info = read_cpuinfo(host)
    cores = read_cores(host, info, architecture)
    version = read_cgroup_version(host)
    memory = read_memory(host, version)
    load = re.match(r"[\d.]+", host.line("/proc/loadavg") or "")
    return {
        "virtualization": read_virtualization(host, info),
        "service_manager": read_service_manager(host),
        "hostname": host.line("/proc/sys/kernel/hostname") or "",
        "cpu_model": info.model,
        "cpu_flags": info.flags,
        "cores_logical": cores.logical,
        "cores_physical": cores.physical,
        "cores_performance": cores.performance,
        "core_kinds_known": cores.kinds_known,
        "threads_per_core": cores.threads_per_core,
        "cpu_quota_cores": read_quota(host, version),
        "cpuset_cores": allowed_cpus(host),
        "memory_total_bytes": memory.total,
        "memory_available_bytes": memory.available,
        "memory_limit_bytes": memory.limit,
        "swap_total_bytes": memory.swap_total,
        "swap_used_bytes": memory.swap_used,
        "zram_bytes": memory.zram,
        "cgroup_version": version,
        "swap_accounting": read_swap_accounting(host, version),
        "power": read_power(host),
        "cpu_governor": host.line(f"{CPUS}/cpu0/cpufreq/scaling_governor"),
        "load_1m": float(load.group()) if load else None,
    }


def read_virtualization(host: HostReader, info: CpuInfo) -> str:
    """Return "wsl2", "container", "vm" or "none".

    Virtual machines made from a container's image still hold /.dockerenv, so the mark counts only where process 2 is
    not the kernel's: a container has processes of its own.
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
    """Return the name of process 1; OpenRC runs below a process called init."""
    name = host.line("/proc/1/comm")
    if name in ("init", "openrc-init") and host.exists("/run/openrc"):
        return "openrc"
    return name


def read_power(host: HostReader) -> str | None:
    """Return "mains", "battery" or, for a machine that shows no supply, None."""
    folder = "/sys/class/power_supply"
    return parse_power(
        [
            {name: host.line(f"{folder}/{supply}/{name}") or "" for name in ("type", "online", "status", "scope")}
            for supply in host.names(folder)
        ]
    )


def read_owners(host: HostReader, store: str) -> dict[str, str]:
    """Return who owns the store and the two folders that Ollama makes in it, as far as they exist."""
    found = {folder: host.owner(folder) for folder in (store, f"{store}/blobs", f"{store}/manifests")}
    return {folder: owner for folder, owner in found.items() if owner is not None}


def _measure(host: HostReader, machine: dict[str, Any]) -> tuple[float | None, str | None]:
    """Measure with one thread per core that inference would use; a fraction of a core still runs one thread."""
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
    """Return the size of the largest cache that CPU 0 sees, 0 when it is not told."""
    folder = f"{CPUS}/cpu0/cache"
    sizes = [host.line(f"{folder}/{name}/size") or "" for name in host.names(folder)]
    return max((int(size[:-1]) * 1024 for size in sizes if re.fullmatch(r"\d+K", size)), default=0)
