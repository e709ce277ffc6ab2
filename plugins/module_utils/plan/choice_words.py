# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What is said about a choice of models: reasons, warnings and refusals."""

from __future__ import annotations

from typing import Sequence

from ..host.values import gigabytes, tokens
from .candidates import Candidate, Room, candidate, disk_need
from .catalog import Catalogue
from .memory import longest_context
from .settings import effective_kv_type
from .wishes import option

LOW_BITS = ("q2_", "q3_")


def bandwidth(room: Room) -> str:
    return f"Memory bandwidth {room.bandwidth.bytes_per_second / 1e9:.0f} GB/s, {room.bandwidth.source}."


def numbers(one: Candidate, room: Room) -> str:
    """Return the arithmetic of one model, without a full stop."""
    if one.need is None:
        return f"{one.name} is not in the catalogue, so its size is not known yet"
    memory = f"{one.name} needs {gigabytes(one.need.alone)} of {gigabytes(room.memory.room)}"
    if one.tokens_per_second is None:
        return f"{memory}, too small to predict its speed"
    speed = f"{tokens(one.tokens_per_second)} +-25 % tokens/s"
    return f"{memory}, predicted {speed}, wanted {room.wishes.min_tokens_per_second:g}"


def chosen(one: Candidate) -> str:
    return f"Chosen: {one.name}, good for {one.model.good_for if one.model else 'what it is'}."


def named_reason(one: Candidate, room: Room) -> str:
    return f"{numbers(one, room)}: named in {option('models')}."


def named_warnings(one: Candidate, room: Room) -> list[str]:
    if one.need is None:
        return [f"The size of {one.name} is unknown until its manifest is read: whether it fits was not checked."]
    found = _size_warning(one)
    if one.tokens_per_second is None or one.is_fast_enough(room):
        return found
    return [
        *found,
        f"{one.name} is predicted {tokens(one.tokens_per_second)} +-25 % tokens/s "
        f"({room.wishes.min_tokens_per_second:g} wanted). A smaller model answers faster.",
    ]


def _size_warning(one: Candidate) -> list[str]:
    """Say where a manifest and the catalogue differ by more than a tenth: one of them is another model."""
    if not one.listed_bytes or abs(one.download_bytes - one.listed_bytes) <= one.listed_bytes / 10:
        return []
    return [
        f"The manifest of {one.name} says {gigabytes(one.download_bytes)}, the catalogue "
        f"{gigabytes(one.listed_bytes)}: the plan uses the size in the manifest."
    ]


def none_fast_enough(smallest: Candidate, room: Room) -> str:
    return (
        f"No model reaches {room.wishes.min_tokens_per_second:g} tokens/s here: {smallest.name}, the smallest, "
        f"is predicted {tokens(smallest.tokens_per_second or 0)} +-25 %."
    )


def licence_warning(one: Candidate) -> list[str]:
    if one.model is None or one.model.commercial:
        return []
    return [f"{one.name} has the licence {one.model.licence}: no commercial use. Name another model for work."]


def low_bits_warning(models: Sequence[Candidate]) -> list[str]:
    low = [one.name for one in models if one.variant and one.variant.quantisation.startswith(LOW_BITS)]
    return [
        f"{name} has fewer than 4 bits for each weight: answers get worse, mostly in other languages than English."
        for name in low
    ]


def named_problem(catalogue: Catalogue, one: Candidate, room: Room) -> str:
    """Say why a named model does not fit the memory, and what would."""
    if one.need is None:
        return f"there is no memory for a model (needed: {_at_most(room)}). {_free_memory()}"
    wishes = room.wishes
    context = longest_context(
        one.model, one.need.weights, wishes.context, wishes.parallel, effective_kv_type(wishes), room.memory.room
    )
    slots = f"{wishes.parallel} x {wishes.context}" if wishes.parallel > 1 else str(wishes.context)
    seen = (
        f"{one.name} needs {gigabytes(one.need.alone)}, {gigabytes(one.need.kv)} of it for a context of {slots} tokens"
    )
    then = f"Set {option('context_length')} to {context} or less." if context else _nearest(catalogue, one, room)
    return f"{seen} (needed: {_at_most(room)}). {then}"


def nothing_fits(smallest: Candidate, room: Room) -> str:
    if smallest.fits_memory(room) or smallest.need is None:
        return disk_problem([smallest], room)
    takes = gigabytes(smallest.need.alone)
    return f"no model fits: the smallest, {smallest.name}, needs {takes} (needed: {_at_most(room)}). {_free_memory()}"


def nothing_offered(room: Room) -> str:
    asked = f" in {room.wishes.quantisation}" if room.wishes.quantisation else ""
    return (
        f"{option('models')} is auto, but the catalogue offers no model{asked} for it (needed: one with 'auto: true'). "
        f"Name a model in {option('models')}."
    )


def disk_problem(models: Sequence[Candidate], room: Room) -> str:
    downloads = sum(one.missing_bytes for one in models)
    names = ", ".join(one.name for one in models if not one.present)
    return (
        f"{room.disk_path} has {gigabytes(room.disk_free or 0)} free, and {names} takes {gigabytes(downloads)} to "
        f"download (needed: {gigabytes(disk_need(downloads))} free, 10 % and 1 GiB more). Free space there, or name a "
        "smaller model."
    )


def _nearest(catalogue: Catalogue, one: Candidate, room: Room) -> str:
    """Name the largest model that fits, of the same family if there is one."""
    family = one.name.split(":")[0]
    fitting = [candidate(model, model.variants[0], room) for model in catalogue.models]
    fitting = [other for other in fitting if other.fits_memory(room)]
    if not fitting:
        return f"No model of the catalogue fits. {_free_memory()}"
    best = max(fitting, key=lambda other: (other.name.split(":")[0] == family, other.parameters))
    takes = f" ({gigabytes(best.need.alone)})" if best.need else ""
    return f"Set {option('models')} to {best.name}{takes}, the nearest that fits, or to auto."


def _at_most(room: Room) -> str:
    memory = room.memory
    return (
        f"at most {gigabytes(memory.room)}: {gigabytes(memory.available or 0)} available, "
        f"of which the system keeps {gigabytes(memory.reserve)}"
    )


def _free_memory() -> str:
    return f"Close other programs, or lower {option('memory_reserve')}."
