# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Decide how each entry of the ledger is undone, and what stays because somebody changed it since."""

from __future__ import annotations

from typing import Any, Collection, Mapping

from .entries import FOLDER_KINDS, PATH_KINDS, Entry, Key, Ledger
from .states import State, describe, essence


def undo_plan(
    ledger: Ledger, seen: Mapping[Key, State], owner: str | None = None, holds: Mapping[Key, str] | None = None
) -> list[dict[str, Any]]:
    """Return the steps that bring a host back, the last change first; `seen` is what each thing looks like now.

    Each step is {number, kind, name, action, reason, before}. The action `nothing` is for a thing that is as it was:
    its entry may be dropped. `keep` leaves a thing that somebody changed after us. `hold` leaves a thing that is ours
    but needed, for the reason in `holds`; its entry stays in the ledger, for a later removal.
    """
    steps = []
    for entry in sorted(ledger.entries, key=lambda each: each.number, reverse=True):
        if not owner or entry.owner == owner:
            action, reason = _undo(entry, seen[entry.key])
            if action.startswith("remove_") and entry.key in (holds or {}):
                action, reason = "hold", (holds or {})[entry.key]
            step = {"number": entry.number, "kind": entry.kind, "name": entry.name, "action": action, "reason": reason}
            steps.append({**step, "before": entry.before})
    return steps


def _undo(entry: Entry, now: State) -> tuple[str, str]:
    if entry.before.get("chosen") is False and now.get("chosen") and (entry.after or {}).get("chosen") is not False:
        return "mark_package_automatic", "it was installed with another package, and we asked for it since"
    if essence(entry.kind, now) == essence(entry.kind, entry.before):
        return "nothing", "it is as it was"
    return _undo_path(entry, now) if entry.kind in PATH_KINDS else _undo_other(entry, now)


def _undo_path(entry: Entry, now: State) -> tuple[str, str]:
    before, after = entry.before["state"], entry.after
    if entry.kind == "data" and before != "absent":
        return "nothing", "it was there before us"
    if now["state"] == "absent":
        ours = after is None or after["state"] == "absent" or before == "directory"
        return (f"restore_{before}", "it was there before us") if ours else ("keep", "removed since by somebody")
    if (now["state"] == "directory") != (entry.kind in FOLDER_KINDS):
        return "keep", f"replaced since by somebody: {describe(now)}, kept"
    if before == "absent" and entry.kind in ("directory", "data"):
        return ("remove_tree" if entry.kind == "data" else "remove_directory_if_empty"), "we made it"
    if after is not None and not _untouched(now, after):
        return "keep", f"changed since by somebody: {_difference(now)}, kept"
    if before == "absent":
        what = "tree" if entry.kind == "tree" else now["state"]
        return f"remove_{what}", "we made it" if after else "made by a run that did not finish"
    return f"restore_{before}", "it was there before us"


def _untouched(now: State, after: State) -> bool:
    """Whether a thing is still what we made. A file of which only the mode was changed still is."""
    folder = ("state", "mode", "uid", "gid", "listing_sha256")
    names = folder if now["state"] == "directory" else ("state", "sha256", "target")
    return all(now.get(name) == after.get(name) for name in names)


def _difference(now: State) -> str:
    return f"sha256 {now['sha256']}" if "sha256" in now else describe(now)


def _undo_other(entry: Entry, now: State) -> tuple[str, str]:
    existed, gone = entry.before["state"] != "absent", now["state"] == "absent"
    if not existed and entry.after is not None and now.get("project") != entry.after.get("project"):
        return "keep", f"replaced since by somebody: a {entry.kind} that is not ours, kept"
    if not existed and entry.kind == "service" and not (now.get("active") or now.get("enabled")):
        return "nothing", "it is stopped and disabled; its file has its own entry"
    if not existed:
        return ("stop_and_disable_service" if entry.kind == "service" else f"remove_{entry.kind}"), "we made it"
    if entry.kind == "package" and gone and entry.after is not None and entry.after["state"] == "absent":
        return "install_package", "it was there before us and we replaced it"
    if gone:
        return "keep", f"the {entry.kind} was there before us and was removed since by somebody"
    if entry.kind == "service":
        return "restore_service", "it was there before us"
    return "nothing", "it was there before us"


def todo_text(steps: list[dict[str, Any]]) -> list[str]:
    """Return one line for each thing that is to be done."""
    return [f"{step['action'].replace('_', ' ')}: {step['name']}" for step in steps if _is_work(step)]


def _is_work(step: Mapping[str, Any]) -> bool:
    return step["action"] not in ("nothing", "keep", "hold")


def kept_text(steps: list[dict[str, Any]], not_removed: Collection[Mapping[str, Any]] = ()) -> list[str]:
    """Return one sentence for each thing that stays: changed since by somebody, needed, or in use (`not_removed`)."""
    sentences = []
    held = tuple(f"{step['name']}/" for step in steps if step["action"] == "hold" and step["kind"] in PATH_KINDS)
    for step in steps:
        if step["kind"] in PATH_KINDS and step["name"].startswith(held):
            continue  # the sentence about the folder says enough
        if step["action"] in ("keep", "hold"):
            sentences.append(f"{step['kind']} {step['name']}: {step['reason']}.")
        elif step.get("left"):
            names = ", ".join(step["left"][:5]) + (", ..." if len(step["left"]) > 5 else "")
            sentences.append(f"directory {step['name']}: it is not empty, kept. In it: {names}.")
        elif step in not_removed:
            sentences.append(f"{step['kind']} {step['name']}: it is still there, as somebody uses it.")
    return sentences
