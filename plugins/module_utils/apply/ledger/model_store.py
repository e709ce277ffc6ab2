# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Remove models from Ollama's store without a server: removal has stopped it before."""

from __future__ import annotations

import contextlib
import os
from typing import Collection, Iterable

from ...host.reader import HostReader
from ...ollama.manifest import ERRORS, parse_one
from ...ollama.model_name import ModelRef
from ...ollama.store import read_store
from ...ollama.tags import CURRENT, FORMER, Store, Tag
from .entries import LedgerError

_LARGEST_OLD_MANIFEST_BYTES = 1 << 20


class ModelStore:
    """The folder of OLLAMA_MODELS: tags in `manifests` or `manifests-v2` need files of `blobs`."""

    def __init__(self, path: str) -> None:
        self.path = path

    def files(self) -> frozenset[str]:
        """Return all that is not a folder, as full paths. A link to a folder is not one."""
        return frozenset(
            path
            for folder, folders, names in os.walk(self.path)
            for path in (os.path.join(folder, name) for name in (*names, *folders))
            if os.path.islink(path) or not os.path.isdir(path)
        )

    def folders(self) -> tuple[str, ...]:
        """Return the store and the folders that Ollama makes in it."""
        return self.path, *(os.path.join(self.path, name) for name in ("blobs", FORMER, CURRENT))

    def owner(self) -> int | None:
        """Return the number of the user that owns the store, None if there is no store."""
        with contextlib.suppress(OSError):
            return os.stat(self.path).st_uid
        return None

    def parts_of(self, models: Iterable[str]) -> frozenset[str]:
        """Return the files to remove with these models: their tags in both layouts, and blobs that no other tag needs.

        Unfinished blobs belong to no model yet; they are removed when no model stays. Raises LedgerError for a tag
        that cannot be read, because the blobs that it needs are not known.
        """
        store = read_store(HostReader(), self.path)
        if store.problems:
            problem = store.problems[0]
            raise LedgerError(
                f"Could not read the manifest {problem.path}: {problem.seen} (the names of its blobs were needed). "
                f"No model was removed. Pull or remove that model first, or keep the models."
            )
        ours = _ours(store, models)
        others = [tag for tag in store.tags if tag not in ours]
        needed = _blobs(others)
        blobs = _blobs(ours) - needed
        gone = {path for tag in ours for path in tag.paths} | {self._blob(name) for name in blobs}
        if ours:
            gone |= {self._blob(name) for name in self._old_manifests(blobs) - needed}
        if ours and not others:
            gone |= {name for name in self.files() if "-partial" in os.path.basename(name)}
        return frozenset(gone & self.files())

    def emptied_by(self, files: Collection[str]) -> list[str]:
        """Return the folders of model names that are empty without these files, the innermost first.

        `manifests-v2` goes, too: a server makes it when it starts, and no entry of the ledger names it.
        """
        found = []
        left, going = self.files() - set(files), tuple(files)
        for layout in (FORMER, CURRENT):
            for folder, _, _ in os.walk(os.path.join(self.path, layout), topdown=False):
                start = os.path.join(folder, "")
                emptied = layout == CURRENT or any(name.startswith(start) for name in going)
                if (
                    emptied
                    and folder != os.path.join(self.path, FORMER)
                    and not any(name.startswith(start) for name in left)
                ):
                    found.append(folder)
        return found

    def remove(self, files: Collection[str]) -> None:
        """Remove files of the store, and folders of model names that are then empty."""
        folders = self.emptied_by(files)
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
        for folder in folders:
            os.rmdir(folder)

    def _blob(self, name: str) -> str:
        return os.path.join(self.path, "blobs", name)

    def _old_manifests(self, blobs: frozenset[str]) -> frozenset[str]:
        """Return manifests that no tag names any more, and that need only these blobs: an earlier pull left them."""
        host, found = HostReader(), set()
        for name, kind in (host.kinds(os.path.join(self.path, "blobs")) or {}).items():
            if kind != "file" or os.path.getsize(self._blob(name)) > _LARGEST_OLD_MANIFEST_BYTES:
                continue
            with contextlib.suppress(*ERRORS):
                manifest = parse_one(host.content(self._blob(name)) or b"")
                if manifest.layers and manifest.blobs <= blobs:
                    found.add(name)
        return frozenset(found)


def _ours(store: Store, models: Iterable[str]) -> list[Tag]:
    """Return the tags of the models, and the tags that Ollama made for what it converted of these alone."""
    ours = [tag for tag in map(store.find, map(ModelRef.parse, models)) if tag]
    theirs = frozenset().union(*(tag.children for tag in store.tags if tag not in ours))
    converted = frozenset().union(*(tag.children for tag in ours)) - theirs
    return [*ours, *(tag for tag in store.tags if tag.is_shadow and tag.ref and f"sha256-{tag.ref.tag}" in converted)]


def _blobs(tags: Iterable[Tag]) -> frozenset[str]:
    return frozenset().union(*(tag.blobs for tag in tags))
