# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The cache: what is slow to make. A name has the fingerprint of its recipe; it is complete or not there."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".lab"


def default_folder() -> Path:
    """Return the cache's folder: NOGPU_LAB_CACHE, else .lab/cache in the checkout."""
    return Path(os.environ.get("NOGPU_LAB_CACHE") or STATE / "cache").resolve()


@dataclass(frozen=True)
class Cache:
    """A folder of files and folders called `<name>-<fingerprint><suffix>`."""

    folder: Path

    def path(self, name: str, key: str, suffix: str = "") -> Path:
        return self.folder / f"{name}-{key}{suffix}"

    def ensure(self, name: str, key: str, make: Callable[[Path], None], suffix: str = "") -> Path:
        """Return the path of what is wanted; if it is missing, `make` writes it beside and the result is renamed.

        Older versions are removed afterwards.
        """
        path = self.path(name, key, suffix)
        if path.exists():
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f".{path.name}.draft"
        remove(draft)
        make(draft)
        draft.rename(path)
        for other in self.folder.glob(f"{name}-{'[0-9a-f]' * 12}{suffix}"):
            if other != path:
                remove(other)
        return path

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock for building and booting: of two labs started at once, the second waits."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def remove(path: Path) -> None:
    """Remove a file or a folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
