# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""One change of daemon.json as a transaction: write, restart, watch, and go back if Docker does not stay up.

Containers keep running during a restart only if live-restore is in force both in the daemon that ends and in the one
that starts: without it moby's daemon.restore() stops the running ones. So where the file does not ask for live-restore
(also the former file, when it is put back) it is added for the restart and removed again by a reload.
"""

from __future__ import annotations

import contextlib
import signal
import time
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator

from ...host.json_text import Settings, masked, parse, render
from .dockerd import Container, Daemon, DaemonError
from .file import ConfigFile
from .unfinished import Unfinished


class StartError(Exception):
    """Docker did not come up or did not stay up."""


class Clock:
    """Everything that reads or waits for time, so that tests can replace it and need not wait."""

    now = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
    sleep = staticmethod(time.sleep)


@dataclass(frozen=True)
class Version:
    """One state of the file: its bytes (None = no file), what they mean, and the time stamp to give it (None = now)."""

    data: bytes | None
    settings: Settings
    modified: float | None = None


@dataclass
class Outcome:
    """What happened. `error` "" = no fault; `seconds`: from the write until Docker was found to run, or not to."""

    applied: bool = False
    restarted: bool = False
    rolled_back: bool = False
    error: str = ""
    healthy: bool = True
    containers_kept: bool = True
    containers: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


class Transaction:
    """`keep`: containers must keep running. `start_timeout`: seconds for a start with either file."""

    def __init__(
        self, daemon: Daemon, file: ConfigFile, keep: bool, stable_seconds: float, start_timeout: float
    ) -> None:
        self.daemon, self.file, self.keep = daemon, file, keep
        self.stable_seconds, self.start_timeout = stable_seconds, start_timeout
        self.restarts = 0

    def run(self, former: Version, new: Version, containers: dict[str, Container]) -> Outcome:
        """Put `new` in force, or put `former` back. `containers`: the running ones. OSError: nothing was changed."""
        outcome, began, since = Outcome(), Clock.now(), Clock.wall()
        with _ignoring_sighup(), self._noted(former, new):
            try:
                self.go(new)
                self._stay(self.stable_seconds)
                outcome.applied = True
            except (StartError, OSError) as error:
                if isinstance(error, OSError) and self.file.read().data == former.data:
                    raise  # the first write failed: there is nothing to put back
                outcome.error = masked(self.daemon.last_error(since) or str(error))
                outcome.rolled_back = True
                self._back(former, outcome)
        outcome.restarted = self.restarts > 0
        outcome.seconds = round(Clock.now() - began, 1)
        self._count(containers, outcome)
        return outcome

    @contextlib.contextmanager
    def _noted(self, former: Version, new: Version) -> Iterator[None]:
        """Write the note, and remove it at the end. Only a process that is killed leaves it behind."""
        note = Unfinished(self.file)
        bridges = [_with_live_restore(version, value) for version in (former, new) for value in (True, False)]
        note.begin(former.data, [former.data, new.data, *bridges])
        try:
            yield
        finally:
            note.end()

    def go(self, to: Version) -> None:
        """Write, restart, wait until Docker answers."""
        deadline = Clock.now() + self.start_timeout
        bridge = self.keep and to.settings.get("live-restore") is not True
        self.file.write(_with_live_restore(to, True) if bridge else to.data, None if bridge else to.modified)
        stamp = self.file.read().modified
        if self.keep and self._live_restore() is False:
            self.daemon.reload()
            self._until(lambda: self._live_restore() is True or self.daemon.last_error(stamp) != "", Clock.now() + 10)
            if self._live_restore() is not True:  # dockerd keeps running with a file that it refuses
                raise StartError("the running daemon did not take live-restore from the file on reload")
        self._restart(deadline)
        if bridge:
            self.file.write(_with_live_restore(to, False), stamp)
            self.daemon.reload()
            self._until(lambda: self._live_restore() is False, Clock.now() + 10)
            self.file.write(to.data, to.modified or stamp)

    def _restart(self, deadline: float) -> None:
        self.restarts += 1
        ran = self.daemon.restart(max(1.0, deadline - Clock.now()))
        if not ran.ok:
            raise StartError(f"systemctl restart {self.daemon.service}: {ran.last_line}")
        while not (self.daemon.unit().running and self.daemon.answers()):
            unit = self.daemon.unit()
            if unit.failed or Clock.now() > deadline:
                raise StartError(f"{self.daemon.service} is {unit.active} ({unit.sub}) and does not answer")
            Clock.sleep(0.5)

    def _stay(self, seconds: float) -> None:
        """Watch that the same process stays up; a daemon that ends soon after its start is not a success."""
        first, end = self.daemon.unit(), Clock.now() + seconds
        while Clock.now() < end:
            Clock.sleep(min(1.0, seconds))
            unit = self.daemon.unit()
            if not unit.running or (unit.pid, unit.restarts) != (first.pid, first.restarts):
                raise StartError(
                    f"{self.daemon.service} did not stay up for {seconds:.0f} s ({unit.active}, {unit.sub})"
                )
        if not self.daemon.answers():
            raise StartError(f"{self.daemon.service} stopped answering within {seconds:.0f} s")

    def _back(self, former: Version, outcome: Outcome) -> None:
        try:
            if self.restarts:
                self.go(former)
                self._stay(min(3.0, self.stable_seconds))
            else:  # the reload was refused: the old process still runs with its old settings
                self.file.write(former.data, former.modified)
                self.daemon.reload()
        except (StartError, OSError) as error:
            outcome.healthy = False
            outcome.notes.append(str(error))
        finally:
            self.file.write(former.data, former.modified)

    def _live_restore(self) -> bool | None:
        with contextlib.suppress(DaemonError):
            return self.daemon.info().live_restore if self.daemon.unit().running else None
        return None

    def _until(self, true: Callable[[], bool], deadline: float) -> None:
        while not true() and Clock.now() < deadline:
            Clock.sleep(0.3)

    def _count(self, containers: dict[str, Container], outcome: Outcome) -> None:
        now: dict[str, Container] = {}
        if outcome.healthy:
            with contextlib.suppress(DaemonError):
                now = self.daemon.containers()
        lost = [container.name for key, container in containers.items() if now.get(key) != container]
        outcome.containers = len(containers) - len(lost)
        outcome.containers_kept = not lost
        if lost:
            outcome.notes.append(f"not running as before: {', '.join(sorted(lost))}")


def _with_live_restore(version: Version, value: bool) -> bytes:
    settings: dict[str, Any] = {**version.settings, "live-restore": value}
    text = (version.data or b"").decode("utf-8")
    return render(text, parse(version.data) if version.data else {}, settings).encode("utf-8")


@contextlib.contextmanager
def _ignoring_sighup() -> Iterator[None]:
    """A lost SSH connection sends SIGHUP; it must not end the transaction in the middle."""
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, former)
