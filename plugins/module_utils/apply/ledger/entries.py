# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A host's record of what we changed. Pure: no I/O.

An entry is announced before a change, with what was there, and settled after it, with what we made of it. What was
there is written once and never again: it is what removal goes back to. States of a thing are plain dicts with at least
`state`: absent, present (anything but paths), or file, link, directory.

Three kinds are directories: a `directory` may hold things of others; a `tree` holds what we put there, such as an
unpacked archive; `data` is what a program that we brought keeps for itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Dict, Iterable, Mapping, Sequence, Tuple

SCHEMA = 1
FOLDER_KINDS = ("directory", "tree", "data")
PATH_KINDS = ("file", *FOLDER_KINDS, "link", "apt_repository")
# Below /opt or /var/lib at least: what goes as a whole must never be a folder of the system.
SHORTEST_WHOLE_PATH = 3
OTHER_KINDS = (
    *("user", "group", "membership", "package", "cask", "service", "launch_agent"),
    *("container", "volume", "network", "image", "model"),
)
KINDS = PATH_KINDS + OTHER_KINDS

State = Dict[str, Any]
Key = Tuple[str, str]
ABSENT: State = {"state": "absent"}


class LedgerError(ValueError):
    """A ledger or an entry that cannot be used; the text is a sentence for the user."""


