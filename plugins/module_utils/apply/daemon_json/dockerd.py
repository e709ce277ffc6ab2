# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Ask and control dockerd: its service, its client and its log. No other file does. Each program has a time limit."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import time
from dataclasses import dataclass

from ...host.programs import NOT_STARTED, TIMED_OUT, Ran, run_program

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
_REASON = re.compile(r"unable to configure|failed to start daemon|Error reconfiguring|failed to load", re.IGNORECASE)


class DaemonError(Exception):
    """A program failed; the text says which one and what it printed."""


@dataclass(frozen=True)
class Unit:
    """The service as systemd sees it. `flags`: dockerd's command line; `pid` 0 = not running."""

    loaded: bool
    active: str = "inactive"
    sub: str = "dead"
    pid: int = 0
    restarts: int = 0
    flags: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        return self.active == "active" and self.pid > 0

    @property
    def failed(self) -> bool:
        return self.active == "failed" or self.sub.startswith("auto-restart")


@dataclass(frozen=True)
class Info:
    live_restore: bool
    swarm: bool


@dataclass(frozen=True)
class Container:
    name: str
    pid: int


def run(command: list[str], timeout_seconds: float | None = None) -> Ran:
    """Run a program for the Docker of this laptop: root's own context or DOCKER_HOST may name another machine."""
    path = f"{os.environ.get('PATH', '/usr/bin:/bin')}:{_SBIN}"
    return run_program(command, timeout_seconds, {"DOCKER_HOST": "", "DOCKER_CONTEXT": "default", "PATH": path})


def started_at(pid: int) -> float:
    """Start of a process in seconds since 1970. Unlike systemd's monotonic stamps, it counts the laptop's sleep."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        ticks = int(stat.read().rpartition(")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age


class Daemon:
    """One dockerd below one systemd service."""

    def __init__(self, service: str, dockerd: str) -> None:
        self.service, self.dockerd = service, dockerd

    def unit(self) -> Unit:
        """Never fails: without systemd or unit it is a Unit that is not loaded."""
        names = "LoadState,ActiveState,SubState,MainPID,NRestarts,ExecStart"
        ran = run(["systemctl", "show", self.service, "-p", names])
        facts = dict(line.partition("=")[::2] for line in ran.output.splitlines())
        if not ran.ok or facts.get("LoadState") != "loaded":
            return Unit(loaded=False)
        pid = int(facts.get("MainPID") or 0)
        restarts = int(facts.get("NRestarts") or 0)
        flags = _flags(facts.get("ExecStart", ""), pid)
        return Unit(True, facts.get("ActiveState", ""), facts.get("SubState", ""), pid, restarts, flags)

    def info(self) -> Info:
        """What the running daemon has in force; DaemonError if it does not answer."""
        ran = run(["docker", "info", "--format", "{{json .}}"])
        try:
            facts = json.loads(ran.output)
            if not facts.get("ServerVersion"):
                raise ValueError
        except ValueError as error:
            raise DaemonError(f"docker info: {ran.last_line}") from error
        swarm = (facts.get("Swarm") or {}).get("LocalNodeState", "inactive")
        return Info(bool(facts.get("LiveRestoreEnabled")), swarm not in ("", "inactive"))

    def answers(self) -> bool:
        return run(["docker", "version", "--format", "{{.Server.Version}}"]).ok

    def containers(self) -> dict[str, Container]:
        """The running ones by id; DaemonError if they cannot be counted."""
        listed = run(["docker", "ps", "-q", "--no-trunc"])
        if not listed.ok:
            raise DaemonError(f"docker ps: {listed.last_line}")
        ids = listed.output.split()
        if not ids:
            return {}
        # One that ended just now makes inspect fail and is not in its output.
        shown = run(["docker", "inspect", "-f", "{{.Id}} {{.State.Pid}} {{.Name}}", *ids])
        rows = [line.split() for line in shown.output.splitlines() if len(line.split()) == 3]
        return {row[0]: Container(row[2].lstrip("/"), int(row[1])) for row in rows}

    def publishes(self) -> bool:
        """Whether a running container has a port on the host; also True if that is not known."""
        listed = run(["docker", "ps", "--format", "{{.Ports}}"])
        return not listed.ok or "->" in listed.output

    def reload(self) -> None:
        """Send SIGHUP. That it worked is not known: with a bad file dockerd keeps running and only logs it."""
        run(["systemctl", "reload", self.service])

    def restart(self, timeout: float) -> Ran:
        """Ends when the service says that it is ready, or has failed once."""
        # The usual units allow three starts in a minute. Earlier failed ones would count.
        run(["systemctl", "reset-failed", self.service, self.service.replace(".service", ".socket")])
        return run(["systemctl", "restart", self.service], timeout)

    def validate(self, data: bytes, path: str) -> str | None:
        """dockerd's complaint about `data`, "" if it has none, None if it cannot check (Engine before 23, or none)."""
        with tempfile.TemporaryDirectory(prefix="nogpu-") as folder:
            trial = os.path.join(folder, "daemon.json")
            with open(trial, "wb") as file:
                file.write(data)
            ran = run([self.dockerd, "--validate", "--config-file", trial])
        if ran.code in (NOT_STARTED, TIMED_OUT) or "unknown flag: --validate" in ran.output + ran.error:
            return None
        return "" if ran.ok else ran.last_line.replace(trial, path)

    def last_error(self, since: float) -> str:
        """dockerd's own message on why it did not start, from the journal; "" without one."""
        when = f"@{int(since)}"
        ran = run(["journalctl", "-u", self.service, "-n", "50", "-o", "cat", "--no-pager", "--since", when])
        lines = [line for line in ran.output.splitlines() if _REASON.search(line)]
        said = re.search(r'msg="((?:[^"\\]|\\.)*)"', lines[-1]) if lines else None
        return said.group(1).replace('\\"', '"') if said else (lines[-1].strip() if lines else "")


def _flags(exec_start: str, pid: int) -> tuple[str, ...]:
    hit = re.search(r"argv\[\]=(.*?) ; ignore_errors=", exec_start)
    words = hit.group(1).split()[1:] if hit else []
    if pid and any("$" in word for word in words):  # only the process shows the values of the variables
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as line:
            words = line.read().decode("utf-8", "replace").split("\0")[1:]
    return tuple(words)
