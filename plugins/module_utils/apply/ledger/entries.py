# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The ledger: a host's record of what we changed.

An entry is written before a change, with the state of the thing before it, and completed after the change, with the
state that we gave it. The state before is written once and never overwritten: removal goes back to it.

Three kinds are directories: a `directory` may contain things of others; a `tree` contains only what we put there, such
as an unpacked archive; `data` is what a program that we installed keeps for itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Iterable, Tuple

from .states import State, essence

SCHEMA = 1
FOLDER_KINDS = ("directory", "tree", "data")
PATH_KINDS = ("file", *FOLDER_KINDS, "link", "apt_repository")
# At least below /opt or /var/lib: what is removed with all its content must never be a folder of the system.
SHORTEST_WHOLE_PATH = 3
OTHER_KINDS = (
    *("user", "group", "membership", "package", "cask", "service", "launch_agent"),
    *("container", "volume", "network", "image", "model"),
)
KINDS = PATH_KINDS + OTHER_KINDS

Key = Tuple[str, str]


class LedgerError(ValueError):
    """A ledger or an entry that cannot be used; the text is a sentence for the user."""


@dataclass(frozen=True)
class Entry:
    """One changed thing. `number` gives the order of the changes; times are UTC, ISO 8601.

    `announced_at`: when `before` was recorded. `settled_at`: when `after` was recorded, None after an interrupted run.
    `earlier`: the sha256 of each content that we gave a file before `after`; copies with it are ours to remove.
    """

    number: int
    kind: str
    name: str
    owner: str
    why: str
    announced_at: str
    before: State
    after: State | None = None
    settled_at: str | None = None
    earlier: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return self.kind, self.name

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Ledger:
    """All entries in the order of their numbers, and the last number that was ever used."""

    last_number: int = 0
    entries: tuple[Entry, ...] = ()

    def find(self, key: Key) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == key), None)


@dataclass(frozen=True)
class Thing:
    """What a role is about to change, or has changed."""

    kind: str
    name: str
    why: str

    @property
    def key(self) -> Key:
        return self.kind, self.name


def parse_thing(kind: str, name: str, why: str) -> Thing:
    """Check what a role names; raises LedgerError for a kind or name that could not be undone safely."""
    where = f'Could not record {kind} "{name}" in the ledger'
    if kind not in KINDS:
        raise LedgerError(f"{where}: unknown kind (one of {', '.join(KINDS)} was needed). Correct the entry's 'kind'.")
    if any(ord(letter) < 32 for letter in name) or not name:
        raise LedgerError(f"{where}: it is empty or has control characters (a plain name was needed). Correct 'name'.")
    if kind not in PATH_KINDS:
        if name.startswith("-") or " " in name:
            raise LedgerError(f"{where}: it starts with a dash or has a space (a name was needed). Correct 'name'.")
        return Thing(kind, name, why)
    parts = name.split("/")
    deep = len([part for part in parts if part])
    if not name.startswith("/") or ".." in parts or "." in parts or deep < 2:
        raise LedgerError(
            f"{where}: it is not a full path with two parts or more (such as /etc/nogpu was needed). Correct 'name'."
        )
    if kind in ("tree", "data") and deep < SHORTEST_WHOLE_PATH:
        raise LedgerError(
            f"{where}: its path is too short for a folder that is removed with all its content "
            f"({SHORTEST_WHOLE_PATH} parts were needed, such as /opt/nogpu/ollama). Correct 'name'."
        )
    return Thing(kind, "/" + "/".join(part for part in parts if part), why)


