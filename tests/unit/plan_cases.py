# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""An ordinary laptop and the built-in catalogue, to plan with."""

from __future__ import annotations

from typing import Any

from plugins.filter.plan import builtin_catalogue
from plugins.module_utils.look.capacity import HostCapacity
from plugins.module_utils.plan.plan import Plan, plan

DOCKER: dict[str, Any] = {
    "version": "28.2.2",
    "api_version": "1.50",
    "cgroup_version": 2,
    "cgroup_driver": "systemd",
    "compose_version": "2.36.2",
    "storage_driver": "overlay2",
    "rootless": False,
    "desktop": False,
    "memlock_unlimited": True,
    "swap_limit": True,
}
# 16 GB in two DDR4 modules, four cores, nothing else running, on mains.
LAPTOP: dict[str, Any] = {
    "system": "linux",
    "architecture": "x86_64",
    "virtualization": "none",
    "service_manager": "systemd",
    "hostname": "laptop3",
    "cpu_model": "Intel(R) Core(TM) i5-1135G7",
    "cpu_flags": ["avx2"],
    "cores_logical": 8,
    "cores_physical": 4,
    "cores_performance": 4,
    "core_kinds_known": True,
    "threads_per_core": 2,
    "cpu_quota_cores": None,
    "cpuset_cores": 8,
    "memory_total_bytes": 16_000_000_000,
    "memory_available_bytes": 12_000_000_000,
    "memory_limit_bytes": None,
    "swap_total_bytes": 2_000_000_000,
    "swap_used_bytes": 0,
    "zram_bytes": 0,
    "cgroup_version": 2,
    "swap_accounting": True,
    "disk_path": "/var/lib",
    "disk_free_bytes": 100_000_000_000,
    "power": "mains",
    "cpu_governor": "powersave",
    "load_1m": 0.3,
    "docker": DOCKER,
    "port_owner": None,
    "memory_bandwidth_bytes_per_second": 35e9,
    "memory_bandwidth_method": "given",
    "own_ollama": None,
    "ours": {"unit": False, "renamed_container": None, "foreign_project": None},
    "store": None,
}
STRANGER_ON_THE_PORT: dict[str, Any] = {
    "port": 11434,
    "address": "127.0.0.1",
    "pid": 1203,
    "program": "python3",
    "command": "python3 -m http.server 11434",
    "unit": "port-holder.service",
    "container": None,
    "container_project": None,
}
MAC: dict[str, Any] = {
    "system": "darwin",
    "architecture": "arm64",
    "service_manager": "launchd",
    "cgroup_version": None,
    "swap_accounting": None,
    "docker": None,
}


def laptop(**changes: Any) -> dict[str, Any]:
    return {**LAPTOP, **changes}


def host(**changes: Any) -> HostCapacity:
    return HostCapacity.from_dict(laptop(**changes))


def planned(wishes: dict[str, Any] | None = None, **changes: Any) -> Plan:
    """Plan for an ordinary laptop with `changes`."""
    return plan(laptop(**changes), {"catalogue": builtin_catalogue(), **(wishes or {})})
