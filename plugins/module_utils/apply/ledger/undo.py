# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Do the steps of an undo plan that concern files, folders, links and models."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from .entries import Key, Ledger
from .model_store import ModelStore
from .paths import PATH_ACTIONS, known_copies, undo_directory, undo_path


class Undo:
    """One undoing. After `run`, `finished` are the entries to forget, and each step has `done` and maybe `left`."""

    def __init__(self, ledger: Ledger, store: ModelStore, check_mode: bool) -> None:
        self.ledger, self.store, self.check_mode = ledger, store, check_mode
        self.finished: list[Key] = []
        self.gone: set[str] = set()  # in check mode: what would be gone by now

    def run(self, steps: list[dict[str, Any]]) -> None:
        """Do what can be done here; raises LedgerError."""
        self._models([step["name"] for step in steps if step["action"] == "remove_model"])
        for step in steps:
            step["done"] = self._step(step)
            given_up = step["action"] == "keep" and "backup" not in step["before"]
            if step["done"] or given_up:
                self.finished.append((step["kind"], step["name"]))
                self.gone.add(step["name"])

    def _step(self, step: dict[str, Any]) -> bool:
        if step["action"] in ("nothing", "remove_model"):
            return self._copies(step)
        if step["action"] not in PATH_ACTIONS:
            return False
        if step["action"] == "remove_directory_if_empty":
            step["left"] = undo_directory(step, self.gone, self.check_mode)
            return not step["left"]
        if not self.check_mode:
            undo_path(step)
        return self._copies(step)

    def _models(self, names: list[str]) -> None:
        files = self.store.parts_of(names) if names else frozenset()
        self.gone |= {*files, *self.store.emptied_by(files)}
        if not self.check_mode:
            self.store.remove(files)

    def _copies(self, step: dict[str, Any]) -> bool:
        """Remove copies of what was there before, and of what we made, but not of what somebody else wrote."""
        entry = self.ledger.find((step["kind"], step["name"]))
        if entry is not None and step["kind"] == "file":
            sums = {*entry.earlier, *(str(state.get("sha256")) for state in (entry.before, entry.after or {}))}
            since = datetime.strptime(entry.announced_at, "%Y-%m-%dT%H:%M:%S%z").timestamp()
            for copy in known_copies(step["name"], sums, since):
                self.gone.add(copy)
                if not self.check_mode:
                    os.unlink(copy)
        return True
