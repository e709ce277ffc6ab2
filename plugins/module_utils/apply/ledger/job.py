# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The work of module `ledger`: one call, from what it was asked to what it answers."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any, Callable, Collection, Dict, Mapping, Sequence

from .changes import AnyChanges
from .entries import (
    Entry,
    Key,
    Ledger,
    LedgerError,
    Thing,
    forget,
    parse_thing,
    record_after,
    record_before,
    unknown_things,
)
from .groups import group_steps
from .holds import Holds
from .packages import announced
from .probe import LedgerProbe
from .states import ABSENT, describe, essence
from .undo import undo
from .undo_plan import kept_text, todo_text, undo_plan

Answer = Dict[str, Any]


def refuse_masked(thing: Thing) -> None:
    """Raise LedgerError for the file of a unit that its owner has masked, so that it never starts."""
    if thing.kind == "file" and os.path.islink(thing.name) and os.readlink(thing.name) == os.devnull:
        unit = os.path.basename(thing.name)
        raise LedgerError(
            f"Could not set up {thing.name}: {unit} is masked, so that it never starts (a unit that may start was "
            f"needed). Nothing was changed. If it may start, run `sudo systemctl unmask {unit}`, then run again."
        )


class Job:
    """One call: what it was asked, and what it works with. Each phase returns the module's answer."""

    def __init__(self, params: Mapping[str, Any], ledger: Ledger, probe: LedgerProbe, changes: AnyChanges) -> None:
        self.owner, self.remove_models = params["owner"], params["remove_models"]
        self.things = [parse_thing(**entry) for entry in params["entries"]]
        self.ledger, self.probe, self.changes = ledger, probe, changes
        self.now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def before(self) -> Answer:
        """Record what things are before they are changed."""
        if not self.owner:
            raise LedgerError(
                "Could not record the entries in the ledger before their change: 'owner' is empty (the role's name was "
                "needed, to undo one role's changes). Set 'owner'."
            )
        known = self.ledger
        for thing in self.things:
            refuse_masked(thing)
        if any(thing.kind == "package" for thing in self.things):
            self.changes.finish_packages(announced(known))
        for thing in unknown_things(known, [*self.things, *self.companions()]):
            state = self.probe.look(thing.kind, thing.name)
            ledger = record_before(self.ledger, thing, self.owner, state, self.now)
            if "sha256" in state:
                state = {**state, **self.changes.back_up(ledger.last_number, thing.name)}
                ledger = record_before(self.ledger, thing, self.owner, state, self.now)
            self.ledger = ledger
        answer = self.answer(self.ledger.entries[len(known.entries) :], _added_text)
        return {**answer, "unfinished": [entry.title for entry in known.entries if self.unfinished(entry)]}

    def unfinished(self, entry: Entry) -> bool:
        """Whether this is one of the things, and a file or link that an interrupted run has changed."""
        if entry.kind not in ("file", "link") or entry.key not in {thing.key for thing in self.things}:
            return False
        state = self.probe.look(*entry.key)
        return essence(entry.kind, state) != essence(entry.kind, entry.after or entry.before)

    def companions(self) -> list[Thing]:
        """Return the packages that apt installs with the new ones: recorded now, they are known if the run dies."""
        names = [thing.name for thing in unknown_things(self.ledger, self.things) if thing.kind == "package"]
        found = self.probe.companions(names) if names else []
        return [Thing("package", name, f"comes with {', '.join(names)}") for name in found]

    def after(self) -> Answer:
        """Record what things are after they were changed."""
        known = self.ledger
        things = self.changes.recordable(known, (thing.key for thing in self.things))
        if any(kind == "package" for kind, _ in things):
            things |= {each.key for each in known.entries if each.kind == "package" and each.after is None}
        # Left by a run that was killed between a change and this call: the change is there and is not made again.
        left = {each.key for each in known.entries if each.after is None and each.owner == self.owner} - things
        for key in sorted(things | left):
            state = self.probe.look(*key)
            if key in things or state["state"] != "absent":
                self.ledger = record_after(self.ledger, key, state, self.now)
        return self.answer([each for each in self.ledger.entries if each not in known.entries], _completed_text)

    def undo_plan(self) -> Answer:
        """Say what brings the host back to what it was."""
        seen = {entry.key: self.probe.look(*entry.key) for entry in self.ledger.entries}
        holds = Holds(self.ledger, seen, self.probe.run, self.changes.models).find(self.remove_models)
        asked = {thing.key for thing in self.things}
        steps = undo_plan(self.ledger, seen, self.owner, holds)
        steps = [step for step in steps if not asked or (step["kind"], step["name"]) in asked]
        words = {"groups": group_steps(steps), "todo": todo_text(steps), "kept": kept_text(steps)}
        return {**self.answer([], _added_text), "steps": steps, **words}

    def undo(self) -> Answer:
        """Bring paths back and drop what is done. What is in use stays in the ledger, and so does what has a copy."""
        plan = self.undo_plan()
        finished = undo(plan["steps"], self.ledger, self.changes)
        kept = kept_text(plan["steps"], self.changes.not_removed(plan["steps"]))
        return {**plan, **self.drop(finished), "kept": kept}

    def forget(self) -> Answer:
        """Drop the entries of the things."""
        return self.drop([thing.key for thing in self.things])

    def drop(self, keys: Collection[Key]) -> Answer:
        """Drop entries with their copies."""
        dropped = [entry for entry in self.ledger.entries if entry.key in keys]
        self.ledger = forget(self.ledger, keys)
        answer = self.answer(dropped, lambda entries: "".join(f"{each.number}. {each.title}\n" for each in entries))
        answer["diff"] = {"before": answer["diff"]["after"], "after": ""}
        for entry in dropped:
            self.changes.drop_backup(entry.before.get("backup"))
        return answer

    def answer(self, entries: Sequence[Entry], text: Callable[[Sequence[Entry]], str]) -> Answer:
        """Write the ledger if `entries` changed, and say what was done."""
        if entries:
            self.changes.write(self.ledger)
        diff = {"before": "", "after": text(entries)}
        titles = [entry.title for entry in entries]
        return {"changed": bool(entries), "entries": titles, "count": len(self.ledger.entries), "diff": diff}


def _added_text(entries: Sequence[Entry]) -> str:
    """Return the lines of --diff for new entries."""
    return "".join(f"{entry.number}. {entry.title} (was {describe(entry.before)}): {entry.why}\n" for entry in entries)


def _completed_text(entries: Sequence[Entry]) -> str:
    """Return the lines of --diff for completed entries."""
    return "".join(f"{entry.number}. {entry.title} is now {describe(entry.after or ABSENT)}\n" for entry in entries)
