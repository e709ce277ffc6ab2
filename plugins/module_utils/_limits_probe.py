# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read what is in force for a running Ollama, from /proc and the cgroup files of its process. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from ._capacity_text import parse_listeners, parse_meminfo, parse_quota_v1, parse_quota_v2, parse_unit
from ._exposure import EVERYBODY, allowed
from ._host_reader import HostReader
from ._ollama_process import Server, arguments, find_processes, needed_text
from ._proc_text import (
    capability_names,
    levels,
    mount_at,
    parse_cgroup,
    parse_fields,
    parse_limits,
    parse_mounts,
    parse_nul_list,
    parse_threads,
    path_in_mount,
)
from ._readings import MemoryEvidence, Reading, memory_reading, swap_reading, threads_reading

_RESOURCES = {
    "memlock_bytes": "Max locked memory",
    "stack_bytes": "Max stack size",
    "core_bytes": "Max core file size",
    "nofile": "Max open files",
}
_SECCOMP = {"0": False, "1": True, "2": True}


@dataclass(frozen=True)
class Evidence:
    """Everything that was read about one server."""

    pid: int
    runner_pid: int | None
    cgroup_version: int | None
    readings: Mapping[str, Reading]
    observed: Mapping[str, Any]


@dataclass(frozen=True)
class _Group:
    """The directory of a process's cgroup: `files` are it and those above it, own first."""

    version: int
    folders: tuple[str, ...]
    own: bool
    writable: bool


def read_evidence(host: HostReader, server: Server, port: int) -> Evidence:
    """Read all knobs of a server; raises LimitsProbeError when its process cannot be read."""
    pid, runner = find_processes(host, server)
    status = parse_fields(needed_text(host, pid, "status", server))
    readings = _resources(host, pid, server)
    readings.update(_identity(pid, status))
    group = _group(host, pid, "memory")
    memory = _memory(host, group, server.declared)
    readings["memory_limit_bytes"] = memory_reading(memory)
    readings["swap_limit_bytes"] = swap_reading(memory)
    readings["pids_limit"] = _pids(host, pid)
    readings["threads"] = _threads(host, runner)
    readings["listen"] = _listen(host, pid, server, port)
    root = mount_at(parse_mounts(host.text(f"/proc/{pid}/mountinfo") or ""), "/")
    readings["read_only_root"] = Reading(root.read_only if root else None, f"/proc/{pid}/mountinfo")
    return Evidence(pid, runner, memory.version, readings, _observed(host, pid, readings))


def _resources(host: HostReader, pid: int, server: Server) -> dict[str, Reading]:
    limits = parse_limits(needed_text(host, pid, "limits", server))
    source = f"/proc/{pid}/limits"
    return {
        knob: Reading(limits[name][0], source, hard=limits[name][1])
        for knob, name in _RESOURCES.items()
        if name in limits
    }


def _identity(pid: int, status: Mapping[str, str]) -> dict[str, Reading]:
    source = f"/proc/{pid}/status"
    mask = status.get("CapEff")
    capabilities = (capability_names(mask) or "none") if mask else None
    seccomp = status.get("Seccomp")
    return {
        "capabilities": Reading(capabilities, source),
        "no_new_privileges": Reading(status.get("NoNewPrivs") == "1", source),
        "seccomp": Reading(
            _SECCOMP.get(seccomp or ""), source, cannot="" if seccomp else "this kernel has no system call filter"
        ),
        "user": Reading(int(status.get("Uid", "0 0").split()[1]), source),
    }


def _group(host: HostReader, pid: int, controller: str) -> _Group | None:
    """Find a controller's cgroup of a process, in v1 or else in v2; None when neither is mounted."""
    paths = parse_cgroup(host.text(f"/proc/{pid}/cgroup") or "")
    mounts = parse_mounts(host.text("/proc/self/mountinfo") or "")
    v1 = controller in paths
    for mount in reversed(mounts):
        if mount.fs_type == ("cgroup" if v1 else "cgroup2") and (not v1 or controller in mount.super_options):
            path = path_in_mount(paths.get(controller if v1 else "", "/"), mount.root)
            # In v1 a service without a cgroup of its own in this tree is counted with its slice or with the root.
            own = host.one_container or (path != "/" and not (v1 and path.endswith(".slice")))
            folders = tuple(mount.point + level.rstrip("/") for level in levels(path))
            return _Group(1 if v1 else 2, folders, own, not mount.read_only)
    return None


