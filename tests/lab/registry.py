# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Puts an image into a registry, layer by layer, over the registry's own HTTP interface."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MEDIA = "application/vnd.docker."
MANIFEST_TYPE = f"{_MEDIA}distribution.manifest.v2+json"
CONFIG_TYPE = f"{_MEDIA}container.image.v1+json"
LAYER_TYPE = f"{_MEDIA}image.rootfs.diff.tar.gzip"


@dataclass(frozen=True)
class Blob:
    """Bytes with the type they have in a manifest."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> str:
        return digest_of(self.data)

    def reference(self) -> dict[str, object]:
        return {"mediaType": self.media_type, "size": len(self.data), "digest": self.digest}


def digest_of(data: bytes) -> str:
    """Return `sha256:<hex>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def image_config(settings: Mapping[str, object], layers: Sequence[bytes]) -> Blob:
    """Return an image's configuration. `layers` are the tars before compression. One fixed date gives one digest."""
    text = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
        },
        sort_keys=True,
    )
    return Blob(CONFIG_TYPE, text.encode())


def image_manifest(config: Blob, layers: Sequence[Blob]) -> Blob:
    """Return the manifest of an image; its digest is the one to pin."""
    text = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.reference(),
            "layers": [layer.reference() for layer in layers],
        },
        sort_keys=True,
    )
    return Blob(MANIFEST_TYPE, text.encode())


def push(registry: str, repository: str, tag: str, config: Blob, layers: Sequence[Blob]) -> None:
    """Upload an image to the registry at `registry` (`http://host:port`)."""
    for blob in [config, *layers]:
        with _call("POST", f"{registry}/v2/{repository}/blobs/uploads/") as answer:
            place = answer.headers["Location"]
        mark = "&" if "?" in place else "?"
        _call("PUT", f"{place}{mark}digest={blob.digest}", blob.data, "application/octet-stream").close()
    manifest = image_manifest(config, layers)
    _call("PUT", f"{registry}/v2/{repository}/manifests/{tag}", manifest.data, MANIFEST_TYPE).close()


def _call(method: str, url: str, data: bytes | None = None, kind: str | None = None) -> Any:
    headers = {"Content-Type": kind} if kind else {}
    return urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=60)
