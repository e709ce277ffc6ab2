# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Make the changes of a call: to the ledger, its copies, and things on the host. In check mode, only rehearse them.

`Changes` and `Rehearsal` have the same methods: whoever calls them does not ask which of the two it has.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Collection, Iterable, Mapping, Union

from .entries import Key, Ledger
from .model_store import ModelStore
from .paths import undo_path
from .probe import LedgerProbe
from .states import State
from .store import LedgerStore

Step = Mapping[str, Any]


class Changes:
    """Makes each change. Raises LedgerError."""

    def __init__(self, store: LedgerStore, probe: LedgerProbe, models: ModelStore) -> None:
        self.store, self.probe, self.models = store, probe, models

    def locked(self) -> AbstractContextManager[None]:
        """Hold the lock of the ledger."""
        return self.store.locked()

    def write(self, ledger: Ledger) -> None:
        """Replace the ledger."""
        self.store.write(ledger)

    def back_up(self, number: int, path: str) -> State:
        """Keep a copy of a file; return its path and sha256, as they stand in a state."""
        return self.store.back_up(number, path)

    def drop_backup(self, copy: str | None) -> None:
        """Remove a copy that is not needed any more."""
        self.store.drop_backup(copy)

    def finish_packages(self, ours: Collection[str]) -> None:
        """Finish the installations of an interrupted run of nogpu."""
        self.probe.finish_packages(ours)

    def recordable(self, _ledger: Ledger, keys: Iterable[Key]) -> set[Key]:
        """Return the things that can be recorded after their change: all, because each was recorded before it."""
        return set(keys)

    def undo_path(self, step: Step) -> None:
        """Do a step that concerns a file, link or folder."""
        undo_path(step)

    def undo_directory(self, step: Step) -> list[str]:
        """Remove a folder if it is empty; return what is in it."""
        left = sorted(os.listdir(step["name"]))
        if not left:
            undo_path(step)
        return left

    def remove_copy(self, path: str) -> None:
        """Remove a copy beside a file."""
        os.unlink(path)

    def remove_models(self, names: Collection[str]) -> None:
        """Remove models from Ollama's store."""
        self.models.remove(self.models.parts_of(names))

    def not_removed(self, steps: Iterable[Step]) -> list[Step]:
        """Return the things that were to be removed and are still there."""
        return [step for step in steps if step["action"].startswith("remove_") and not step["done"]]


class Rehearsal:
    """Makes no change, and remembers in `gone` what would be removed."""

    def __init__(self, models: ModelStore) -> None:
        self.models = models
        self.gone: set[str] = set()

    def locked(self) -> AbstractContextManager[None]:
        """Hold no lock: its file and folder would be a change."""
        return nullcontext()

    def write(self, ledger: Ledger) -> None:
        pass

    def back_up(self, _number: int, _path: str) -> State:
        return {}

    def drop_backup(self, copy: str | None) -> None:
        pass

    def finish_packages(self, ours: Collection[str]) -> None:
        pass

    def recordable(self, ledger: Ledger, keys: Iterable[Key]) -> set[Key]:
        """Return the things that an earlier run recorded: what this run would have recorded was not written."""
        return {key for key in keys if ledger.find(key) is not None}

    def undo_path(self, step: Step) -> None:
        if step["action"].startswith("remove_"):
            self.gone.add(step["name"])

    def undo_directory(self, step: Step) -> list[str]:
        path = step["name"]
        left = [name for name in sorted(os.listdir(path)) if os.path.join(path, name) not in self.gone]
        if not left:
            self.gone.add(path)
        return left

    def remove_copy(self, path: str) -> None:
        self.gone.add(path)

    def remove_models(self, names: Collection[str]) -> None:
        files = self.models.parts_of(names)
        self.gone |= {*files, *self.models.emptied_by(files)}

    def not_removed(self, _steps: Iterable[Step]) -> list[Step]:
        """Return nothing, because steps for other modules were not tried."""
        return []


AnyChanges = Union[Changes, Rehearsal]