def _memory(host: HostReader, group: _Group | None, declared: bool) -> MemoryEvidence:
    swap_total = parse_meminfo(host.text("/proc/meminfo") or "").get("SwapTotal")
    if group is None:
        return MemoryEvidence(None, (), (), False, False, False, declared, swap_total)
    v2 = group.version == 2
    limit, swap = ("memory.max", "memory.swap.max") if v2 else ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    return MemoryEvidence(
        version=group.version,
        limits=[(f"{folder}/{limit}", host.line(f"{folder}/{limit}")) for folder in group.folders],
        swap_limits=[(f"{folder}/{swap}", host.line(f"{folder}/{swap}")) for folder in group.folders],
        controller=not v2 or _v2_offers(host, group, "memory"),
        own=group.own,
        writable=group.writable,
        declared=declared,
        swap_total_bytes=swap_total,
    )


def _v2_offers(host: HostReader, group: _Group, controller: str) -> bool:
    """Whether the manager of this cgroup has the controller: a user's own manager may lack what the system's has."""
    manager = next((each for each in group.folders if each.rpartition("/")[2].startswith("user@")), group.folders[-1])
    return controller in (host.line(f"{manager}/cgroup.controllers") or "").split()


def _pids(host: HostReader, pid: int) -> Reading:
    group = _group(host, pid, "pids")
    if group is None:
        return Reading(None, "/sys/fs/cgroup", cannot="the kernel offers no pids controller here")
    counts = [(host.number(f"{folder}/pids.max"), f"{folder}/pids.max") for folder in group.folders]
    limited = [(count, file) for count, file in counts if count is not None]
    least = min(limited, default=("unlimited", counts[0][1]), key=lambda pair: pair[0])
    unable = not group.writable and not group.own
    return Reading(least[0], least[1], cannot="the pids controller is mounted read-only here" if unable else "")


def _threads(host: HostReader, runner: int | None) -> Reading:
    if runner is None:
        return threads_reading(None, None)
    environ = parse_nul_list(host.text(f"/proc/{runner}/environ") or "")
    return threads_reading(runner, parse_threads(arguments(host, runner), environ))


def _listen(host: HostReader, pid: int, server: Server, port: int) -> Reading:
    """Addresses that answer on this host, and in the note what the server itself binds where that differs."""
    outside = _addresses(host, "/proc/net", port)
    inside = _addresses(host, f"/proc/{pid}/net", port)
    note = f"in its own network the server binds {', '.join(inside)}" if inside and inside != outside else ""
    if not outside and server.published:
        # Docker without its userland proxy forwards by firewall rules alone: no socket listens.
        return Reading(tuple(sorted(set(server.published))), "docker container inspect", note)
    return Reading(outside, "/proc/net/tcp", note)


def read_allowed_networks(host: HostReader, server: Server, port: int) -> Reading:
    """Networks that the rules in the kernel let reach the port, of both families."""
    found: list[str] = []
    for program, published in (("iptables", bool(server.published)), ("ip6tables", False)):
        if program == "ip6tables" and not host.exists("/proc/net/if_inet6"):
            continue  # a kernel without IPv6 has nothing to close
        ran = host.run([program, "-S"])
        found += allowed(ran.output, port, published) if ran.ok else EVERYBODY
    return Reading(tuple(dict.fromkeys(found)), "iptables -S")


def _addresses(host: HostReader, folder: str, port: int) -> tuple[str, ...]:
    texts = (host.text(f"{folder}/{name}") or "" for name in ("tcp", "tcp6"))
    return tuple(sorted({listener.address for text in texts for listener in parse_listeners(text, port)}))


def _observed(host: HostReader, pid: int, readings: Mapping[str, Reading]) -> dict[str, Any]:
    """What was seen beside the promises: CPU shares of the server's cgroup, swappiness, its unit."""
    seen: dict[str, Any] = {"cpu_quota_cores": None, "cpu_weight": None, "cpu_shares": None, "memory_swappiness": None}
    cpu, memory = _group(host, pid, "cpu"), _group(host, pid, "memory")
    if cpu is not None:
        quotas = [_quota(host, folder, cpu.version) for folder in cpu.folders]
        seen["cpu_quota_cores"] = min((quota for quota in quotas if quota is not None), default=None)
        seen["cpu_weight"] = host.number(f"{cpu.folders[0]}/cpu.weight")
        seen["cpu_shares"] = host.number(f"{cpu.folders[0]}/cpu.shares")
    if memory is not None:
        seen["memory_swappiness"] = host.number(f"{memory.folders[0]}/memory.swappiness")
    seen["unit"] = parse_unit(host.text(f"/proc/{pid}/cgroup") or "")
    seen.update({knob: list(r.value) if isinstance(r.value, tuple) else r.value for knob, r in readings.items()})
    return seen


def _quota(host: HostReader, folder: str, version: int) -> float | None:
    if version == 2:
        return parse_quota_v2(host.line(f"{folder}/cpu.max") or "")
    return parse_quota_v1(host.line(f"{folder}/cpu.cfs_quota_us") or "", host.line(f"{folder}/cpu.cfs_period_us") or "")
