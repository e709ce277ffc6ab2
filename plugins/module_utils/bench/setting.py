# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Set up an arm of `bench` while it is measured: a busy program, the weight and the limit of the slice.

The files of the slice are written directly and restored afterwards: systemd's own settings stay as they are.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import Any, Iterator, Mapping

from ..host.control_groups import USUAL_SHARES, USUAL_WEIGHT, Group, group_of
from ..host.names import SLICE
from ..host.reader import HostReader
from ..ollama.process import Server, find_processes

PERIOD_MICROSECONDS = 100_000
# It ends by itself when the process that started it has ended, for whatever reason, and always after ten minutes.
_BUSY = """
import os, sys, time
end = time.monotonic() + 600
while os.getppid() == int(sys.argv[1]) and time.monotonic() < end:
    sum(range(20000))
"""


class SettingError(RuntimeError):
    """An arm cannot be set up here; the text is a sentence for the user."""


@contextmanager
def setting(host: HostReader, server: Server | None, arm: Mapping[str, Any]) -> Iterator[None]:
    """Set up an arm, and undo that at the end, also after a signal. Raises SettingError."""
    with ExitStack() as stack:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            stack.callback(signal.signal, number, signal.signal(number, _leave))
        if server is not None:
            group = _slice(host, server)
            for file, text in files(group, arm["cpu_weight"], arm["cpu_limit_cores"]).items():
                path = host.path(f"{group.folders[0]}/{file}")
                stack.callback(_write, path, _read(path))
                _write(path, text)
        if arm["busy"]:
            stack.callback(_end, _busy())
        yield


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _slice(host: HostReader, server: Server) -> Group:
    """Return the slice that the server is in, as a Group whose first folder it is."""
    pid, _runner = find_processes(host, server)
    group = group_of(host, pid, "cpu")
    for number, folder in enumerate(group.folders if group else ()):
        if group and folder.endswith(f"/{SLICE}"):
            return Group(group.version, group.folders[number:], group.own, group.writable)
    where = group.folders[0] if group else "no CPU group"
    raise SettingError(
        f"Cannot measure the weight of {server.subject}: its process {pid} is in {where} (needed: {SLICE}). "
        f"Run ./nogpu up first; it reports a laptop that cannot have this slice."
    )


def files(group: Group, cpu_weight: int | None, cpu_limit_cores: float | None) -> dict[str, str]:
    """Return what to write into which file of a group."""
    found = {}
    if cpu_weight is not None:
        shares = cpu_weight * USUAL_SHARES // USUAL_WEIGHT
        found.update({"cpu.weight": str(cpu_weight)} if group.version == 2 else {"cpu.shares": str(shares)})
    if cpu_limit_cores is not None:
        quota = int(cpu_limit_cores * PERIOD_MICROSECONDS)
        v2, v1 = {"cpu.max": f"{quota} {PERIOD_MICROSECONDS}"}, {"cpu.cfs_quota_us": str(quota)}
        found.update(v2 if group.version == 2 else v1)
    return found


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError as error:
        raise SettingError(f"Cannot read {path}: {error.strerror} (needed: the CPU controller, and root).") from error


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError as error:
        raise SettingError(f"Cannot write {text.strip()!r} to {path}: {error.strerror} (needed: root).") from error


def _busy() -> subprocess.Popen[bytes]:
    """Start a program that computes without end. It stays in this process's group: a session of desktop or SSH."""
    return subprocess.Popen([sys.executable, "-c", _BUSY, str(os.getpid())], stdin=subprocess.DEVNULL)


def _end(program: subprocess.Popen[bytes]) -> None:
    program.kill()
    program.wait()
