# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Asks the places that things are downloaded from how large they are, and measures how fast they give.

A proxy from the environment is right here: the sources are on the network, unlike the host's own Ollama.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any

from ..host.reader import HostReader
from ..ollama.model_name import ModelRef
from .downloads import (
    ARCHIVE,
    IMAGE,
    MODEL,
    Item,
    ManifestError,
    archive_url,
    blob_url,
    image_url,
    layers,
    manifest_path,
    missing,
    model_url,
    platform_digest,
    token_url,
)

MANIFEST_TYPES = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "docker.distribution.manifest.v2",
        "docker.distribution.manifest.list.v2",
        "oci.image.manifest.v1",
        "oci.image.index.v1",
    )
)
LARGEST_MANIFEST = 4 * 1024 * 1024
# Enough to get past the slow start of a connection, and little to a metered one.
SAMPLE_BYTES = 8 * 1024 * 1024
SAMPLE_SECONDS = 3.0
LEAST_SAMPLE_BYTES = 64 * 1024
_PIECE = 64 * 1024


class SourceError(Exception):
    """A source that does not give what was asked for; the text says what was seen.

    `answered`: it did answer, with a refusal, so that it may be asked for something else.
    """

    def __init__(self, text: str, answered: bool = False) -> None:
        super().__init__(text)
        self.answered = answered


class Source:
    """HTTP to registries and file servers. `timeout`: seconds to wait for each answer."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._tokens: dict[str, str] = {}

    def manifest(self, url: str) -> dict[str, Any]:
        """Return the JSON at `url`. Raises SourceError."""
        with self._open(url, {"Accept": MANIFEST_TYPES}) as answer:
            try:
                found = json.loads(answer.read(LARGEST_MANIFEST))
            except (ValueError, OSError, http.client.HTTPException) as error:
                raise SourceError(f"{url}: the answer is no JSON ({error})") from error
        if not isinstance(found, dict):
            raise SourceError(f"{url}: the answer is no manifest")
        return found

    def length(self, url: str) -> int | None:
        """Return the bytes of a file, None if the server does not say. Raises SourceError."""
        with self._open(url, {}, "HEAD") as answer:
            length = answer.headers.get("Content-Length", "")
        return int(length) if length.isdigit() else None

    def rate(self, url: str) -> float:
        """Return the bytes a second of the first few megabytes of a file. Raises SourceError if it is too small."""
        with self._open(url, {"Range": f"bytes=0-{SAMPLE_BYTES - 1}"}) as answer:
            begun, count = time.monotonic(), 0
            try:
                while count < SAMPLE_BYTES and time.monotonic() - begun < SAMPLE_SECONDS:
                    piece = answer.read(_PIECE)
                    if not piece:
                        break
                    count += len(piece)
            except (OSError, http.client.HTTPException) as error:
                raise SourceError(f"{url}: broke off ({error})") from error
        if count < LEAST_SAMPLE_BYTES:
            raise SourceError(f"{url}: {count} bytes came (at least {LEAST_SAMPLE_BYTES} needed to measure)")
        return count / max(time.monotonic() - begun, 1e-6)

    def _open(self, url: str, headers: dict[str, str], method: str = "GET", again: bool = True) -> Any:
        request = urllib.request.Request(url, headers=headers, method=method)  # noqa: S310 the caller builds it
        token = self._tokens.get(_repository(url))
        if token:
            # Not sent on where a registry redirects to: that address carries its own.
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        try:
            return urllib.request.urlopen(request, timeout=self._timeout)  # noqa: S310 the caller builds it
        except urllib.error.HTTPError as error:
            place = token_url(error.headers.get("WWW-Authenticate", "")) if error.code == 401 and again else None
            if place is None:
                raise SourceError(f"{url}: HTTP {error.code} {error.reason}", answered=True) from error
            self._tokens[_repository(url)] = str(self.manifest(place).get("token", ""))
            return self._open(url, headers, method, again=False)
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise SourceError(f"{url}: {reason}") from error


def _repository(url: str) -> str:
    return url.partition("/manifests/")[0].partition("/blobs/")[0]


def wanted(host: HostReader, params: dict[str, Any]) -> list[Item]:
    """Return what the plan needs, each with whether it is there. Raises ModelNameError and ValueError."""
    version, mirror = params["version"], params["mirror"]
    if params["runtime"] == "docker":
        name = f"{params['image']}:{version}"
        there = host.run(["docker", "image", "inspect", "--format", "{{.Id}}", name]).ok
        items = [Item(IMAGE, name, image_url(version, mirror), there)]
    else:
        there = host.exists(
            f"{params['prefix']}/{version}/{'ollama' if params['system'] == 'darwin' else 'bin/ollama'}"
        )
        url = archive_url(version, params["architecture"], mirror, params["system"])
        items = [Item(ARCHIVE, f"Ollama {version}", url, there)]
    for model in params["models"]:
        ref = ModelRef.parse(model)
        there = host.exists(manifest_path(params["store_path"], ref))
        known = (params["predicted"].get(model) or {}).get("download_bytes")
        items.append(Item(MODEL, ref.canonical, model_url(ref, mirror), there, known))
    return items


def sized(item: Item, source: Source, architecture: str) -> Item:
    """Return the item with its size from the source; where that fails, with a note and the size known before."""
    if item.present:
        return item
    values = {**item.__dict__}
    try:
        if item.kind == ARCHIVE:
            values.update(size_bytes=source.length(item.url), blob_url=item.url)
        else:
            manifest = source.manifest(item.url)
            digest = platform_digest(manifest, architecture) if item.kind == IMAGE else None
            if digest:
                manifest = source.manifest(f"{item.url.rpartition('/')[0]}/{digest}")
            size, largest = layers(manifest)
            values.update(size_bytes=size, blob_url=blob_url(item.url, largest))
    except (SourceError, ManifestError) as error:
        values["note"] = str(error)
    return Item(**values)


def rates(items: list[Item], source: Source) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return each source's bytes a second, None where it could not be measured, and the reasons for those."""
    speeds: dict[str, float | None] = {}
    notes: dict[str, str] = {}
    for item in sorted(missing(items), key=lambda each: -(each.size_bytes or 0)):
        if speeds.get(item.source) is not None:
            continue
        speeds[item.source] = None
        if not item.blob_url:
            notes.setdefault(item.source, item.note)
            continue
        try:
            speeds[item.source] = source.rate(item.blob_url)
            notes.pop(item.source, None)
        except SourceError as error:
            notes.setdefault(item.source, str(error))
    return speeds, notes
