# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find out which models a store holds, and how large others are: from manifests, without pulling anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Iterable

from ..host.reader import HostReader
from ..ollama.model_name import ModelNameError, ModelRef
from ..source.client import Source, SourceError
from ..source.downloads import ManifestError, layers, model_url


@dataclass(frozen=True)
class ModelSizes:
    """`sizes`: bytes of everything a model's manifest names, by complete name; `present`: those in the store."""

    sizes: dict[str, int]
    present: tuple[str, ...]


def read_models(host: HostReader, store: str, asked: Iterable[str], source: Source, mirror: str) -> ModelSizes:
    """Return the models in the store and, of those asked for and not there, what their registry says.

    A name that is none is left to the plan, which refuses it in words. After a registry has failed to answer once it
    is not asked again: each question may cost a whole timeout. What could not be read becomes a note of `host`.
    """
    stored = _stored(host, store)
    sizes, silent = dict(stored), set()
    for ref in _references(asked):
        url = model_url(ref, mirror)
        place = mirror or ref.host
        if ref.canonical in sizes or place in silent:
            continue
        try:
            sizes[ref.canonical] = layers(source.manifest(url))[0]
        except (SourceError, ManifestError) as error:
            if not getattr(error, "answered", True):
                silent.add(place)
            host.note(f"Could not read how large {ref.canonical} is: {error}.")
    return ModelSizes(sizes, tuple(sorted(stored)))


def _references(names: Iterable[str]) -> Iterable[ModelRef]:
    for name in names:
        try:
            ref = ModelRef.parse(name)
        except ModelNameError:
            continue
        if ref != ModelRef.parse("auto") and not ref.is_cloud:
            yield ref


def _stored(host: HostReader, store: str) -> dict[str, int]:
    """Return name and size of each model that was pulled whole: Ollama writes the manifest last."""
    found: dict[str, int] = {}
    top = f"{store.rstrip('/')}/manifests"
    for registry in host.names(top):
        for namespace in host.names(f"{top}/{registry}"):
            for model in host.names(f"{top}/{registry}/{namespace}"):
                for tag in host.names(f"{top}/{registry}/{namespace}/{model}"):
                    text = host.text(f"{top}/{registry}/{namespace}/{model}/{tag}")
                    try:
                        size = layers(json.loads(text or ""))[0]
                    except (ValueError, TypeError, AttributeError):
                        continue  # not whole: as if it were not there, and the pull mends it
                    found[ModelRef(registry, namespace, model, tag).canonical] = size
    return found
