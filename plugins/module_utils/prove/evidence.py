# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read what is in force for a running Ollama, from /proc and the cgroup files of its process. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from ..host.control_groups import Group, group_of, quota_of, weight_of
from ..host.firewall import EVERYBODY, allowed
from ..host.process_text import (
    capability_names,
    mount_at,
    parse_fields,
    parse_limits,
    parse_mounts,
    parse_nul_list,
    parse_threads,
)
from ..host.reader import HostReader
from ..host.system_text import parse_listeners, parse_meminfo, parse_unit
from ..ollama.process import Server, arguments, find_processes, needed_text
from .readings import MemoryEvidence, Reading, memory_reading, plain_values, swap_reading, threads_reading

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


def read_evidence(host: HostReader, server: Server, port: int) -> Evidence:
    """Read all settings of a server; raises LimitsProbeError when its process cannot be read."""
    pid, runner = find_processes(host, server)
    status = parse_fields(needed_text(host, pid, "status", server))
    readings = _resources(host, pid, server)
    readings.update(_identity(pid, status))
    group = group_of(host, pid, "memory")
    memory = _memory(host, group, server.declared)
    readings["memory_limit_bytes"] = memory_reading(memory)
    readings["swap_limit_bytes"] = swap_reading(memory)
    readings["pids_limit"] = _pids(host, pid)
    readings["threads"] = _threads(host, runner)
    readings["cpu_weight"] = _weight(host, group_of(host, pid, "cpu"))
    readings["listen"] = _listen(host, pid, server, port)
    root = mount_at(parse_mounts(host.text(f"/proc/{pid}/mountinfo") or ""), "/")
    readings["read_only_root"] = Reading(root.read_only if root else None, f"/proc/{pid}/mountinfo")
    return Evidence(pid, runner, memory.version, readings, _observed(host, pid, readings))


def _resources(host: HostReader, pid: int, server: Server) -> dict[str, Reading]:
    limits = parse_limits(needed_text(host, pid, "limits", server))
    source = f"/proc/{pid}/limits"
    return {
        setting: Reading(limits[name][0], source, hard=limits[name][1])
        for setting, name in _RESOURCES.items()
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


def _memory(host: HostReader, group: Group | None, declared: bool) -> MemoryEvidence:
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


def _v2_offers(host: HostReader, group: Group, controller: str) -> bool:
    """Return whether the manager of this cgroup has the controller: a user's manager may lack what the system's has."""
    manager = next((each for each in group.folders if each.rpartition("/")[2].startswith("user@")), group.folders[-1])
    return controller in (host.line(f"{manager}/cgroup.controllers") or "").split()


def _pids(host: HostReader, pid: int) -> Reading:
    group = group_of(host, pid, "pids")
    if group is None:
        return Reading(None, "/sys/fs/cgroup", cannot="the kernel offers no pids controller here")
    counts = [(host.number(f"{folder}/pids.max"), f"{folder}/pids.max") for folder in group.folders]
    limited = [(count, file) for count, file in counts if count is not None]
    least = min(limited, default=("unlimited", counts[0][1]), key=lambda pair: pair[0])
    unable = not group.writable and not group.own
    return Reading(least[0], least[1], cannot="the pids controller is mounted read-only here" if unable else "")


def _weight(host: HostReader, group: Group | None) -> Reading:
    """Return the weight that counts beside everything else on this host: that of the group directly below the root."""
    if group is None:
        return Reading(None, "/sys/fs/cgroup", cannot="the kernel offers no CPU controller here")
    if len(group.folders) < 2:
        return Reading(None, group.folders[-1], cannot="the service manager makes no CPU groups here")
    top, name = group.folders[-2], group.folders[-2].rpartition("/")[2]
    weight, file = weight_of(host, group.version, top)
    quota = quota_of(host, group)
    if quota is not None:
        note = f"a quota of {quota:g} cores is also in force"
    else:
        note = f"the server is in {name}, which weighs as a whole" if weight else ""
    cannot = "" if weight else f"the CPU controller is off in {name}"
    return Reading(weight, file, note, inherited=quota is not None, cannot=cannot)


def _threads(host: HostReader, runner: int | None) -> Reading:
    if runner is None:
        return threads_reading(None, None)
    environ = parse_nul_list(host.text(f"/proc/{runner}/environ") or "")
    return threads_reading(runner, parse_threads(arguments(host, runner), environ))


def _listen(host: HostReader, pid: int, server: Server, port: int) -> Reading:
    """Return the addresses that answer on this host; the note says what the server itself binds if that differs."""
    outside = _addresses(host, "/proc/net", port)
    inside = _addresses(host, f"/proc/{pid}/net", port)
    note = f"in its own network the server binds {', '.join(inside)}" if inside and inside != outside else ""
    if not outside and server.published:
        # Docker without its userland proxy forwards by firewall rules alone: no socket listens.
        return Reading(tuple(sorted(set(server.published))), "docker container inspect", note)
    return Reading(outside, "/proc/net/tcp", note)


def read_allowed_networks(host: HostReader, server: Server, port: int) -> Reading:
    """Return the networks that the kernel's firewall rules let reach the port, IPv4 and IPv6."""
    found: list[str] = []
    for program, published in (("iptables", bool(server.published)), ("ip6tables", False)):
        if program == "ip6tables" and not host.exists("/proc/net/if_inet6"):
            continue  # a kernel without IPv6 has no such port
        ran = host.run([program, "-S"])
        found += allowed(ran.output, port, published) if ran.ok else EVERYBODY
    return Reading(tuple(dict.fromkeys(found)), "iptables -S")


def _addresses(host: HostReader, folder: str, port: int) -> tuple[str, ...]:
    texts = (host.text(f"{folder}/{name}") or "" for name in ("tcp", "tcp6"))
    return tuple(sorted({listener.address for text in texts for listener in parse_listeners(text, port)}))


def _observed(host: HostReader, pid: int, readings: Mapping[str, Reading]) -> dict[str, Any]:
    """Return what was seen beside the promises: the lowest CPU quota, swappiness, the server's unit."""
    seen: dict[str, Any] = {"cpu_quota_cores": None, "memory_swappiness": None}
    cpu, memory = group_of(host, pid, "cpu"), group_of(host, pid, "memory")
    if cpu is not None:
        seen["cpu_quota_cores"] = quota_of(host, cpu)
    if memory is not None:
        seen["memory_swappiness"] = host.number(f"{memory.folders[0]}/memory.swappiness")
    seen["unit"] = parse_unit(host.text(f"/proc/{pid}/cgroup") or "")
    return {**seen, **plain_values(readings)}
