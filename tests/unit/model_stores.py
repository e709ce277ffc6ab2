# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Model stores for tests: the recorded ones of tests/unit/data/ollama-0.40, and others that are made step by step."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from plugins.module_utils.host.reader import HostReader
from plugins.module_utils.ollama.store import read_store
from plugins.module_utils.ollama.tags import Store

DATA = Path(__file__).parent / "data" / "ollama-0.40"
RECORDED = sorted(path.stem for path in DATA.glob("store-*.txt"))
LIST_TYPE = "application/vnd.ollama.manifest.list.v2+json"
MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "6904ed3844673c7101c07438dfaeb9a2b45f94650ab4cd82c32c50d053a21cf0"
LAYERS = {
    "abcdf1df691b2f724cafef0796ad78013bdf2f5e1d2eb1ce80c76a189a2ed97d": 262784,
    "b507b9c2f6ca642bffcd06665ea7c91f235fd32daeefdf875a0f938db05fb315": 13,
    "e5dcffe836b6ec8a58e492419b550e65fb8cbdc308503979e5dacb33ac7ea3b7": 3,
    "ae40a217c1c4002e9358f0f6597a349acaace0cfb95dc53db7ce646d57a56271": 18,
}
RECORDED_MANIFESTS = {959: {}, 991: {"runner": "ggml", "format": "gguf"}}


def lay_out_store(name: str, root: Path) -> Path:
    """Build a recorded store in the folder `root`; `name` may be its start, such as store-1."""
    listing = next(DATA.glob(f"{name}*.txt")).read_text()
    for line in listing.splitlines():
        kind, _mode, size, *rest = line.split(" ")
        path = root / (rest[0] if rest else "")
        if kind == "d":
            path.mkdir(parents=True, exist_ok=True)
        elif kind == "l":
            path.symlink_to(rest[2])
        else:
            path.write_bytes(_recorded(int(size)))
    return root


def _recorded(size: int) -> bytes:
    if size not in RECORDED_MANIFESTS:
        return bytes(size)
    layers = [{"digest": f"sha256:{digest}", "size": each} for digest, each in LAYERS.items()]
    said = {"schemaVersion": 2, "config": {"digest": f"sha256:{CONFIG}", "size": 483}, "layers": layers}
    return json.dumps({**said, **RECORDED_MANIFESTS[size]}).encode().ljust(size)


class MadeStore:
    """A store in `root`, with blobs that have the names of their content."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "blobs").mkdir(parents=True)

    def blob(self, text: bytes) -> str:
        """Write a blob; return its name."""
        name = f"sha256-{hashlib.sha256(text).hexdigest()}"
        (self.root / "blobs" / name).write_bytes(text)
        return name

    def manifest(self, *layers: str, **values: str) -> bytes:
        """Return a manifest whose layers have these contents; their blobs are written."""
        listed = [{"digest": self.blob(each.encode()).replace("-", ":"), "size": len(each)} for each in layers]
        return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "layers": listed, **values}).encode()

    def list_of(self, **children: bytes) -> bytes:
        """Return a list of manifests; the name of each child is its runner."""
        listed = [_child(self.blob(text), runner) for runner, text in children.items()]
        return json.dumps({"schemaVersion": 2, "mediaType": LIST_TYPE, "manifests": listed}).encode()

    def former(self, place: str, text: bytes) -> Path:
        """Write a tag in the former layout."""
        path = self.root / "manifests" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        return path

    def current(self, place: str, text: bytes, how: str = "link") -> Path:
        """Write a tag in the layout of 0.40, as a link, a hard link or a copy of the blob that is its manifest."""
        path = self.root / "manifests-v2" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        blob = self.root / "blobs" / self.blob(text)
        if how == "link":
            path.symlink_to(os.path.relpath(blob, path.parent))
        elif how == "hard link":
            os.link(blob, path)
        else:
            path.write_bytes(text)
        return path

    def read(self) -> Store:
        return read_store(HostReader(), str(self.root))

    def left(self) -> list[str]:
        """Return all that is not a folder."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir())


def _child(blob: str, runner: str) -> dict[str, Any]:
    return {"mediaType": MANIFEST_TYPE, "digest": blob.replace("-", ":"), "runner": runner, "format": "gguf"}
