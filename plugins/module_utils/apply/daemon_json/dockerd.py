# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The only file that speaks to dockerd, its service and its command line. Every process has a time limit."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
_REASON = re.compile(r"unable to configure|failed to start daemon|Error reconfiguring|failed to load", re.IGNORECASE)


class DaemonError(Exception):
    """A process did not do its work; the text says which and what it said."""


@dataclass(frozen=True)
class Done:
    rc: int
    out: str
    err: str


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


def run(argv: list[str], timeout: float = 20) -> Done:
    """Run without a shell. rc 127: not installed, 124: no end within `timeout` seconds."""
    # root's own context or DOCKER_HOST may lead to another machine; we mean the daemon of this one.
    env = dict(os.environ, LC_ALL="C", DOCKER_HOST="", DOCKER_CONTEXT="default")
    env["PATH"] = f"{env.get('PATH', '/usr/bin:/bin')}:{_SBIN}"
    try:
        done = subprocess.run(
            argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return Done(124, "", f"{argv[0]} gave no answer within {timeout:.0f} s")
    except (FileNotFoundError, PermissionError) as error:
        return Done(127, "", f"{argv[0]}: {error.strerror}")
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def started_at(pid: int) -> float:
    """Start of a process in seconds since 1970; sleep of the laptop counted, unlike systemd's monotonic stamps."""
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
        done = run(["systemctl", "show", self.service, "-p", names])
        facts = dict(line.partition("=")[::2] for line in done.out.splitlines())
        if done.rc != 0 or facts.get("LoadState") != "loaded":
            return Unit(loaded=False)
        pid = int(facts.get("MainPID") or 0)
        restarts = int(facts.get("NRestarts") or 0)
        flags = _flags(facts.get("ExecStart", ""), pid)
        return Unit(True, facts.get("ActiveState", ""), facts.get("SubState", ""), pid, restarts, flags)

    def info(self) -> Info:
        """What the running daemon has in force; DaemonError if it does not answer."""
        done = run(["docker", "info", "--format", "{{json .}}"])
        try:
            facts = json.loads(done.out)
            if not facts.get("ServerVersion"):
                raise ValueError
        except ValueError as error:
            raise DaemonError(f"docker info: {_last(done.err) or _last(done.out) or 'no answer'}") from error
        swarm = (facts.get("Swarm") or {}).get("LocalNodeState", "inactive")
        return Info(bool(facts.get("LiveRestoreEnabled")), swarm not in ("", "inactive"))

    def answers(self) -> bool:
        return run(["docker", "version", "--format", "{{.Server.Version}}"]).rc == 0

    def containers(self) -> dict[str, Container]:
        """The running ones by id; DaemonError if they cannot be counted."""
        listed = run(["docker", "ps", "-q", "--no-trunc"])
        if listed.rc != 0:
            raise DaemonError(f"docker ps: {_last(listed.err)}")
        ids = listed.out.split()
        if not ids:
            return {}
        # One that ended just now makes inspect fail and is not in its output.
        shown = run(["docker", "inspect", "-f", "{{.Id}} {{.State.Pid}} {{.Name}}", *ids])
        rows = [line.split() for line in shown.out.splitlines() if len(line.split()) == 3]
        return {row[0]: Container(row[2].lstrip("/"), int(row[1])) for row in rows}

    def publishes(self) -> bool:
        """Whether a running container has a port on the host; also if nobody knows."""
        listed = run(["docker", "ps", "--format", "{{.Ports}}"])
        return listed.rc != 0 or "->" in listed.out

    def reload(self) -> None:
        """SIGHUP. Says nothing about success: dockerd stays up with a bad file and only logs it."""
        run(["systemctl", "reload", self.service])

    def restart(self, timeout: float) -> Done:
        """Ends when the service says that it is ready, or has failed once."""
        # Three starts in a minute are the limit of the usual units; failed ones of before would count.
        run(["systemctl", "reset-failed", self.service, self.service.replace(".service", ".socket")])
        return run(["systemctl", "restart", self.service], timeout)

    def validate(self, data: bytes, path: str) -> str | None:
        """dockerd's complaint about `data`, "" if it has none, None if it cannot check (Engine before 23, or none)."""
        with tempfile.TemporaryDirectory(prefix="nogpu-") as folder:
            trial = os.path.join(folder, "daemon.json")
            with open(trial, "wb") as file:
                file.write(data)
            done = run([self.dockerd, "--validate", "--config-file", trial])
        if done.rc in (124, 127) or "unknown flag: --validate" in done.out + done.err:
            return None
        return "" if done.rc == 0 else (_last(done.err) or f"exit code {done.rc}").replace(trial, path)

    def last_error(self, since: float) -> str:
        """dockerd's own words on why it did not start, from the journal; "" if there are none."""
        when = f"@{int(since)}"
        done = run(["journalctl", "-u", self.service, "-n", "50", "-o", "cat", "--no-pager", "--since", when])
        lines = [line for line in done.out.splitlines() if _REASON.search(line)]
        said = re.search(r'msg="((?:[^"\\]|\\.)*)"', lines[-1]) if lines else None
        return said.group(1).replace('\\"', '"') if said else (lines[-1].strip() if lines else "")


def _flags(exec_start: str, pid: int) -> tuple[str, ...]:
    hit = re.search(r"argv\[\]=(.*?) ; ignore_errors=", exec_start)
    words = hit.group(1).split()[1:] if hit else []
    if pid and any("$" in word for word in words):  # only the process shows what the variables stand for
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as line:
            words = line.read().decode("utf-8", "replace").split("\0")[1:]
    return tuple(words)


def _last(text: str) -> str:
    return text.strip().splitlines()[-1].strip() if text.strip() else ""
