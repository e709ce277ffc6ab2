# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at the file, at Docker and at its containers before daemon.json is changed. Reads only."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from ...host.json_text import DaemonJsonError, Settings, masked, parse, same
from ...host.owners_file import FileError
from .dockerd import Container, Daemon, DaemonError, Info, Unit, started_at
from .file import ConfigFile, Former
from .rules import NOT_LIVE, config_file


class RefusalError(Exception):
    """The change must not be made; the text is the whole sentence, `facts` are the machine's part of it."""

    def __init__(self, sentence: str, **facts: Any) -> None:
        super().__init__(sentence)
        self.facts = facts


@dataclass(frozen=True)
class Running:
    """The daemon before the change; `info` None: not running, so there is nothing to restart."""

    unit: Unit
    info: Info | None = None
    containers: dict[str, Container] = field(default_factory=dict)

    @property
    def swarm(self) -> bool:
        return self.info is not None and self.info.swarm


def read(file: ConfigFile) -> tuple[Former, Settings]:
    """The file as it is and what it says; RefusalError with the place of the fault."""
    try:
        former = file.read()
        return former, {} if former.data is None else parse(former.data)
    except FileError as error:
        todo = "Nothing was changed. Repair it or remove it, then run again."
        raise RefusalError(f"Could not read {file.path}: {error}. {todo}") from error
    except DaemonJsonError as error:
        line = f" The line is `{error.shown}`. " if error.shown else " "
        raise RefusalError(
            f"Could not read {file.path}, line {error.line}, column {error.column}: {error.seen}."
            f"{line}Nothing was changed. {error.cure}",
            line=error.line,
            column=error.column,
            offending_line=error.shown,
        ) from error


def look(daemon: Daemon, path: str, needed: bool) -> Running:
    """Service, daemon and containers. `needed`: RefusalError if the daemon runs and does not answer."""
    unit = daemon.unit()
    other = config_file(unit.flags)
    if other and os.path.realpath(other) != os.path.realpath(path):
        seen = f"{daemon.service} starts dockerd with --config-file {other}"
        raise RefusalError(
            f"Could not configure Docker by {path}: {seen}. Nothing was changed. Set 'path' to that file."
        )
    if not unit.running:
        return Running(unit)
    try:
        return Running(unit, daemon.info(), daemon.containers())
    except DaemonError as error:
        if not needed:
            return Running(unit)
        raise RefusalError(
            f"Could not ask Docker what runs on this host: {masked(str(error))} ({daemon.service} is active)."
            f" Nothing was changed. See systemctl status {daemon.service}, or set 'apply' to none."
        ) from error


def restart_reason(running: Running, changed: bool, former: Former) -> str:
    """Why Docker must restart, "" if it need not."""
    if not running.unit.running:
        return ""
    if changed:
        return "the settings changed"
    if former.data is not None and former.modified > started_at(running.unit.pid):
        return "the file is newer than the running daemon"
    return ""


def interrupted_by(running: Running, before: Settings, after: Settings) -> str:
    """Why running containers would end with the restart, "" if they keep running."""
    if not running.containers:
        return ""
    if running.swarm:
        return "live-restore does not work in swarm mode"
    moved = sorted(key for key in NOT_LIVE if not same(before.get(key), after.get(key)))
    return f"live-restore does not work when {', '.join(moved)} changes" if moved else ""
