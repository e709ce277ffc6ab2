# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Merge our settings into the owner's daemon.json, and take ours out again. What the owner wrote stays.

Maps are merged key by key. Lists are joined with our items at the end, so that the owner's first mirror or DNS server
stays the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, Tuple

from ...host.json_text import Settings, same

Path = Tuple[str, ...]
_NONE: Any = object()
# In the map of what to take back: the key goes, whatever its value in the file is.
ANY: Any = object()


@dataclass(frozen=True)
class Kept:
    """A single value of the owner that stayed. `key` is dotted: log-opts.max-size."""

    key: str
    theirs: Any
    ours: Any


@dataclass(frozen=True)
class Merge:
    """`added`: all that is ours in `after` (later `ours_before`). `replaced`: the owner's values by dotted key."""

    after: Settings
    added: Settings
    replaced: Settings
    kept: tuple[Kept, ...]


@dataclass
class _Notes:
    replace: bool
    kept: dict[Path, Kept] = field(default_factory=dict)
    replaced: Settings = field(default_factory=dict)

    def keep(self, path: Path, theirs: Any, ours: Any) -> None:
        self.kept[path] = Kept(".".join(path), theirs, ours)


def merge(before: Settings, ours: Settings, ours_before: Mapping[str, Any], replace: bool = False) -> Merge:
    """Take back `ours_before` where it still stands, then add `ours`; `replace`: ours wins over the owner's value.

    Log options are left out while the owner's own `log-driver` stays: each driver has its own options, and dockerd
    does not start with those of another.
    """
    notes = _Notes(replace)
    owners = _without(before, ours_before, (), notes)
    owners = {} if owners is _NONE else owners
    notes.kept = {path: kept for path, kept in notes.kept.items() if not _reaches(ours, path)}
    wishes = _fitting_log_options(owners, ours, notes)
    after = _in_order(before, _joined(owners, wishes, (), notes))
    return Merge(after, beyond(owners, after), notes.replaced, tuple(notes.kept.values()))


def beyond(base: Settings, after: Settings) -> Settings:
    """What `after` has beyond `base`: as `added`."""
    more = _more(base, after)
    return {} if more is _NONE else dict(more)


def flat(settings: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[str, Any]]:
    """All single values as (dotted key, value)."""
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from flat(value, (*path, key))
        else:
            yield ".".join((*path, key)), value


def _fitting_log_options(owners: Settings, ours: Settings, notes: _Notes) -> Settings:
    theirs, wish = owners.get("log-driver", _NONE), ours.get("log-driver", _NONE)
    if notes.replace or theirs is _NONE or wish is _NONE or same(theirs, wish) or "log-opts" not in ours:
        return ours
    notes.keep(("log-opts",), owners.get("log-opts"), ours["log-opts"])
    return {key: value for key, value in ours.items() if key != "log-opts"}


def _joined(theirs: Any, ours: Any, path: Path, notes: _Notes) -> Any:
    if theirs is _NONE or same(theirs, ours):
        return ours
    if isinstance(theirs, dict) and isinstance(ours, dict):
        new = {key: _joined(theirs.get(key, _NONE), value, (*path, key), notes) for key, value in ours.items()}
        return {**theirs, **new}
    if isinstance(theirs, list) and isinstance(ours, list):
        return theirs + [item for item in ours if not _among(item, theirs)]
    if notes.replace:
        notes.replaced[".".join(path)] = theirs
        return ours
    notes.keep(path, theirs, ours)
    return theirs


def _without(theirs: Any, gone: Any, path: Path, notes: _Notes) -> Any:
    """`theirs` without `gone`; _NONE if nothing is left of a map or list that held something of ours."""
    if gone is ANY:
        return _NONE
    if isinstance(theirs, dict) and isinstance(gone, dict) and gone:
        both = {key: _without(theirs[key], gone[key], (*path, key), notes) for key in gone if key in theirs}
        rest = {key: value for key, value in {**theirs, **both}.items() if value is not _NONE}
        return _NONE if both and not rest else rest
    if same(theirs, gone):
        return _NONE
    if isinstance(theirs, list) and isinstance(gone, list):
        left = [item for item in theirs if not _among(item, gone)]
        return _NONE if theirs and not left else left
    notes.keep(path, theirs, gone)
    return theirs


def _more(base: Any, after: Any) -> Any:
    """What `after` has beyond `base`, in the same shape."""
    if isinstance(base, dict) and isinstance(after, dict):
        new = {key: value if key not in base else _more(base[key], value) for key, value in after.items()}
        new = {key: value for key, value in new.items() if value is not _NONE}
        return new or _NONE
    if isinstance(base, list) and isinstance(after, list):
        return [item for item in after if not _among(item, base)] or _NONE
    return _NONE if same(base, after) else after


def _in_order(before: Any, after: Any) -> Any:
    """`after` with keys and items in the order that they had before."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [key for key in before if key in after] + [key for key in after if key not in before]
        return {key: _in_order(before.get(key), after[key]) for key in keys}
    if isinstance(before, list) and isinstance(after, list):
        return [item for item in before if _among(item, after)] + [i for i in after if not _among(i, before)]
    return after


def _among(item: Any, items: Any) -> bool:
    return any(same(item, other) for other in items)


def _reaches(settings: Any, path: Path) -> bool:
    for key in path:
        if not isinstance(settings, dict) or key not in settings:
            return False
        settings = settings[key]
    return True