@dataclass(frozen=True)
class Entry:
    """One changed thing. `number` gives the order of the changes; times are UTC, ISO 8601.

    `earlier`: sha256 of what we made of a file before `after`: copies of it beside the file are ours to remove.
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
    """All entries in the order of their numbers, and the number of the last one ever made."""

    last_number: int = 0
    entries: tuple[Entry, ...] = ()

    def find(self, key: Key) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == key), None)


@dataclass(frozen=True)
class Wish:
    """What a role says it is about to change, or has changed."""

    kind: str
    name: str
    why: str

    @property
    def key(self) -> Key:
        return self.kind, self.name


def parse_wish(kind: str, name: str, why: str) -> Wish:
    """Check one entry of a role; raises LedgerError for a kind or name that could not be undone safely."""
    where = f'Could not take {kind} "{name}" into the ledger'
    if kind not in KINDS:
        raise LedgerError(f"{where}: unknown kind (one of {', '.join(KINDS)} was needed). Correct the entry's 'kind'.")
    if any(ord(letter) < 32 for letter in name) or not name:
        raise LedgerError(f"{where}: empty or with control characters (a plain name was needed). Correct 'name'.")
    if kind not in PATH_KINDS:
        if name.startswith("-") or " " in name:
            raise LedgerError(
                f"{where}: starts with a dash or holds a space (a plain name was needed). Correct 'name'."
            )
        return Wish(kind, name, why)
    parts = name.split("/")
    deep = len([part for part in parts if part])
    if not name.startswith("/") or ".." in parts or "." in parts or deep < 2:
        raise LedgerError(
            f"{where}: not a full path below a folder of the root (such as /etc/nogpu was needed). Correct 'name'."
        )
    if kind in ("tree", "data") and deep < SHORTEST_WHOLE_PATH:
        raise LedgerError(
            f"{where}: too near to the root for a folder that goes as a whole ({SHORTEST_WHOLE_PATH} parts were "
            f"needed, such as /opt/nogpu/ollama). Correct 'name'."
        )
    return Wish(kind, "/" + "/".join(part for part in parts if part), why)


def parse_ledger(text: str, where: str) -> Ledger:
    """Read a ledger's file; raises LedgerError unless it is whole and of a schema that this version knows."""
    cure = (
        "It is the only record of what was changed on this host. Bring it back from a backup; if there is none, move "
        "it away, and know that removal then leaves what was changed before."
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
        if schema != SCHEMA or any(not _is_whole(entry) for entry in entries):
            raise TypeError("an entry lacks its number, kind or former state")
        return Ledger(int(data["last_number"]), tuple(sorted(entries, key=lambda entry: entry.number)))
    except LedgerError:
        raise
    except json.JSONDecodeError as error:
        seen = f"line {error.lineno} column {error.colno}: {error.msg}" if text.strip() else "it is empty"
    except (KeyError, TypeError, ValueError) as error:
        seen = f"{type(error).__name__}: {error}"
    raise LedgerError(f"Could not read the ledger {where}: {seen} (the whole JSON that nogpu wrote was needed). {cure}")


def _is_whole(entry: Entry) -> bool:
    return isinstance(entry.number, int) and entry.kind in KINDS and "state" in entry.before


def ledger_text(ledger: Ledger) -> str:
    """The file's content; the same ledger always gives the same bytes."""
    entries = [asdict(entry) for entry in ledger.entries]
    record = {"schema": SCHEMA, "last_number": ledger.last_number, "entries": entries}
    return json.dumps(record, indent=2, sort_keys=True) + "\n"


def unknown_wishes(ledger: Ledger, wishes: Iterable[Wish]) -> tuple[Wish, ...]:
    """Wishes that are not in the ledger yet, each once."""
    return tuple({wish.key: wish for wish in wishes if ledger.find(wish.key) is None}.values())


def announce(ledger: Ledger, wish: Wish, owner: str, before: State, now: str) -> Ledger:
    """Add an entry; the same ledger when the thing is in it already, whatever it looks like now.

    Raises LedgerError where another sort of thing stands in the way.
    """
    if ledger.find(wish.key) is not None:
        return ledger
    if wish.kind in PATH_KINDS and (wish.kind in FOLDER_KINDS) != (before["state"] == "directory"):
        needed = "a directory" if wish.kind in FOLDER_KINDS else "a file, a link or nothing"
        # A link in place of a directory is somebody's way to another disk.
        if before["state"] not in ("absent", "link"):
            raise LedgerError(
                f"Could not announce {wish.kind} {wish.name} in the ledger: a {before['state']} is there ({needed} was "
                f"needed). Move it away, or choose another path."
            )
    number = ledger.last_number + 1
    entry = Entry(number, wish.kind, wish.name, owner, wish.why, now, before)
    return Ledger(number, (*ledger.entries, entry))


def settle(ledger: Ledger, key: Key, after: State, now: str) -> Ledger:
    """Record what we made of a thing; the same ledger when that is known, so that a second run changes nothing.

    Raises LedgerError for a thing that was never announced: what it was before is lost.
    """
    known = ledger.find(key)
    if known is None:
        raise LedgerError(
            f"Could not settle {key[0]} {key[1]} in the ledger: it was not announced (an entry from before the change "
            f"was needed). Call the module with 'phase: before' first."
        )
    if known.after is not None and essence(known.kind, known.after) == essence(known.kind, after):
        return ledger
    made = str((known.after or {}).get("sha256") or "")
    earlier = known.earlier if made in ("", after.get("sha256"), *known.earlier) else (*known.earlier, made)
    settled = replace(known, after=after, settled_at=now, earlier=earlier)
    return replace(ledger, entries=tuple(settled if entry.key == key else entry for entry in ledger.entries))


def forget(ledger: Ledger, keys: Iterable[Key]) -> Ledger:
    """Drop entries; numbers are never used again."""
    dropped = frozenset(keys)
    return replace(ledger, entries=tuple(entry for entry in ledger.entries if entry.key not in dropped))


def essence(kind: str, state: State) -> State:
    """What counts when two states are compared: an update of a package by its owner is no change of ours."""
    wanted: Mapping[str, Sequence[str]] = {
        "file": ("sha256", "mode", "uid", "gid"),
        "link": ("target", "sha256"),
        "directory": ("mode", "uid", "gid", "listing_sha256"),
        "present": ("enabled", "active") if kind == "service" else (),
    }
    names = ("state", *wanted.get(state["state"], ()))
    return {name: state[name] for name in names if name in state}


def added_text(entries: Iterable[Entry]) -> str:
    """Lines for --diff."""
    return "".join(f"{entry.number}. {entry.title} (was {describe(entry.before)}): {entry.why}\n" for entry in entries)


def settled_text(entries: Iterable[Entry]) -> str:
    """Lines for --diff."""
    return "".join(f"{entry.number}. {entry.title} is now {describe(entry.after or ABSENT)}\n" for entry in entries)


def describe(state: State) -> str:
    """A state as a person reads it."""
    if "target" in state:
        return f"a link to {state['target']}"
    if "sha256" in state:
        return f"a file with sha256 {state['sha256'][:12]}"
    return str(state["state"])
