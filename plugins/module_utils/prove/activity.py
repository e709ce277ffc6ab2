# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Counts what a host does while Ollama answers: CPU of others, throttling, swapping. Linux only; elsewhere None."""

from __future__ import annotations

import mmap
import os
import time
from dataclasses import dataclass
from typing import Mapping

from ..host.control_groups import group_of
from ..host.process_text import parse_fields
from ..host.reader import HostReader
from .diagnosis import Activity

# The server and what computes for it: Ollama itself before 0.30, llama.cpp's server since.
PROGRAMS = ("ollama", "llama-server")
_CPU = "/sys/devices/system/cpu"


@dataclass(frozen=True)
class Counters:
    """One reading of the counters; differences of two make an Activity. CPU times in ticks."""

    at: float
    busy: int
    steal: int
    ours: Mapping[int, int]
    throttled_seconds: float
    heat: int
    swapped_in_pages: int


def snapshot(host: HostReader) -> Counters | None:
    """Return the counters; None where the kernel has none."""
    cpu = (host.text("/proc/stat") or "").partition("\n")[0].split()
    if len(cpu) < 9 or cpu[0] != "cpu":
        return None
    user, nice, system, _idle, _wait, interrupt, soft, steal = map(int, cpu[1:9])
    ours = {pid: _ticks(host, pid) for pid in _servers(host)}
    return Counters(
        time.monotonic(),
        user + nice + system + interrupt + soft,
        steal,
        ours,
        max((_throttled(host, pid) for pid in ours), default=0.0),
        _heat(host),
        int(parse_numbers(host.text("/proc/vmstat") or "").get("pswpin", 0)),
    )


def between(host: HostReader, before: Counters | None, after: Counters | None) -> Activity:
    """Return what happened between two readings, and how much of the server's memory is in swap now."""
    if before is None or after is None or after.at <= before.at:
        return Activity()
    elapsed = after.at - before.at
    ticks = os.sysconf("SC_CLK_TCK") * elapsed
    ours = sum(after.ours[pid] - before.ours.get(pid, 0) for pid in after.ours)
    return Activity(
        cores=os.cpu_count(),
        others_cores=round(max(0.0, (after.busy - before.busy - ours) / ticks), 2),
        steal_cores=round(max(0.0, (after.steal - before.steal) / ticks), 2),
        throttled_share=round((after.throttled_seconds - before.throttled_seconds) / elapsed, 3),
        heat_events=after.heat - before.heat,
        clock_share=_clock(host),
        swapped_in_bytes=(after.swapped_in_pages - before.swapped_in_pages) * mmap.PAGESIZE,
        server_swap_bytes=sum(_swapped(host, pid) for pid in after.ours),
    )


def parse_numbers(text: str) -> dict[str, int]:
    """Read lines of a name and a number, as in /proc/vmstat and cpu.stat."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _servers(host: HostReader) -> list[int]:
    return [pid for pid in host.processes() if host.line(f"/proc/{pid}/comm") in PROGRAMS]


def _ticks(host: HostReader, pid: int) -> int:
    # The name in brackets may hold spaces; user and system time are the 12th and 13th field after it.
    values = (host.text(f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
    return int(values[11]) + int(values[12]) if len(values) > 12 else 0


def _throttled(host: HostReader, pid: int) -> float:
    """Seconds that a quota stopped the process's group: version 2 counts microseconds, version 1 nanoseconds."""
    group = group_of(host, pid, "cpu")
    counts = parse_numbers(host.text(f"{group.folders[0]}/cpu.stat") or "") if group else {}
    return counts.get("throttled_usec", 0) / 1e6 + counts.get("throttled_time", 0) / 1e9


def _heat(host: HostReader) -> int:
    return sum(
        host.number(f"{_CPU}/{name}/thermal_throttle/core_throttle_count") or 0
        for name in host.names(_CPU)
        if name[3:].isdigit()
    )


def _clock(host: HostReader) -> float | None:
    """Return the fastest core's frequency divided by its highest; right after the work it has not changed yet."""
    shares = []
    for name in host.names(_CPU):
        now = host.number(f"{_CPU}/{name}/cpufreq/scaling_cur_freq") if name[3:].isdigit() else None
        most = host.number(f"{_CPU}/{name}/cpufreq/cpuinfo_max_freq") if now else None
        if now and most:
            shares.append(now / most)
    return round(max(shares), 2) if shares else None


def _swapped(host: HostReader, pid: int) -> int:
    value = parse_fields(host.text(f"/proc/{pid}/status") or "").get("VmSwap", "0 kB").split()
    return int(value[0]) * 1024 if value and value[0].isdigit() else 0
