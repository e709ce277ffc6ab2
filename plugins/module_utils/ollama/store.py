# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read Ollama's model store, in both of its layouts.

Former: `manifests/HOST/NAMESPACE/MODEL/TAG` is a manifest. Since Ollama 0.40: `manifests-v2/HOST/NAMESPACE/MODEL/TAG`
is a link to the blob that is the manifest, or a copy of it. A store may have both, also of one model. Nothing outside
the store is read, whatever a link or a digest says: what cannot be read becomes a problem.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Iterator

from ..host.reader import HostReader
from .manifest import ERRORS, Child, Manifest, blob_name, content_blob, parse_manifest, parse_one
from .model_name import DEFAULT_HOST, ModelNameError, ModelRef
from .tags import CURRENT, CURRENT_HOST, FORMER, Problem, Store, Tag, TagFile

LARGEST_MANIFEST_BYTES = 16 << 20
_TAG_DEPTH = 4
_OTHER_LAYOUT = re.compile(rf"(?!{CURRENT}$)manifests-v\d+")


def read_store(host: HostReader, folder: str) -> Store:
    """Return all tags below the folder of OLLAMA_MODELS."""
    return _Reader(host, folder.rstrip("/")).read()


class _Reader:
    def __init__(self, host: HostReader, folder: str) -> None:
        self.host, self.folder = host, folder
        self.problems: list[Problem] = []
        self.top = host.kinds(folder)
        self.there = (host.kinds(f"{folder}/blobs") or {}) if (self.top or {}).get("blobs") == "folder" else {}

    def read(self) -> Store:
        if self.top is None and self.host.exists(self.folder):
            self._note(self.folder, "it cannot be listed")
        for name in filter(_OTHER_LAYOUT.fullmatch, self.top or {}):
            self._note(f"{self.folder}/{name}", "this layout of a model store is not known")
        found: dict[ModelRef, list[TagFile]] = {}
        nameless: list[Tag] = []
        for layout in (CURRENT, FORMER):
            if layout not in (self.top or {}):
                continue
            for path, kind in self._walk(f"{self.folder}/{layout}", (self.top or {})[layout], 0):
                file = self._tag_file(path, kind, layout == FORMER)
                ref = _ref(path[len(f"{self.folder}/{layout}/") :], layout)
                if ref is None:
                    nameless.append(Tag(None, (file,)))
                else:
                    found.setdefault(ref, []).append(file)
        tags = [Tag(ref, tuple(found[ref])) for ref in sorted(found, key=lambda each: each.canonical)]
        return Store(self.folder, (*tags, *nameless), tuple(self.problems))

    def _note(self, path: str, seen: str) -> str:
        self.problems.append(Problem(path.encode("utf-8", "backslashreplace").decode(), seen))
        return seen

    def _walk(self, path: str, kind: str, depth: int) -> Iterator[tuple[str, str]]:
        """Yield all below a path that is not a folder. A link is never followed."""
        if kind != "folder":
            yield path, kind
            return
        if depth == _TAG_DEPTH:
            self._note(path, "it is a folder")
            return
        names = self.host.kinds(path)
        if names is None:
            self._note(path, "it cannot be listed")
        for name, below in (names or {}).items():
            yield from self._walk(f"{path}/{name}", below, depth + 1)

    def _tag_file(self, path: str, kind: str, former: bool) -> TagFile:
        try:
            text = self._linked(path) if kind == "link" else self._text(path, kind)
            found = parse_manifest(text)
            children = found if isinstance(found, tuple) else (Child(found.runner, "", found),)
            manifests = tuple(one for one in map(self._of_child, children) if one)
        except ERRORS as error:
            text_seen = str(error) if type(error) is _Unreadable else f"{type(error).__name__}: {error}"
            return TagFile(path, former, problem=self._note(path, text_seen))
        own = {content_blob(text), *([self._target(path)] if kind == "link" else [])}
        needed = own.union(*(one.blobs for one in manifests), (each.blob for each in children))
        complete = tuple(one for one in manifests if all(self._is_there(name) for name in one.blobs))
        named = frozenset(each.blob for each in children) if isinstance(found, tuple) else frozenset()
        return TagFile(path, former, frozenset(needed - {""}), named, manifests, complete)

    def _of_child(self, child: Child) -> Manifest | None:
        """Return a child's manifest; None if it was never pulled: of a list, Ollama pulls only what it loads."""
        if child.manifest is not None or child.blob not in self.there:
            return child.manifest
        found = parse_one(self._blob(child.blob))
        return found if found.runner else replace(found, runner=child.runner)

    def _is_there(self, name: str) -> bool:
        kind = self.there.get(name)
        return kind == "file" or (kind == "link" and self.host.exists(f"{self.folder}/blobs/{name}"))

    def _target(self, path: str) -> str:
        """Return the blob that a link leads to; empty if it leads to another place."""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), self.host.link(path) or ""))
        folder, name = posixpath.split(target)
        return blob_name(name) if folder == posixpath.normpath(f"{self.folder}/blobs") else ""

    def _linked(self, path: str) -> bytes:
        name = self._target(path)
        if not name:
            raise _Unreadable(f"it is a link to {self.host.link(path)!a}, which is not a blob of this store")
        return self._blob(name)

    def _blob(self, name: str) -> bytes:
        if name not in self.there:
            raise _Unreadable(f"the blob {name} is missing")
        return self._text(f"{self.folder}/blobs/{name}", self.there[name])

    def _text(self, path: str, kind: str) -> bytes:
        text = self.host.content(path, LARGEST_MANIFEST_BYTES + 1) if kind == "file" else None
        if text is None:
            raise _Unreadable(f"{path} cannot be read" if kind == "file" else f"{path} is not a file")
        if len(text) > LARGEST_MANIFEST_BYTES:
            raise _Unreadable(f"{path} is larger than {LARGEST_MANIFEST_BYTES} bytes")
        return text


class _Unreadable(ValueError):
    """The text says why there is no manifest."""


def _ref(place: str, layout: str) -> ModelRef | None:
    """Return the name of a tag's place; None if it is not the place of a name."""
    parts = place.split("/")
    if len(parts) != _TAG_DEPTH:
        return None
    if layout == CURRENT:
        parts[0] = re.sub("%3a", ":", parts[0], flags=re.IGNORECASE)
        parts[0] = DEFAULT_HOST if parts[0] in (CURRENT_HOST, DEFAULT_HOST) else parts[0]
    try:
        ref = ModelRef.parse(f"{parts[0]}/{parts[1]}/{parts[2]}:{parts[3]}")
    except ModelNameError:
        return None
    return ref if [ref.host, ref.namespace, ref.model, ref.tag] == parts else None
