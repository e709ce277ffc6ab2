# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a host would download, from where, and how long that takes."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Mapping, Sequence
from urllib.parse import urlsplit

from ..host.values import parse_version
from ..ollama.model_name import ModelRef

IMAGE, ARCHIVE, MODEL = "image", "archive", "model"
DOCKER_HUB = "https://registry-1.docker.io"
RELEASES = "https://github.com/ollama/ollama/releases/download"
# Archives for Linux are .tar.zst since this version; a mirror holds only that form.
ZST_SINCE = (0, 14, 0)
_INDEX_KEYS = ("manifests",)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class ManifestError(ValueError):
    """A registry's answer is not a manifest; the text says what is wrong with it."""


@dataclass(frozen=True)
class Item:
    """One thing to download. `size_bytes` is None if it is not known; `present`: it is there already.

    `url` is the address of the manifest, or of the archive itself; `blob_url` that of a large file of the same source.
    """

    kind: str
    name: str
    url: str
    present: bool
    size_bytes: int | None = None
    blob_url: str = ""
    note: str = ""

    @property
    def source(self) -> str:
        """Scheme and host of where it comes from."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def as_dict(self) -> dict[str, Any]:
        return dict(asdict(self), source=self.source)


def image_url(version: str, mirror: str) -> str:
    return f"{mirror.rstrip('/') or DOCKER_HUB}/v2/ollama/ollama/manifests/{version}"


def archive_url(version: str, architecture: str, mirror: str, system: str = "linux") -> str:
    """Return the archive's address, the same as role ollama_service uses. Raises ValueError for a wrong version."""
    ending = "tar.zst" if mirror or parse_version(version) >= ZST_SINCE else "tgz"
    name = "ollama-darwin.tgz" if system == "darwin" else f"ollama-linux-{architecture}.{ending}"
    base = f"{mirror.rstrip('/')}/ollama" if mirror else RELEASES
    return f"{base}/v{version}/{name}"


def model_url(ref: ModelRef, mirror: str) -> str:
    base = mirror.rstrip("/") or f"https://{ref.host}"
    return f"{base}/v2/{ref.namespace}/{ref.model}/manifests/{ref.tag}"


def platform_digest(index: Mapping[str, Any], architecture: str) -> str | None:
    """Return the digest of this platform's manifest from an image index; None if this is not an index.

    Raises ManifestError when the platform is not in it.
    """
    if not any(isinstance(index.get(key), list) for key in _INDEX_KEYS):
        return None
    for entry in index["manifests"]:
        platform = entry.get("platform") or {}
        if (platform.get("os"), platform.get("architecture")) == ("linux", architecture):
            return str(entry["digest"])
    raise ManifestError(f"there is no image for linux/{architecture}")


def layers(manifest: Mapping[str, Any]) -> tuple[int, str]:
    """Return the bytes of all that a manifest lists, and the digest of the largest file. Raises ManifestError."""
    found = manifest.get("layers")
    if not isinstance(found, list) or not found:
        raise ManifestError("the answer is not a manifest: it lists no layers")
    config = manifest.get("config") or {}
    total = sum(int(each.get("size", 0)) for each in [config, *found])
    return total, str(max(found, key=lambda each: int(each.get("size", 0)))["digest"])


def ollama_digests(raw: bytes) -> frozenset[str]:
    """Return the digests that Ollama may give to a manifest as a registry sent it. Raises ValueError.

    Ollama writes a pulled manifest again, without white space: its digest is the registry's only if that had none.
    """
    manifest = json.loads(raw)
    if not isinstance(manifest, dict):
        raise ValueError(f"{type(manifest).__name__}, not a manifest")
    compact = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False).encode()
    return frozenset(hashlib.sha256(text).hexdigest() for text in (raw, compact))


def blob_url(manifest_url: str, digest: str) -> str:
    return f"{manifest_url.rpartition('/manifests/')[0]}/blobs/{digest}"


def token_url(challenge: str) -> str | None:
    """Return where to get the anonymous token that a registry's header WWW-Authenticate asks for; None without one."""
    scheme, _, rest = challenge.partition(" ")
    values = dict(_CHALLENGE.findall(rest))
    realm = values.pop("realm", "")
    if scheme.lower() != "bearer" or not realm.startswith("https://"):
        return None
    query = "&".join(f"{key}={value}" for key, value in values.items() if key in ("service", "scope"))
    return f"{realm}?{query}"


def missing(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if not item.present]


def total_bytes(items: Sequence[Item]) -> int | None:
    """Return the bytes that are not there yet; None if the size of one item is not known."""
    sizes = [item.size_bytes for item in missing(items)]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def seconds(items: Sequence[Item], rates: Mapping[str, float | None]) -> float | None:
    """Return how long the downloads take one after the other, at each source's rate in bytes a second.

    None if a size or a rate is not known.
    """
    spent = 0.0
    for item in missing(items):
        rate = rates.get(item.source)
        if item.size_bytes is None or not rate:
            return None
        spent += item.size_bytes / rate
    return round(spent, 1)
