# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Decide the whole change of daemon.json before anything is written."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

from ...host.json_text import DaemonJsonError, Settings, masked, parse, render, same
from .change import Version
from .dockerd import Daemon, Unit
from .file import ConfigFile, Former
from .look import RefusalError, Running, interrupted_by, look, read, restart_reason
from .merge import ANY, Kept, Merge, merge
from .rules import Fault, faults
from .secret import hidden


@dataclass(frozen=True)
class Wish:
    """What is asked for. `ours_before`: what an earlier run added, or a list of keys.

    `unless_published`: settings that change what published ports do to running containers.
    `put_back`: the file as it should be again, byte for byte; the other wishes do not count then.
    """

    settings: Settings
    ours_before: Any
    on_conflict: str
    restart: bool
    interrupt: bool
    validate: bool
    put_back: Former | None = None
    unless_published: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """`reason` "" = no restart; `keep` = containers must keep running; `pending` = why it will not be in force."""

    former: Version
    new: Version
    merge: Merge
    running: Running
    reason: str
    keep: bool
    pending: str
    validated_by: str
    warnings: tuple[str, ...]

    @property
    def writes(self) -> bool:
        return self.former.data != self.new.data


def plan(daemon: Daemon, file: ConfigFile, wish: Wish) -> Plan:
    """Decide all; RefusalError if no change is safe. Reads only."""
    former, before = read(file)
    running = look(daemon, file.path, wish.restart)
    ours_before = _as_map(wish.ours_before)
    quiet = _quiet(wish.unless_published, before, ours_before, daemon, running)
    wishes, warnings = _without_swarm_clash({**quiet, **wish.settings}, before, running)
    merged = merge(before, wishes, ours_before, replace=wish.on_conflict == "replace")
    warnings += [_kept_sentence(kept, file.path) for kept in merged.kept]
    if merged.kept and wish.on_conflict == "fail":
        raise RefusalError(f"Could not set all of 'settings': {' '.join(warnings)}", kept=kept_facts(merged))
    new = _new_version(file, former, before, merged.after)
    if wish.put_back is not None:
        new = Version(wish.put_back.data, parse(wish.put_back.data) if wish.put_back.data else {})
    old = Version(former.data, before, former.modified)
    writes = old.data != new.data
    reason = restart_reason(running, writes, former)
    pending = _pending(daemon.service, running.unit, reason, wish.restart)
    reason = "" if pending else reason
    checks = wish.validate and (writes or reason)
    validated_by, hints = _validate(daemon, file, new, running.unit, wishes) if checks else ("none", [])
    warnings += hints
    threat = interrupted_by(running, before, new.settings) if reason else ""
    if threat and not wish.interrupt:
        if writes:
            raise RefusalError(_deferred(file, running, threat), restart_reason=reason)
        warnings.append(_deferred(file, running, threat))
        pending, reason = f"restart deferred: {threat}", ""
    keep = bool(running.containers) and not threat
    return Plan(old, new, merged, running, reason, keep, pending, validated_by, tuple(warnings))


def _pending(service: str, unit: Unit, reason: str, restart: bool) -> str:
    if not unit.loaded:
        return f"{service} is not a unit of systemd on this host"
    if not unit.running:
        return f"{service} does not run ({unit.active})"
    return "'apply' is none" if reason and not restart else ""


def _as_map(ours_before: Any) -> dict[str, Any]:
    return dict.fromkeys(ours_before, ANY) if isinstance(ours_before, list) else dict(ours_before or {})


def _quiet(
    wishes: Settings, before: Settings, ours_before: dict[str, Any], daemon: Daemon, running: Running
) -> Settings:
    """Those that disturb no running container: present ones stay, new ones are not added while a port is published."""
    stays = {key: before[key] for key in wishes if key in before and key in ours_before}
    fresh = {key: value for key, value in wishes.items() if key not in before}
    return {**stays, **({} if fresh and running.containers and daemon.publishes() else fresh)}


def _without_swarm_clash(wishes: Settings, before: Settings, running: Running) -> tuple[Settings, list[str]]:
    """Leave live-restore out in a swarm, where dockerd refuses it."""
    if not running.swarm or wishes.get("live-restore") is not True or before.get("live-restore") is True:
        return wishes, []
    left = {key: value for key, value in wishes.items() if key != "live-restore"}
    return left, [
        "Left out 'live-restore': Docker on this host is in swarm mode, and dockerd refuses the two together."
    ]


def _new_version(file: ConfigFile, former: Former, before: Settings, after: Settings) -> Version:
    if same(before, after):
        return Version(former.data, after, former.modified)
    if not after:  # all of it was ours: no file means the same as an empty one
        return Version(None, after)
    for data in file.backups():  # undone: the owner's file byte for byte, not only with the same meaning
        with contextlib.suppress(DaemonJsonError):
            if same(parse(data), after):
                return Version(data, after)
    text = (former.data or b"").decode("utf-8")
    return Version(render(text, before, after).encode("utf-8"), after)


def _validate(daemon: Daemon, file: ConfigFile, new: Version, unit: Unit, ours: Settings) -> tuple[str, list[str]]:
    """(who checked, warnings). Unknown keys are refused here only if dockerd cannot check them itself."""
    complaint = daemon.validate(new.data or b"{}", file.path)
    found = faults(new.settings, unit.flags, names_too=complaint is None)
    fatal = [fault for fault in found if not fault.starts or fault.key in ours]
    if fatal or complaint:
        seen = "; ".join(fault.seen for fault in fatal) or masked(complaint or "")
        owners = [fault.key for fault in fatal if fault.key not in ours]
        where = f"in the file already: {', '.join(owners)}" if owners else "in 'settings'"
        raise RefusalError(
            f"Docker would not work with the new {file.path}: {masked(seen)}. Nothing was changed."
            f" Correct it ({where}) and run again.",
            validated_by="rules" if fatal else "dockerd",
        )
    return ("rules" if complaint is None else "dockerd"), [_owners_fault(fault, file.path) for fault in found]


def _owners_fault(fault: Fault, path: str) -> str:
    return f"{path}, as it was before: {fault.seen}. It was left as it is."


def _kept_sentence(kept: Kept, path: str) -> str:
    theirs, ours = (masked(json.dumps(value, ensure_ascii=False)) for value in (kept.theirs, kept.ours))
    return (
        f"Kept '{kept.key}' of {path} as its owner set it: {theirs} (ours: {ours}; 'on_conflict: replace' sets ours)."
    )


def kept_facts(merged: Merge) -> list[dict[str, Any]]:
    """As the module returns it."""
    return [{"key": kept.key, "theirs": hidden(kept.theirs), "ours": hidden(kept.ours)} for kept in merged.kept]


def _deferred(file: ConfigFile, running: Running, threat: str) -> str:
    names = ", ".join(sorted(container.name for container in running.containers.values()))
    return (
        f"Restart deferred: {file.path} needs a restart of Docker, which would end these containers: {names}"
        f" ({threat}). Nothing was changed. Stop them at a time that suits, or set 'interrupt_containers' to true."
    )
