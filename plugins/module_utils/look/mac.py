# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at a Mac: ask sysctl, vm_stat, pmset, lsof and launchctl, and parse what they print."""

from __future__ import annotations

import os
import plistlib
import re
from typing import Any, Mapping, Sequence

from ..host.launchd import Launchd
from ..host.names import AGENT, BREW_AGENT
from ..host.reader import HostReader
from .capacity import Ours, OwnOllama, PortOwner
from .docker_text import Container
from .own_ollama import compare_with_ours

# Apple's names of the instructions -> Linux's.
FLAGS = {
    "hw.optional.arm.FEAT_DotProd": "asimddp",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.sse4_2": "sse4_2",
    "hw.optional.avx1_0": "avx",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512f",
    "hw.optional.f16c": "f16c",
    "hw.optional.fma": "fma",
}
SYSCTL = [
    "sysctl",
    *("kern.hostname", "kern.hv_vmm_present", "machdep.cpu.brand_string", "vm.loadavg", "vm.swapusage"),
    *("hw.logicalcpu", "hw.physicalcpu", "hw.perflevel0.physicalcpu", "hw.memsize", *FLAGS),
]


def parse_sysctl(text: str) -> dict[str, str]:
    """Read lines such as "hw.memsize: 17179869184". Names that this Mac does not have appear on standard error only."""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def parse_vm_stat(text: str) -> int | None:
    """Return the bytes that macOS can give without swapping: free, inactive, speculative and purgeable pages."""
    page = re.search(r"page size of (\d+) bytes", text)
    pages = [
        re.search(rf"^Pages {kind}:\s+(\d+)\.", text, re.MULTILINE)
        for kind in ("free", "inactive", "speculative", "purgeable")
    ]
    if page is None or pages[0] is None:
        return None
    return int(page.group(1)) * sum(int(found.group(1)) for found in pages if found)


def parse_swap(text: str) -> tuple[int | None, int | None]:
    """Return total and used bytes of vm.swapusage, "total = 2048.00M  used = 512.50M ..."."""
    found = {name: int(float(size) * 1024**2) for name, size in re.findall(r"(total|used) = ([\d.]+)M", text)}
    return found.get("total"), found.get("used")


def parse_pmset(text: str) -> str | None:
    """Return "mains" or "battery" as `pmset -g batt` says; None where it says neither."""
    source = re.search(r"drawing from '(AC|Battery) Power'", text)
    return {"AC": "mains", "Battery": "battery"}[source.group(1)] if source else None


def parse_command(agent: bytes) -> str:
    """Return the command of a launch agent's file, XML or binary; empty where the file names none or is damaged."""
    try:
        words = plistlib.loads(agent).get("ProgramArguments", [])
    except Exception:  # plistlib has no common class of its errors: expat's, ValueError, KeyError and others
        return ""
    return " ".join(str(word) for word in words)


def parse_lsof(text: str) -> dict[str, str]:
    """Return the fields of the first process that `lsof -F pcn` prints: p = pid, c = command, n = address and port."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        fields.setdefault(line[:1], line[1:])
    return fields


def read_machine(host: HostReader) -> dict[str, Any]:
    """Return the fields of HostCapacity that are read in another way on a Mac.

    A Mac has no control groups, quotas or governors.
    """
    seen = parse_sysctl(host.run(SYSCTL).output)
    if "hw.memsize" not in seen:
        host.note("Could not read hw.memsize with sysctl: memory and cores of this Mac are not known.")
    swap_total, swap_used = parse_swap(seen.get("vm.swapusage", ""))
    load = re.search(r"[\d.]+", seen.get("vm.loadavg", ""))
    return dict(
        _cores(seen),
        virtualization="vm" if seen.get("kern.hv_vmm_present") == "1" else "none",
        service_manager="launchd",
        hostname=seen.get("kern.hostname", ""),
        cpu_model=seen.get("machdep.cpu.brand_string"),
        cpu_flags=tuple(flag for name, flag in FLAGS.items() if seen.get(name) == "1"),
        memory_total_bytes=_number(seen, "hw.memsize"),
        memory_available_bytes=parse_vm_stat(host.run(["vm_stat"]).output),
        swap_total_bytes=swap_total,
        swap_used_bytes=swap_used,
        zram_bytes=0,
        power=parse_pmset(host.run(["pmset", "-g", "batt"]).output),
        load_1m=float(load.group()) if load else None,
    )


def parse_addresses(text: str) -> tuple[str, ...]:
    """Return all addresses that `lsof -F n` prints; "*" is everywhere."""
    found = re.findall(r"^n(.*):\d+$", text, re.MULTILINE)
    return tuple(sorted({each.strip("[]").replace("*", "0.0.0.0") for each in found}))  # noqa: S104 - as lsof means it


def listeners(host: HostReader, port: int) -> str:
    """Return what lsof prints of the processes that listen on `port`; without root only of the user's own."""
    return host.run(["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpcn"]).output


def read_port_owner(host: HostReader, port: int, containers: Sequence[Container]) -> PortOwner | None:
    """Return the process that listens on `port`; for a container it is Docker Desktop's own."""
    text = listeners(host, port)
    fields = parse_lsof(text)
    if "p" not in fields:
        return None
    command = host.run(["ps", "-o", "command=", "-p", fields["p"]]).output.strip()
    container = next((each for each in containers if each.address_of(port) is not None), None)
    return PortOwner(
        port=port,
        address=(*parse_addresses(text), "")[0],
        pid=int(fields["p"]),
        program=fields.get("c"),
        command=command or None,
        unit=_agent_of(host, int(fields["p"])),
        container=container.name if container else None,
        container_project=container.project if container else None,
    )


def _agent_of(host: HostReader, pid: int) -> str | None:
    """Return which of the known agents runs a process; None for a process that was started in another way."""
    launchd = Launchd(host.run, os.getuid())
    return next((label for label in (AGENT, BREW_AGENT) if pid in [each.pid for each in launchd.find(label)]), None)


def read_own_ollama(host: HostReader) -> OwnOllama | None:
    """Return Homebrew's service, which starts at each login as long as its file exists."""
    path = _agent_file(BREW_AGENT)
    content = host.content(path)
    if content is None:
        return None
    pids = [each.pid for each in Launchd(host.run, os.getuid()).find(BREW_AGENT) if each.pid is not None]
    return OwnOllama(path, parse_command(content), enabled=True, active=bool(pids), pid=pids[0] if pids else None)


def read_ours(host: HostReader, containers: Sequence[Container]) -> Ours:
    """Return which Ollama on this Mac is ours."""
    return compare_with_ours(host.exists(_agent_file(AGENT)), containers)


def _agent_file(label: str) -> str:
    return os.path.expanduser(f"~/Library/LaunchAgents/{label}.plist")


def _cores(seen: Mapping[str, str]) -> dict[str, Any]:
    """Return the core counts. Apple calls the fast kind level 0; Macs with Intel have one kind and no levels."""
    logical = _number(seen, "hw.logicalcpu") or 1
    physical = _number(seen, "hw.physicalcpu") or logical
    performance = _number(seen, "hw.perflevel0.physicalcpu")
    return {
        "cores_logical": logical,
        "cores_physical": physical,
        "cores_performance": performance or physical,
        "core_kinds_known": performance is not None or "Intel" in seen.get("machdep.cpu.brand_string", ""),
        "threads_per_core": max(1, logical // physical),
    }


def _number(seen: Mapping[str, str], name: str) -> int | None:
    return int(seen[name]) if seen.get(name, "").isdigit() else None
