# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Ask registries and file servers over HTTP: for manifests, for sizes, and how fast they send.

A proxy from the environment is right here: the sources are on the network, unlike the host's own Ollama.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any

from .downloads import ollama_digests, token_url

_DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_MANIFEST_TYPES = ", ".join(
    (
        _DOCKER_MANIFEST,
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    )
)
LARGEST_MANIFEST = 4 * 1024 * 1024
# Enough to get past the slow start of a connection, and little on a connection that is paid by volume.
SAMPLE_BYTES = 8 * 1024 * 1024
SAMPLE_SECONDS = 3.0
LEAST_SAMPLE_BYTES = 64 * 1024
_PIECE = 64 * 1024


class SourceError(Exception):
    """A source does not give what was asked for; the text says what was seen.

    `answered`: it did answer, with a refusal, so it can be asked for something else.
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
        try:
            found = json.loads(self._read(url, _MANIFEST_TYPES))
        except ValueError as error:
            raise SourceError(f"{url}: the answer is not JSON ({error})") from error
        if not isinstance(found, dict):
            raise SourceError(f"{url}: the answer is not a manifest")
        return found

    def manifest_digests(self, url: str) -> frozenset[str]:
        """Return the digests that Ollama may give to a model's manifest, without pulling it. Raises SourceError."""
        try:
            return ollama_digests(self._read(url, _DOCKER_MANIFEST))
        except ValueError as error:
            raise SourceError(f"{url}: the answer is not JSON ({error})") from error

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
                raise SourceError(f"{url}: the download stopped early ({error})") from error
        if count < LEAST_SAMPLE_BYTES:
            raise SourceError(f"{url}: {count} bytes came (at least {LEAST_SAMPLE_BYTES} needed to measure)")
        return count / max(time.monotonic() - begun, 1e-6)

    def _read(self, url: str, kinds: str) -> bytes:
        """Return the manifest at `url`, of one of the media types `kinds`."""
        with self._open(url, {"Accept": kinds}) as answer:
            try:
                text: bytes = answer.read(LARGEST_MANIFEST)
            except (OSError, http.client.HTTPException) as error:
                raise SourceError(f"{url}: the answer stopped early ({error})") from error
        return text

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
