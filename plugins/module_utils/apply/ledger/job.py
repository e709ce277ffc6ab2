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
    Wish,
    added_text,
    announce,
    essence,
    forget,
    parse_wish,
    settle,
    settled_text,
    unknown_wishes,
)
from .groups import group_steps
from .holds import Holds
from .packages import announced
from .probe import LedgerProbe
from .undo import undo
from .undo_plan import kept_text, todo_text, undo_plan

Answer = Dict[str, Any]


def refuse_masked(wish: Wish) -> None:
    """A unit that leads to nothing is its owner's "never start this": that is not ours to overrule."""
    if wish.kind == "file" and os.path.islink(wish.name) and os.readlink(wish.name) == os.devnull:
        unit = os.path.basename(wish.name)
        raise LedgerError(
            f"Could not set up {wish.name}: {unit} is masked, its owner does not want it to start (a unit that may "
            f"start was needed). Nothing was changed. To have it, run `sudo systemctl unmask {unit}`, then run again."
        )


class Job:
    """One call: what it was asked, and what it works with. Each phase returns the module's answer."""

    def __init__(self, params: Mapping[str, Any], ledger: Ledger, probe: LedgerProbe, changes: AnyChanges) -> None:
        self.owner, self.remove_models = params["owner"], params["remove_models"]
        self.wishes = [parse_wish(**entry) for entry in params["entries"]]
        self.ledger, self.probe, self.changes = ledger, probe, changes
        self.now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def before(self) -> Answer:
        """Record what the new things are."""
        if not self.owner:
            raise LedgerError(
                "Could not announce the entries in the ledger: 'owner' is empty (the role's name was needed, to undo "
                "one role's changes). Set 'owner'."
            )
        known = self.ledger
        for wish in self.wishes:
            refuse_masked(wish)
        if any(wish.kind == "package" for wish in self.wishes):
            self.changes.finish_packages(announced(known))
        for wish in unknown_wishes(known, [*self.wishes, *self.companions()]):
            state = self.probe.look(wish.kind, wish.name)
            ledger = announce(self.ledger, wish, self.owner, state, self.now)
            if "sha256" in state:
                state = {**state, **self.changes.back_up(ledger.last_number, wish.name)}
                ledger = announce(self.ledger, wish, self.owner, state, self.now)
            self.ledger = ledger
        answer = self.answer(self.ledger.entries[len(known.entries) :], added_text)
        return {**answer, "unfinished": [entry.title for entry in known.entries if self.unfinished(entry)]}

    def unfinished(self, entry: Entry) -> bool:
        """Whether one of the wishes is a file or link that a run wrote and did not live to settle."""
        if entry.kind not in ("file", "link") or entry.key not in {wish.key for wish in self.wishes}:
            return False
        state = self.probe.look(*entry.key)
        settled = entry.after or entry.before
        return essence(entry.kind, state) != essence(entry.kind, settled)

    def companions(self) -> list[Wish]:
        """Packages that come along with the new ones: known before the change, they are known after a killed run."""
        names = [wish.name for wish in unknown_wishes(self.ledger, self.wishes) if wish.kind == "package"]
        found = self.probe.companions(names) if names else []
        return [Wish("package", name, f"comes with {', '.join(names)}") for name in found]

    def after(self) -> Answer:
        """Record what was made of the things."""
        known = self.ledger
        wishes = self.changes.settleable(known, (wish.key for wish in self.wishes))
        if any(kind == "package" for kind, _ in wishes):
            wishes |= {each.key for each in known.entries if each.kind == "package" and each.after is None}
        # Of a run that was killed between a change and this call. The change itself is not done again.
        left = {each.key for each in known.entries if each.after is None and each.owner == self.owner} - wishes
        for key in sorted(wishes | left):
            state = self.probe.look(*key)
            if key in wishes or state["state"] != "absent":
                self.ledger = settle(self.ledger, key, state, self.now)
        return self.answer([each for each in self.ledger.entries if each not in known.entries], settled_text)

    def undo_plan(self) -> Answer:
        """Say what would bring the host back."""
        seen = {entry.key: self.probe.look(*entry.key) for entry in self.ledger.entries}
        holds = Holds(self.ledger, seen, self.probe.run, self.changes.models).find(self.remove_models)
        asked = {wish.key for wish in self.wishes}
        steps = undo_plan(self.ledger, seen, self.owner, holds)
        steps = [step for step in steps if not asked or (step["kind"], step["name"]) in asked]
        words = {"groups": group_steps(steps), "todo": todo_text(steps), "kept": kept_text(steps)}
        return {**self.answer([], added_text), "steps": steps, **words}

    def undo(self) -> Answer:
        """Bring paths back and forget what is done. The ledger keeps what has a copy, and what is in use."""
        plan = self.undo_plan()
        finished = undo(plan["steps"], self.ledger, self.changes)
        kept = kept_text(plan["steps"], self.changes.not_removed(plan["steps"]))
        return {**plan, **self.drop(finished), "kept": kept}

    def forget(self) -> Answer:
        """Drop the given entries."""
        return self.drop([wish.key for wish in self.wishes])

    def drop(self, keys: Collection[Key]) -> Answer:
        dropped = [entry for entry in self.ledger.entries if entry.key in keys]
        self.ledger = forget(self.ledger, keys)
        answer = self.answer(dropped, lambda entries: "".join(f"{each.number}. {each.title}\n" for each in entries))
        answer["diff"] = {"before": answer["diff"]["after"], "after": ""}
        for entry in dropped:
            self.changes.drop_backup(entry.before.get("backup"))
        return answer

    def answer(self, entries: Sequence[Entry], text: Callable[[Sequence[Entry]], str]) -> Answer:
        """Write the ledger if this call changes it, and say what it did."""
        if entries:
            self.changes.write(self.ledger)
        diff = {"before": "", "after": text(entries)}
        titles = [entry.title for entry in entries]
        return {"changed": bool(entries), "entries": titles, "count": len(self.ledger.entries), "diff": diff}
