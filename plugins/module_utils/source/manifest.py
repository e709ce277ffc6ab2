# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Asks a registry for a model's manifest, without pulling anything."""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.request

from ..ollama.connection import MOST_BYTES, OllamaError, as_dict
from ..ollama.model_name import ModelRef


def manifest_digests(source: ModelRef, insecure: bool, timeout: float) -> frozenset[str]:
    """Digests that Ollama may give to the manifest which a registry serves for this model. Raises OllamaError.

    Ollama writes a pulled manifest anew: the digest is the registry's only if it serves JSON without white space.
    Here a proxy from the environment is right: the registry may be on the Internet.
    """
    url = (
        f"{'http' if insecure else 'https'}://{source.host}/v2/{source.namespace}/{source.model}/manifests/{source.tag}"
    )
    accept = "application/vnd.docker.distribution.manifest.v2+json"
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 the scheme is one of two
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 the scheme is one of two
            raw = answer.read(MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise OllamaError(f"GET {url}", str(error) or repr(error)) from error
    compact = json.dumps(as_dict(f"GET {url}", raw), separators=(",", ":"), ensure_ascii=False).encode()
    return frozenset(hashlib.sha256(text).hexdigest() for text in (raw, compact))
