# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Undo a change of daemon.json whose run was killed, before anything else is decided."""

from __future__ import annotations

from ...host.json_text import masked, parse
from .change import Clock, StartError, Transaction, Version
from .dockerd import Daemon
from .file import ConfigFile, Former
from .unfinished import Unfinished


def undo_killed(daemon: Daemon, file: ConfigFile, start_timeout: float, check: bool) -> str:
    """Put back the former file after a killed run and start Docker with it. Returns what was done, "" for nothing.

    StartError: the former file is back, and Docker does not run with it. OSError: it could not be put back.
    """
    note = Unfinished(file)
    if not note.left_behind():
        return ""
    ours, former = note.former()
    if not ours:  # edited since: the owner's version stays
        if not check:
            note.end()
        return ""
    if check:
        file.pretended = Former(former, Clock.wall())
        return f"An earlier run was killed: the former {file.path} would come back first."
    unit = daemon.unit()
    if unit.loaded and not unit.running:
        _start(daemon, file, Version(former, parse(former) if former else {}), start_timeout)
    else:  # with a new time stamp, so that a daemon that runs with the other file is restarted
        file.write(former)
    note.end()
    return f"An earlier run was killed: the former {file.path} was put back first."


def _start(daemon: Daemon, file: ConfigFile, former: Version, start_timeout: float) -> None:
    """Keep containers that still run, unless Docker does not start with live-restore (swarm mode)."""
    for keep in (True, False):
        since = Clock.wall()
        try:
            return Transaction(daemon, file, keep, 0, start_timeout).go(former)
        except StartError as error:
            why = masked(daemon.last_error(since) or str(error))
    file.write(former.data)
    raise StartError(why)
