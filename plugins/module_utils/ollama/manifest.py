# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A manifest in Ollama's model store: which blobs a model needs, and which models a list of manifests names."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Iterable, Mapping

LIST_TYPE = "application/vnd.ollama.manifest.list.v2+json"
# What reading a manifest raises when somebody else wrote the file, or only half of it.
ERRORS = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_BLOB = re.compile(r"sha256-[0-9A-Za-z]+")
# A server on a CPU takes the converted weights first, and the others where there are none.
_RUNS_FIRST = ("llamacpp", "ggml", "")
# The weights as they were published. A conversion keeps them, and servers before 0.40 run only these for certain.
_PUBLISHED = ("ggml", "")


@dataclass(frozen=True)
class Manifest:
    """One model that a server can load. `text`: the manifest itself.

    `layers` and `config` name files in `blobs/`; a name is empty where the digest is not one. `size_bytes`: of both
    together, None if the manifest does not say it.
    """

    runner: str
    layers: tuple[str, ...]
    config: tuple[str, ...]
    size_bytes: int | None
    text: bytes

    @property
    def blobs(self) -> frozenset[str]:
        return frozenset((*self.layers, *self.config))

    @property
    def layers_sha256(self) -> str:
        """One hash of the names of the layers: it stays the same when the manifest is only written in another way."""
        return hashlib.sha256("\n".join(self.layers).encode()).hexdigest()


@dataclass(frozen=True)
class Child:
    """One manifest of a list. `blob`: the file in `blobs/` with it; `manifest`: None where only the blob has it."""

    runner: str
    blob: str
    manifest: Manifest | None = None


def parse_manifest(text: bytes) -> Manifest | tuple[Child, ...]:
    """Return a manifest, or the children of a list. Raises one of ERRORS."""
    said = json.loads(text.decode("utf-8"))
    if said.get("mediaType") != LIST_TYPE:
        return _manifest(said, text)
    return tuple(_child(each) for each in said["manifests"])


def parse_one(text: bytes) -> Manifest:
    """Return a manifest that is not a list. Raises one of ERRORS."""
    found = parse_manifest(text)
    if isinstance(found, Manifest):
        return found
    raise ValueError("it is a list of manifests inside a list (one manifest was needed)")


def blob_name(digest: object) -> str:
    """Return the name of a digest's file, empty if this is not a digest: a name must not lead out of the folder."""
    name = str(digest).replace(":", "-", 1)
    return name if _BLOB.fullmatch(name) else ""


def content_blob(text: bytes) -> str:
    """Return the name of the blob that has this content."""
    return f"sha256-{hashlib.sha256(text).hexdigest()}"


def runs_first(manifests: Iterable[Manifest]) -> Manifest | None:
    """Return the manifest that a current server on a CPU loads."""
    order = {runner: number for number, runner in enumerate(_RUNS_FIRST)}
    return min(manifests, key=lambda each: order.get(each.runner, len(order)), default=None)


def published(manifests: Iterable[Manifest]) -> Manifest | None:
    """Return the manifest with the weights as they were published, or what comes next to them."""
    return min(manifests, key=lambda each: (each.runner not in _PUBLISHED, each.runner != "llamacpp"), default=None)


def _child(said: Mapping[str, Any]) -> Child:
    if said.get("mediaType") == LIST_TYPE:
        raise ValueError("it is a list of manifests inside a list (one manifest was needed)")
    if "layers" not in said:
        return Child(_runner(said), blob_name(said["digest"]))
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Child(_runner(said), content_blob(text), _manifest(said, text))


def _manifest(said: Mapping[str, Any], text: bytes) -> Manifest:
    layers, config = said["layers"], said.get("config") or {}
    sizes = [each.get("size", 0) for each in (config, *layers)]
    known = bool(layers) and all(type(size) is int and size >= 0 for size in sizes)
    return Manifest(
        _runner(said),
        tuple(blob_name(each["digest"]) for each in layers),
        (blob_name(config["digest"]),) if config.get("digest") else (),
        sum(sizes) if known else None,
        text,
    )


def _runner(said: Mapping[str, Any]) -> str:
    return str(said.get("runner") or "").strip().lower()
