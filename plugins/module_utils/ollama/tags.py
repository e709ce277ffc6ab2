# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The tags of a model store: which files a name has, which blobs it needs, and what of it is there."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .manifest import Manifest, published, runs_first
from .model_name import DEFAULT_HOST, DEFAULT_NAMESPACE, ModelRef

FORMER, CURRENT = "manifests", "manifests-v2"
CURRENT_HOST = "ollama.com"  # what the current layout calls DEFAULT_HOST
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Problem:
    """What could not be read: a file or folder of the store, and what was seen there."""

    path: str
    seen: str


@dataclass(frozen=True)
class TagFile:
    """A tag in one layout. `blobs`: the files in `blobs/` that it needs, `children`: those that a list names.

    `manifests`: those that are on this computer, one unless it is a list. `complete`: those of them with all blobs.
    """

    path: str
    former: bool
    blobs: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    manifests: tuple[Manifest, ...] = ()
    complete: tuple[Manifest, ...] = ()
    problem: str = ""

    @property
    def size_bytes(self) -> int | None:
        """The size of what a server loads; None if that is not here.

        In the former layout the manifest is enough: servers before 0.40 write it after all blobs.
        """
        found = runs_first(self.manifests)
        return found.size_bytes if found and (self.former or found in self.complete) else None


@dataclass(frozen=True)
class Tag:
    """A name in the store. `ref`: None for a file in no place of a name. `files`: the current layout first."""

    ref: ModelRef | None
    files: tuple[TagFile, ...]

    @property
    def name(self) -> str:
        """The complete name, such as "hello:latest"; empty without a name."""
        return self.ref.canonical if self.ref else ""

    @property
    def is_shadow(self) -> bool:
        """Whether Ollama 0.40 made it for itself: `llamacpp:HASH` keeps the blobs of a model that it converted."""
        ref = self.ref
        ours = ref and (ref.host, ref.namespace, ref.model) == (DEFAULT_HOST, DEFAULT_NAMESPACE, "llamacpp")
        return bool(ref and ours and _SHA256.fullmatch(ref.tag))

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(file.path for file in self.files)

    @property
    def blobs(self) -> frozenset[str]:
        """The files in `blobs/` that it needs, in any layout."""
        return frozenset().union(*(file.blobs for file in self.files))

    @property
    def children(self) -> frozenset[str]:
        return frozenset().union(*(file.children for file in self.files))

    @property
    def size_bytes(self) -> int | None:
        """The size of what a server loads, without the manifest; None if it must be downloaded first."""
        return next((file.size_bytes for file in self.files if file.size_bytes is not None), None)

    @property
    def is_complete(self) -> bool:
        """Whether a server can load it in one of the layouts, because all blobs are there."""
        return any(runs_first(file.manifests) in file.complete for file in self.files)

    @property
    def identity(self) -> str:
        """One hash of what was published under the name; empty if it is not known. A conversion does not change it."""
        found = published(manifest for file in self.files for manifest in file.manifests)
        return found.layers_sha256 if found else ""


@dataclass(frozen=True)
class Store:
    """All tags below a folder. With a problem it is not known which blobs are needed."""

    folder: str
    tags: tuple[Tag, ...]
    problems: tuple[Problem, ...]

    @property
    def models(self) -> tuple[Tag, ...]:
        """The tags that people know."""
        return tuple(tag for tag in self.tags if tag.ref and not tag.is_shadow)

    def find(self, ref: ModelRef) -> Tag | None:
        refs = (ref, replace(ref, host=DEFAULT_HOST) if ref.host == CURRENT_HOST else ref)
        return next((tag for tag in self.tags if tag.ref in refs), None)

    def hides(self, ref: ModelRef) -> Problem | None:
        """Return the problem that keeps us from knowing whether a tag is there."""
        places = [ref.manifest_path(self.folder), current_path(ref, self.folder)]
        return next((each for each in self.problems if any(at.startswith(f"{each.path}/") for at in places)), None)


def current_path(ref: ModelRef, folder: str) -> str:
    """Return the place of a tag in the layout of Ollama 0.40."""
    host = CURRENT_HOST if ref.host == DEFAULT_HOST else ref.host.replace(":", "%3A")
    return f"{folder.rstrip('/')}/{CURRENT}/{host}/{ref.namespace}/{ref.model}/{ref.tag}"
