# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a host would download, from where, and how long that takes. Pure: no I/O, no Ansible."""

from __future__ import annotations

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
    """A registry's answer that is no manifest; the text says what is wrong with it."""


@dataclass(frozen=True)
class Item:
    """One thing to download. `size_bytes` is None where nobody could say, `present` if it is there already.

    `url` leads to the manifest, or to the archive itself; `blob_url` to something large to measure the source with.
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
        """Scheme and host of the place it comes from."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def as_dict(self) -> dict[str, Any]:
        return dict(asdict(self), source=self.source)


def image_url(version: str, mirror: str) -> str:
    return f"{mirror.rstrip('/') or DOCKER_HUB}/v2/ollama/ollama/manifests/{version}"


def archive_url(version: str, architecture: str, mirror: str, system: str = "linux") -> str:
    """Return the address of the archive as role ollama_service takes it. Raises ValueError for no version."""
    ending = "tar.zst" if mirror or parse_version(version) >= ZST_SINCE else "tgz"
    name = "ollama-darwin.tgz" if system == "darwin" else f"ollama-linux-{architecture}.{ending}"
    base = f"{mirror.rstrip('/')}/ollama" if mirror else RELEASES
    return f"{base}/v{version}/{name}"


def model_url(ref: ModelRef, mirror: str) -> str:
    base = mirror.rstrip("/") or f"https://{ref.host}"
    return f"{base}/v2/{ref.namespace}/{ref.model}/manifests/{ref.tag}"


def manifest_path(store: str, ref: ModelRef) -> str:
    """Return the file that Ollama writes last when it has pulled a model."""
    return f"{store.rstrip('/')}/manifests/{ref.host}/{ref.namespace}/{ref.model}/{ref.tag}"


def platform_digest(index: Mapping[str, Any], architecture: str) -> str | None:
    """Return the digest of this platform's manifest out of an image index; None if this is no index.

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
    """Return the bytes of everything a manifest names, and the digest of the largest. Raises ManifestError."""
    found = manifest.get("layers")
    if not isinstance(found, list) or not found:
        raise ManifestError("the answer is no manifest: it names no layers")
    config = manifest.get("config") or {}
    total = sum(int(each.get("size", 0)) for each in [config, *found])
    return total, str(max(found, key=lambda each: int(each.get("size", 0)))["digest"])


def blob_url(manifest_url: str, digest: str) -> str:
    return f"{manifest_url.rpartition('/manifests/')[0]}/blobs/{digest}"


def token_url(challenge: str) -> str | None:
    """Return where to fetch an anonymous token that a registry's WWW-Authenticate asks for; None without one."""
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
    """Return the bytes still to come; None if the size of one is not known."""
    sizes = [item.size_bytes for item in missing(items)]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def seconds(items: Sequence[Item], rates: Mapping[str, float | None]) -> float | None:
    """Return how long the downloads take one after another, at each source's rate in bytes a second.

    None if a size or a rate is not known.
    """
    spent = 0.0
    for item in missing(items):
        rate = rates.get(item.source)
        if item.size_bytes is None or not rate:
            return None
        spent += item.size_bytes / rate
    return round(spent, 1)
