# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the kernel's files say about one setting: a value, where it was read, why it may not be possible here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence, Tuple, Union

from ..host.process_text import UNLIMITED, Amount, Threads, amount

Value = Union[int, str, bool, Tuple[str, ...], None]


@dataclass(frozen=True)
class Reading:
    """An effective value and the file it was read from; `value` None means that it could not be read."""

    value: Value
    source: str
    note: str = ""
    hard: Amount | None = None  # resource limits: the highest value that the process may set itself
    inherited: bool = False  # cgroup limits: set above the process's own cgroup
    cannot: str = ""  # why this host cannot enforce it, "" if it can
    not_loaded: bool = False  # threads: no model is loaded, so nothing computes


@dataclass(frozen=True)
class MemoryEvidence:
    """The memory cgroup of one process. `limits` and `swap_limits`: (file, text or None), own cgroup first, root last.

    In cgroup v1 `swap_limits` holds memory plus swap (memory.memsw.limit_in_bytes), in v2 swap alone.
    """

    version: int | None
    limits: Sequence[tuple[str, str | None]]
    swap_limits: Sequence[tuple[str, str | None]]
    controller: bool  # the kernel offers the memory controller to the manager of cgroups here
    own: bool  # the process has a memory cgroup of its own, not its service manager's
    writable: bool
    declared: bool  # systemd has accepted a memory limit for the unit
    swap_total_bytes: int | None


def memory_reading(seen: MemoryEvidence) -> Reading:
    """Return the lowest memory limit on the way from the process's cgroup to the root."""
    found = [(amount(text), file) for file, text in seen.limits if text is not None]
    return _least(found, seen.limits[0][0] if seen.limits else "/sys/fs/cgroup", _why_not(seen))


def swap_reading(seen: MemoryEvidence) -> Reading:
    """Return how much swap the process may use, in bytes: 0 on a system without swap, whatever the cgroup says."""
    found = _swap_amounts(seen)
    source = seen.swap_limits[0][0] if seen.swap_limits else "/sys/fs/cgroup"
    reason = _why_not(seen)
    if not found and not reason:
        reason = "the kernel does not account for swap in cgroups (boot option swapaccount=1)"
    reading = _least(found, source, reason)
    if seen.swap_total_bytes == 0 and reading.value != 0:
        return Reading(0, "/proc/meminfo", note="this system has no swap; the cgroup itself sets no limit")
    return reading


def _swap_amounts(seen: MemoryEvidence) -> list[tuple[Amount, str]]:
    found: list[tuple[Amount, str]] = []
    for (_file, limit_text), (file, text) in zip(seen.limits, seen.swap_limits):
        if text is None or limit_text is None:
            continue
        swap, limit = amount(text), amount(limit_text)
        if seen.version == 1 and isinstance(swap, int) and isinstance(limit, int):
            swap = swap - limit
        found.append((swap, file))
    return found


def _least(found: list[tuple[Amount, str]], own_file: str, cannot: str) -> Reading:
    numbers = [(value, file) for value, file in found if isinstance(value, int)]
    if numbers:
        value, file = min(numbers, key=lambda pair: pair[0])
        return Reading(value, file, inherited=file != own_file, cannot=cannot)
    return Reading(UNLIMITED, own_file, cannot=cannot)


def _why_not(seen: MemoryEvidence) -> str:
    if not seen.controller:
        return "the kernel offers no memory controller here (look for cgroup_disable=memory, or ask who runs this host)"
    own_file_there = bool(seen.limits) and seen.limits[0][1] is not None
    if seen.own and own_file_there:
        return ""
    if not seen.writable:
        return "the memory controller is mounted read-only here, as in a container"
    if seen.declared:
        return "systemd accepted the limit, but the kernel has no memory cgroup for this unit"
    return ""


def plain_values(readings: Mapping[str, Reading]) -> dict[str, Any]:
    """Return the bare values, as JSON can hold them."""
    return {name: list(r.value) if isinstance(r.value, tuple) else r.value for name, r in readings.items()}


def threads_reading(runner_pid: int | None, threads: Threads | None) -> Reading:
    """Return the threads that the runner computes with. Without a runner nothing failed: models load on demand."""
    if runner_pid is None or threads is None:
        return Reading(None, "/proc", note="no model is loaded", not_loaded=True)
    if threads.flag is None:
        return Reading(threads.environment, f"/proc/{runner_pid}/environ")
    source = f"/proc/{runner_pid}/cmdline"
    if threads.by_ollama and threads.environment not in (None, threads.flag):
        reason = "this Ollama computes the number itself (0.30 and later take LLAMA_ARG_THREADS)"
        return Reading(threads.flag, source, cannot=reason)
    return Reading(threads.flag, source)