def parse_ledger(text: str, where: str) -> Ledger:
    """Read a ledger's file; raises LedgerError unless it is complete and of a schema that this version knows."""
    cure = (
        "It is the only record of what was changed on this host. Bring it back from a backup. If there is none, move "
        "it away; removal then leaves what was changed until now."
    )
    try:
        data = json.loads(text)
        schema = data["schema"]
        if isinstance(schema, int) and schema > SCHEMA:
            raise LedgerError(
                f"Could not use the ledger {where}: it has schema {schema} (at most {SCHEMA} was needed). "
                f"A newer nogpu wrote it: run that version, or a later one."
            )
        entries = tuple(Entry(**{**item, "earlier": tuple(item.get("earlier", ()))}) for item in data["entries"])
        if schema != SCHEMA or any(not _is_complete(entry) for entry in entries):
            raise TypeError("an entry lacks its number, kind or state before the change")
        return Ledger(int(data["last_number"]), tuple(sorted(entries, key=lambda entry: entry.number)))
    except LedgerError:
        raise
    except json.JSONDecodeError as error:
        seen = f"line {error.lineno} column {error.colno}: {error.msg}" if text.strip() else "it is empty"
    except (KeyError, TypeError, ValueError) as error:
        seen = f"{type(error).__name__}: {error}"
    raise LedgerError(f"Could not read the ledger {where}: {seen} (the complete JSON of nogpu was needed). {cure}")


def _is_complete(entry: Entry) -> bool:
    return isinstance(entry.number, int) and entry.kind in KINDS and "state" in entry.before


def ledger_text(ledger: Ledger) -> str:
    """Return the text of the ledger's file; the same ledger always gives the same bytes."""
    entries = [asdict(entry) for entry in ledger.entries]
    record = {"schema": SCHEMA, "last_number": ledger.last_number, "entries": entries}
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


def unknown_things(ledger: Ledger, things: Iterable[Thing]) -> tuple[Thing, ...]:
    """Return the things that are not in the ledger yet, each once."""
    return tuple({thing.key: thing for thing in things if ledger.find(thing.key) is None}.values())


def record_before(ledger: Ledger, thing: Thing, owner: str, before: State, now: str) -> Ledger:
    """Add an entry before a change. Returns the same ledger if it has the thing already, whatever it looks like now.

    Raises LedgerError where a directory is in the place of a file, or the other way round.
    """
    if ledger.find(thing.key) is not None:
        return ledger
    if thing.kind in PATH_KINDS and (thing.kind in FOLDER_KINDS) != (before["state"] == "directory"):
        needed = "a directory" if thing.kind in FOLDER_KINDS else "a file, a link or nothing"
        # A link in place of a directory is allowed: it may point to a folder on another disk.
        if before["state"] not in ("absent", "link"):
            raise LedgerError(
                f"Could not record {thing.kind} {thing.name} in the ledger before its change: a {before['state']} is "
                f"there ({needed} was needed). Move it away, or choose another path."
            )
    number = ledger.last_number + 1
    entry = Entry(number, thing.kind, thing.name, owner, thing.why, now, before)
    return Ledger(number, (*ledger.entries, entry))


def record_after(ledger: Ledger, key: Key, after: State, now: str) -> Ledger:
    """Complete an entry after a change. Returns the same ledger if it has this state already.

    Raises LedgerError for a thing without an entry: its state before the change is not known.
    """
    known = ledger.find(key)
    if known is None:
        raise LedgerError(
            f"Could not record {key[0]} {key[1]} in the ledger after its change: it was not recorded before the change "
            f"(an entry was needed). Call the module with 'phase: before' first."
        )
    if known.after is not None and essence(known.kind, known.after) == essence(known.kind, after):
        return ledger
    made = str((known.after or {}).get("sha256") or "")
    earlier = known.earlier if made in ("", after.get("sha256"), *known.earlier) else (*known.earlier, made)
    settled = replace(known, after=after, settled_at=now, earlier=earlier)
    return replace(ledger, entries=tuple(settled if entry.key == key else entry for entry in ledger.entries))


def forget(ledger: Ledger, keys: Iterable[Key]) -> Ledger:
    """Drop entries; their numbers are never used again."""
    dropped = frozenset(keys)
    return replace(ledger, entries=tuple(entry for entry in ledger.entries if entry.key not in dropped))
