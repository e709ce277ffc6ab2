# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Do the steps of an undo plan that concern files, folders, links and models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .changes import AnyChanges
from .entries import Key, Ledger
from .paths import PATH_ACTIONS, known_copies


def undo(steps: list[dict[str, Any]], ledger: Ledger, changes: AnyChanges) -> list[Key]:
    """Do what can be done here and return the entries to forget; each step gets `done` and maybe `left`.

    Raises LedgerError.
    """
    models = [step["name"] for step in steps if step["action"] == "remove_model"]
    if models:
        changes.remove_models(models)
    finished = []
    for step in steps:
        step["done"] = _undo_step(step, ledger, changes)
        # What somebody changed since is not ours any more. Where we have a copy of what was there before, it is kept.
        given_up = step["action"] == "keep" and "backup" not in step["before"]
        if step["done"] or given_up:
            finished.append((step["kind"], step["name"]))
    return finished


def _undo_step(step: dict[str, Any], ledger: Ledger, changes: AnyChanges) -> bool:
    if step["action"] == "remove_directory_if_empty":
        step["left"] = changes.undo_directory(step)
        return not step["left"]
    if step["action"] in PATH_ACTIONS:
        changes.undo_path(step)
    elif step["action"] not in ("nothing", "remove_model"):
        return False
    _remove_copies(step, ledger, changes)
    return True


def _remove_copies(step: dict[str, Any], ledger: Ledger, changes: AnyChanges) -> None:
    """Remove copies of what was there before, and of what we made, but not of what somebody else wrote."""
    entry = ledger.find((step["kind"], step["name"]))
    if entry is None or step["kind"] != "file":
        return
    sums = {*entry.earlier, *(str(state.get("sha256")) for state in (entry.before, entry.after or {}))}
    since = datetime.strptime(entry.announced_at, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    for copy in known_copies(step["name"], sums, since):
        changes.remove_copy(copy)
