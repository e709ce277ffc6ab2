# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Remove models from Ollama's store without a server: removal has stopped it before."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Collection, Iterable

from ...ollama.model_name import ModelRef
from .entries import LedgerError


class ModelStore:
    """The folder of OLLAMA_MODELS: `manifests/HOST/NAMESPACE/MODEL/TAG` name files `blobs/sha256-HEX`."""

    def __init__(self, path: str) -> None:
        self.path = path

    def files(self) -> frozenset[str]:
        """Return all that is not a folder, as full paths."""
        return frozenset(os.path.join(folder, name) for folder, _, names in os.walk(self.path) for name in names)

    def folders(self) -> tuple[str, ...]:
        """Return the store and the two folders that Ollama makes in it."""
        return self.path, os.path.join(self.path, "blobs"), os.path.join(self.path, "manifests")

    def owner(self) -> int | None:
        """Return the number of the user that owns the store, None if there is no store."""
        with contextlib.suppress(OSError):
            return os.stat(self.path).st_uid
        return None

    def parts_of(self, models: Iterable[str]) -> frozenset[str]:
        """Return the files to remove with these models: their manifests, and blobs that no other model needs.

        Unfinished blobs belong to no model yet; they are removed when no model stays. Raises LedgerError for a manifest
        that cannot be read, because the blobs that it needs are not known.
        """
        ours = {ModelRef.parse(name).manifest_path(self.path) for name in models} & self.files()
        folder = os.path.join(self.path, "manifests", "")
        others = {name for name in self.files() if name.startswith(folder)} - ours
        needed = set().union(*map(self._blobs, others))
        blobs = set().union(*map(self._blobs, ours)) - needed
        if ours and not others:
            blobs |= {name for name in self.files() if "-partial" in os.path.basename(name)}
        return frozenset(ours | (blobs & self.files()))

    def emptied_by(self, files: Collection[str]) -> list[str]:
        """Return the folders of model names that are empty without these files, the innermost first."""
        found = []
        for folder, _, _ in os.walk(os.path.join(self.path, "manifests"), topdown=False):
            below = {name for name in self.files() if name.startswith(os.path.join(folder, ""))}
            if below and below <= set(files) and folder != os.path.join(self.path, "manifests"):
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

    def _blobs(self, manifest: str) -> set[str]:
        try:
            with open(manifest, encoding="utf-8") as file:
                said = json.load(file)
            layers = [*said["layers"], *([said["config"]] if said.get("config") else [])]
            names = [str(layer["digest"]).replace(":", "-") for layer in layers]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LedgerError(
                f"Could not read the manifest {manifest}: {type(error).__name__}: {error} (the names of its blobs were "
                f"needed). No model was removed. Pull or remove that model first, or keep the models."
            ) from error
        # Somebody may have written the file that has the name: a name must not lead out of the folder.
        return {os.path.join(self.path, "blobs", name) for name in names if os.path.basename(name) == name}
