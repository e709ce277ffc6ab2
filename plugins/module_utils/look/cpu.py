# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at the processors of a Linux host: how many there are of each kind, and how many we may use."""

from __future__ import annotations

import os

from ..host.reader import HostReader
from ..host.system_text import Cores, CpuInfo, count_cores, fast_cpus, parse_cpu_list, parse_cpuinfo

CPUS = "/sys/devices/system/cpu"

# A small Arm core has 0.25 to 0.55 of the capacity of a big one, a middle one 0.7 or more.
LEAST_CAPACITY = 0.6
# By clock alone the kinds differ less: Cortex-A55 at 1.8 GHz beside A76 at 2.4 GHz is 0.75, a middle core 0.85 or more.
LEAST_CLOCK = 0.8


def read_cpuinfo(host: HostReader) -> CpuInfo:
    """Return /proc/cpuinfo; where it does not name a model, as on Arm, with the name of the board."""
    info = parse_cpuinfo(host.text("/proc/cpuinfo", needed_for="cpu_flags") or "")
    model = info.model or host.line("/proc/device-tree/model")
    return CpuInfo(model, info.flags, info.processors, info.cores, info.hypervisor)


def read_cores(host: HostReader, info: CpuInfo, architecture: str) -> Cores:
    """Count the cores in sysfs, else in /proc/cpuinfo, else as Python counts them."""
    siblings = _siblings(host)
    if siblings:
        return count_cores(siblings, _fast(host, info, architecture, frozenset(siblings)))
    host.note(f"Could not read {CPUS}/cpu*/topology: the number of physical cores is taken from /proc/cpuinfo.")
    logical = info.processors or os.cpu_count() or 1
    physical = len(set(info.cores)) or logical
    return Cores(logical, physical, physical, False, max(1, logical // physical))


def allowed_cpus(host: HostReader) -> int | None:
    """Return on how many CPUs we may run, as /proc says.

    The kernel's list may hold CPUs that could be added later, so only those that are online count.
    """
    status = host.text("/proc/self/status", needed_for="cpuset_cores") or ""
    online = parse_cpu_list(host.line(f"{CPUS}/online") or "")
    for line in status.splitlines():
        name, _colon, value = line.partition(":")
        if name == "Cpus_allowed_list":
            allowed = parse_cpu_list(value)
            return len(allowed & online if online else allowed) or None
    return None


def _siblings(host: HostReader) -> dict[int, frozenset[int]]:
    """Return for each CPU the CPUs of its core; the file is called `thread_siblings_list` before Linux 5.1."""
    found = {}
    for name in host.names(CPUS):
        if name.startswith("cpu") and name[3:].isdigit():
            topology = f"{CPUS}/{name}/topology"
            text = host.line(f"{topology}/core_cpus_list") or host.line(f"{topology}/thread_siblings_list")
            if text is not None:
                found[int(name[3:])] = parse_cpu_list(text)
    return found


def _fast(host: HostReader, info: CpuInfo, architecture: str, cpus: frozenset[int]) -> frozenset[int] | None:
    """Return the CPUs of the fast kind, None when they are not known.

    On Intel's hybrid processors Linux lists both kinds. On other x86 all cores are of one kind (AMD's compact cores
    differ only in clock), but a hypervisor hides the kinds of the real machine.
    """
    if host.exists("/sys/devices/cpu_atom/cpus"):
        return parse_cpu_list(host.line("/sys/devices/cpu_core/cpus") or "") or None
    if architecture in ("x86_64", "i686"):
        return None if info.hypervisor else cpus
    for name, least in (("cpu_capacity", LEAST_CAPACITY), ("cpufreq/cpuinfo_max_freq", LEAST_CLOCK)):
        strengths = {cpu: host.number(f"{CPUS}/cpu{cpu}/{name}") for cpu in cpus}
        known = {cpu: strength for cpu, strength in strengths.items() if strength is not None}
        if len(known) == len(cpus):
            return fast_cpus(known, least)
    return None
