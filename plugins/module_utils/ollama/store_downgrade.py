# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Let a server before Ollama 0.40 see the models that 0.40 has pulled: write their tags in the former layout as well.

Such a server reads only `manifests`. Without these tags it lists no model, and removes the blobs when it starts.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import Iterable, Mapping

from ..host.whole_file import write_whole
from .manifest import Manifest
from .tags import Store, Tag

# Not "mlx": these weights are safetensors, which a server before 0.40 does not run on a CPU. The published weights
# (ggml, or a manifest that names no runner) come first: each server knows them. The converted ones (llamacpp) are the
# only ones there where 0.40 has pulled a list of manifests, because it pulls one child only.
_OLDER_SERVERS_RUN = ("ggml", "", "llamacpp")


class StoreWriteError(Exception):
    """A tag could not be written; the text says which, and why."""


@dataclass(frozen=True)
class FormerTag:
    """A file to write: `text` is the manifest, `path` its place in the former layout."""

    name: str
    path: str
    text: bytes


@dataclass(frozen=True)
class Downgrade:
    """What an older server needs. `left`: what it will not see all the same, each with the reason."""

    tags: tuple[FormerTag, ...]
    left: Mapping[str, str]


def former_tags(store: Store) -> Downgrade:
    """Return the tags to write before a server before 0.40 starts: those that are only in the current layout.

    Nothing is changed in the current layout, so that 0.40 finds its tags again.
    """
    tags, left = [], {problem.path: problem.seen for problem in store.problems}
    for tag in store.models:
        if tag.ref is None or any(file.former and not file.problem for file in tag.files):
            continue
        found = _for_older_servers(tag)
        if found:
            tags.append(FormerTag(tag.name, tag.ref.manifest_path(store.folder), found.text))
        elif not any(file.problem for file in tag.files):
            left[tag.name] = "no weights that a server before Ollama 0.40 can run are complete on this computer"
    return Downgrade(tuple(tags), left)


def _for_older_servers(tag: Tag) -> Manifest | None:
    found = [each for file in tag.files for each in file.complete if each.runner in _OLDER_SERVERS_RUN]
    return min(found, key=lambda each: _OLDER_SERVERS_RUN.index(each.runner), default=None)


def write_former_tags(folder: str, tags: Iterable[FormerTag]) -> None:
    """Write the tags into the store; they belong to the store's owner. Raises StoreWriteError."""
    for tag in tags:
        try:
            _write(folder.rstrip("/"), tag)
        except OSError as error:
            raise StoreWriteError(
                f"Could not write the tag of {tag.name} for a server before Ollama 0.40, {tag.path}: {error.strerror}. "
                f"Do not start such a server on this store: it would not see the model."
            ) from error


def _write(folder: str, tag: FormerTag) -> None:
    owner = os.stat(folder)
    place = folder
    for part in os.path.relpath(os.path.dirname(tag.path), folder).split("/"):
        place = f"{place}/{part}"
        _make_folder(place, owner.st_uid, owner.st_gid)
    write_whole(tag.path, lambda file: file.write(tag.text), 0o644, owner.st_uid, owner.st_gid)


def _make_folder(path: str, uid: int, gid: int) -> None:
    """Make a folder unless it is there. Raises OSError, also for a link, which may lead out of the store."""
    try:
        os.mkdir(path)
    except FileExistsError:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise
        return
    seen = os.stat(path)
    if (seen.st_uid, seen.st_gid) != (uid, gid):
        os.chown(path, uid, gid)
