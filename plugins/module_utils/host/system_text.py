# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Parse what Linux says about the whole system."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Mapping

# The instructions that llama.cpp has special code for, with their names in Linux.
CPU_FLAGS = (
    *("sse4_2", "avx", "avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "f16c", "fma"),
    *("asimddp", "i8mm", "sve"),
)


@dataclass(frozen=True)
class CpuInfo:
    """What /proc/cpuinfo holds. `cores` has one (package, core) per logical CPU; empty where it is not known."""

    model: str | None
    flags: tuple[str, ...]
    processors: int
    cores: tuple[tuple[str, str], ...]
    hypervisor: bool


@dataclass(frozen=True)
class Cores:
    """How many cores of each kind; see HostCapacity for the meanings."""

    logical: int
    physical: int
    performance: int
    kinds_known: bool
    threads_per_core: int


@dataclass(frozen=True)
class Listener:
    """One listening TCP socket of /proc/net/tcp or tcp6."""

    address: str
    inode: str


def parse_cpu_list(text: str) -> frozenset[int]:
    """Return the CPUs of a kernel list such as "0-3,8". An empty or malformed list is empty."""
    cpus: set[int] = set()
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
        cpus.update(range(int(first), int(last or first) + 1))
    return frozenset(cpus)


def parse_cpuinfo(text: str) -> CpuInfo:
    """Read /proc/cpuinfo of x86 or Arm; Arm writes "Features" for flags and rarely names a model."""
    parts = (line.partition(":") for line in text.splitlines())
    pairs = [(key.strip(), value.strip()) for key, colon, value in parts if colon]
    first = dict(reversed(pairs))
    seen = set((first.get("flags") or first.get("Features") or "").split())
    packages = [value for key, value in pairs if key == "physical id"]
    cores = [value for key, value in pairs if key == "core id"]
    return CpuInfo(
        model=first.get("model name") or first.get("Model") or first.get("Hardware"),
        flags=tuple(flag for flag in CPU_FLAGS if flag in seen),
        processors=sum(1 for key, value in pairs if key == "processor" and value.isdigit()),
        cores=tuple(zip(packages, cores)) if len(packages) == len(cores) else (),
        hypervisor="hypervisor" in seen,
    )


def count_cores(siblings: Mapping[int, frozenset[int]], fast: frozenset[int] | None) -> Cores:
    """Count cores from the sibling CPUs of each CPU; `fast` are the CPUs of the fast kind, None if not known."""
    cores = set(siblings.values())
    performance = len(cores) if fast is None else sum(1 for core in cores if core & fast)
    return Cores(
        logical=len(siblings),
        physical=len(cores),
        performance=performance or len(cores),
        kinds_known=fast is not None,
        threads_per_core=max((len(core & siblings.keys()) for core in cores), default=1),
    )


def fast_cpus(strengths: Mapping[int, int], least: float) -> frozenset[int]:
    """Return the CPUs whose strength is at least the share `least` of the highest."""
    strongest = max(strengths.values(), default=0)
    return frozenset(cpu for cpu, strength in strengths.items() if strength >= least * strongest)


def parse_meminfo(text: str) -> dict[str, int]:
    """Return the values of /proc/meminfo in bytes."""
    return {name: int(kib) * 1024 for name, kib in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}


def parse_quota_v2(text: str) -> float | None:
    """Return the cores of a `cpu.max` such as "50000 100000"; None for "max"."""
    found = re.fullmatch(r"(\d+) ([1-9]\d*)", text.strip())
    return int(found.group(1)) / int(found.group(2)) if found else None


def parse_quota_v1(quota: str, period: str) -> float | None:
    """Return the cores of `cpu.cfs_quota_us` and `cpu.cfs_period_us`; None for a quota of -1."""
    return parse_quota_v2(f"{quota.strip()} {period.strip()}")


def parse_properties(text: str) -> dict[str, str]:
    """Read the output of `systemctl show`: a name, an equals sign and a value on each line."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def parse_unit(cgroup_text: str) -> str | None:
    """Return the innermost systemd service in /proc/PID/cgroup, such as "ollama.service"."""
    for line in cgroup_text.splitlines():
        services = [part for part in line.split(":", 2)[-1].split("/") if part.endswith(".service")]
        if services:
            return services[-1]
    return None


def parse_container_id(cgroup_text: str) -> str | None:
    """Return the id of the container in /proc/PID/cgroup; Docker writes docker/<id> or docker-<id>.scope."""
    found = re.search(r"[/-]([0-9a-f]{64})(?:\.scope)?$", cgroup_text, re.MULTILINE)
    return found.group(1) if found else None


def parse_listeners(text: str, port: int) -> list[Listener]:
    """Return the sockets of /proc/net/tcp or tcp6 that listen on `port`; state 0A is LISTEN."""
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == "0A" and int(words[1].split(":")[1], 16) == port:
            found.append(Listener(_address(words[1].split(":")[0]), words[9]))
    return found


def _address(hexadecimal: str) -> str:
    """Return the address that the kernel prints as 32-bit words in the byte order of a little-endian host."""
    words = [hexadecimal[start : start + 8] for start in range(0, len(hexadecimal), 8)]
    return str(ipaddress.ip_address(b"".join(bytes.fromhex(word)[::-1] for word in words)))


def parse_power(supplies: list[dict[str, str]]) -> str | None:
    """Return "mains" or "battery" for the entries of /sys/class/power_supply; None for a machine without entries.

    Batteries of mice and headsets have scope=Device and do not count.
    """
    own = [supply for supply in supplies if supply.get("scope") != "Device"]
    batteries = [supply for supply in own if supply.get("type") == "Battery"]
    chargers = [supply for supply in own if supply.get("type") != "Battery"]
    if any(charger.get("online") == "1" for charger in chargers):
        return "mains"
    if not batteries:
        return None
    on_battery = chargers or any(battery.get("status") == "Discharging" for battery in batteries)
    return "battery" if on_battery else "mains"
