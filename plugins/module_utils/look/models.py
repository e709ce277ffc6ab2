# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find out which models are in the store and how large others are, from manifests; nothing is pulled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from ..host.reader import HostReader
from ..ollama.model_name import ModelNameError, ModelRef
from ..ollama.store import read_store
from ..source.client import Source, SourceError
from ..source.downloads import ManifestError, layers, model_url


@dataclass(frozen=True)
class ModelSizes:
    """`sizes`: bytes of all files of a model, by its complete name. `present`: complete names of those in the store."""

    sizes: dict[str, int]
    present: tuple[str, ...]


def read_models(host: HostReader, store: str, asked: Iterable[str], source: Source, mirror: str) -> ModelSizes:
    """Return the sizes of the models in the store, and of those asked for, from their registry.

    A name that is not valid is left out here; the plan refuses it and says why. A registry that did not answer once is
    not asked again, as each question may take the whole time limit. What could not be read becomes a note of `host`.
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
    """Return name and size of each model that needs no download; the next pull repairs one that is damaged."""
    return {tag.name: tag.size_bytes for tag in read_store(host, store).models if tag.size_bytes is not None}
