# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Models whose size and shape are known, read from a list of dictionaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from ..ollama.model_name import ModelNameError, ModelRef

# Fewer bits for each parameter than any quantisation has, or more than any number format: the size is wrong.
LEAST_BITS = 1.5
MOST_BITS = 33.0

_NUMBERS = ("parameters", "layers", "heads", "kv_heads", "head_size", "hidden_size", "vocabulary")
_TEXTS = ("name", "licence", "good_for")


class CatalogError(ValueError):
    """The catalogue cannot be used; the text names the entry and what is wrong with it."""


@dataclass(frozen=True)
class Variant:
    """One tag of a model: its complete name, its quantisation and the bytes to download."""

    name: str
    quantisation: str
    download_bytes: int


@dataclass(frozen=True)
class Model:
    """One model in all its quantisations.

    `tied_embeddings`: the file has one matrix for both input and output words, so each token reads all of it.
    `commercial`: the licence allows commercial use. `auto`: may be chosen without being named.
    """

    name: str
    parameters: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    hidden_size: int
    vocabulary: int
    tied_embeddings: bool
    licence: str
    commercial: bool
    good_for: str
    auto: bool
    variants: tuple[Variant, ...]

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes of one token in the key-value cache at f16: a key and a value of two bytes each number."""
        return 2 * self.layers * self.kv_heads * self.head_size * 2

    def variant(self, quantisation: str) -> Variant | None:
        """Return the first tag with this quantisation."""
        return next((one for one in self.variants if one.quantisation.lower() == quantisation.lower()), None)


@dataclass(frozen=True)
class Catalogue:
    """Models in order of size."""

    models: tuple[Model, ...]

    def find(self, name: str) -> tuple[Model, Variant] | None:
        """Return the model and its tag for a complete name; Ollama does not tell upper case from lower."""
        for model in self.models:
            for variant in model.variants:
                if variant.name.lower() == name.lower():
                    return model, variant
        return None


def read_catalogue(entries: Any) -> Catalogue:
    """Check a catalogue and return it. Raises CatalogError for the first entry that cannot be right."""
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise CatalogError(f"Could not read the catalogue: saw {type(entries).__name__} (needed: a list of models).")
    models = tuple(
        sorted((_model(entry, number) for number, entry in enumerate(entries, 1)), key=lambda m: m.parameters)
    )
    seen: set[str] = set()
    for name in (variant.name.lower() for model in models for variant in model.variants):
        if name in seen:
            raise _wrong(name, "is listed twice", "each tag once")
        seen.add(name)
    return Catalogue(models)


def _model(entry: Any, number: int) -> Model:
    if not isinstance(entry, Mapping):
        raise _wrong(f"number {number}", f"is {type(entry).__name__}", "a dictionary")
    name = str(entry.get("name") or f"number {number}")
    missing = [key for key in (*_TEXTS, *_NUMBERS, "quantisations") if not entry.get(key)]
    if missing:
        raise _wrong(name, f"has no {', '.join(missing)}", "name, shape, licence and quantisations of a model")
    for key in _NUMBERS:
        if not _is_count(entry[key]):
            raise _wrong(name, f"has {key} {entry[key]!r}", "a whole number above 0")
    parameters = int(entry["parameters"])
    shape: dict[str, Any] = {key: entry[key] for key in (*_TEXTS, *_NUMBERS)}
    return Model(
        **shape,
        tied_embeddings=bool(entry.get("tied_embeddings", False)),
        commercial=bool(entry.get("commercial", True)),
        auto=bool(entry.get("auto", False)),
        variants=tuple(_variant(name, parameters, tag, told) for tag, told in entry["quantisations"].items()),
    )


def _variant(name: str, parameters: int, tag: Any, told: Mapping[str, Any]) -> Variant:
    full = f"{name.split(':')[0]}:{tag}"
    try:
        canonical = ModelRef.parse(full).canonical
    except ModelNameError as error:
        raise _wrong(name, f"has the tag {tag!r}", str(error)) from error
    size, quantisation = told.get("bytes"), told.get("quantisation")
    if not _is_count(size) or not quantisation:
        raise _wrong(full, f"has bytes {size!r}, quantisation {quantisation!r}", "a whole number above 0, and a name")
    bits = int(str(size)) * 8 / parameters
    if not LEAST_BITS <= bits <= MOST_BITS:
        needed = f"{LEAST_BITS:g} to {MOST_BITS:g}; is the size given in bytes?"
        raise _wrong(full, f"has {bits:.3g} bits for each of its parameters", needed)
    return Variant(canonical, str(quantisation), int(str(size)))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _wrong(what: str, seen: str, needed: str) -> CatalogError:
    return CatalogError(f"Could not read the catalogue: entry {what} {seen} (needed: {needed}). Correct the entry.")
