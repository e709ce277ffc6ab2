# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look for the traces of Docker and for who holds the package manager. Reads only."""

from __future__ import annotations

import os
import re
from typing import Any

from ...host.names import HOME
from ...host.programs import NOT_STARTED
from ...host.reader import HostReader
from ..ledger.entries import LedgerError, parse_ledger
from ..ledger.packages import QUESTION, announced, interrupted
from .found import PACKAGES, Daemon, Traces, as_dict, parse_os_release

# Packages are a Linux host's; there the ledger is always here.
LEDGER = f"{HOME}/ledger.json"
SOCKET = "/var/run/docker.sock"
PROGRAMS = ("/usr/bin/docker", "/usr/local/bin/docker", "/bin/docker", "/snap/bin/docker")
LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock")


def look(host: HostReader) -> dict[str, Any]:
    """Return `found`: which Docker this is, its Compose and version, and the state of the package manager."""
    compose = host.run(["docker", "compose", "version", "--short"])
    server = host.run(["docker", "version", "--format", "{{.Server.Version}}"])
    traces = Traces(_program(host), _socket(host), _daemons(host), _packages(host))
    system = parse_os_release(host.text("/etc/os-release") or host.text("/usr/lib/os-release") or "")
    return {
        **as_dict(system, traces),
        "compose_version": compose.output.strip().lstrip("v") if compose.ok else "",
        "engine_version": server.output.strip() if server.ok else "",
        "half_configured": half_configured(host),
        "lock_holder": lock_holder(host),
    }


def _program(host: HostReader) -> str:
    for path in PROGRAMS:
        if os.path.lexists(host.path(path)):
            # A snap's command is a link to snap itself, so its own path says more than the path that it points to.
            return path if path.startswith("/snap/") else _real(host, path)
    return ""


def _socket(host: HostReader) -> str:
    path = _real(host, SOCKET) if os.path.lexists(host.path(SOCKET)) else ""
    # When podman-docker is removed its link stays until the next boot, and what it points to is gone.
    return path if "podman" not in path or os.path.exists(host.path(path)) else ""


def _real(host: HostReader, path: str) -> str:
    """Where links lead, as the host sees it."""
    real = os.path.realpath(host.path(path))
    root = os.path.realpath(host.root).rstrip("/")
    return real[len(root) :] if root and real.startswith(root + "/") else real


def _daemons(host: HostReader) -> tuple[Daemon, ...]:
    """Processes called dockerd in our own pid namespace: those in containers are not this host's Docker."""
    here = host.link("/proc/self/ns/pid")
    found = []
    for pid in host.processes():
        if host.line(f"/proc/{pid}/comm") == "dockerd" and host.link(f"/proc/{pid}/ns/pid") == here:
            uid = re.search(r"^Uid:\s+(\d+)", host.text(f"/proc/{pid}/status") or "", re.MULTILINE)
            found.append(Daemon(host.link(f"/proc/{pid}/exe") or "", int(uid.group(1)) if uid else 0))
    return tuple(found)


def _packages(host: HostReader) -> dict[str, str]:
    """Those of PACKAGES that are installed, with their versions, from whichever package manager is there."""
    ran = host.run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status} ${Version}\n", *PACKAGES])
    if ran.code != NOT_STARTED:  # 1 = some are not known, which is not an error
        rows = [line.split() for line in ran.output.splitlines()]
        return {row[0]: row[2] for row in rows if len(row) == 3 and row[1] == "installed"}
    ran = host.run(["rpm", "-q", "--qf", "%{NAME} %{VERSION}\n", *PACKAGES])
    if ran.code == NOT_STARTED:
        ran = host.run(["pacman", "-Q", *PACKAGES])
    rows = [line.split() for line in ran.output.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) == 2 and row[0] in PACKAGES}


def half_configured(host: HostReader) -> list[str]:
    """Packages that somebody's interrupted installation left; ours are finished by module `ledger`."""
    found = interrupted(host.run(QUESTION).output)
    try:
        ours = announced(parse_ledger(host.text(LEDGER) or "", LEDGER)) if found else frozenset()
    except LedgerError:
        ours = frozenset()
    return [name for name in found if name not in ours]


def lock_holder(host: HostReader) -> dict[str, Any] | None:
    """Process that holds a lock of dpkg or apt: {pid, program, command}, None if nobody does."""
    for path in LOCKS:
        try:
            inode = str(os.stat(host.path(path)).st_ino)
        except OSError:
            continue
        # "1: POSIX  ADVISORY  WRITE 1234 00:2f:5678 0 EOF"; a waiting one has "->" as its second word.
        for words in (line.split() for line in (host.text("/proc/locks") or "").splitlines()):
            if len(words) >= 6 and words[1] != "->" and words[5].split(":")[-1] == inode and int(words[4]) > 0:
                pid = words[4]
                command = (host.text(f"/proc/{pid}/cmdline") or "").replace("\0", " ").strip()
                return {"pid": int(pid), "program": host.line(f"/proc/{pid}/comm") or "?", "command": command[:120]}
    return None
