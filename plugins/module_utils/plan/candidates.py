# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a model needs on a host, and whether the host has it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..host.values import GIB
from .catalog import Catalogue, Model, Variant
from .memory import Budget, Need, need
from .settings import effective_kv_type
from .speed import Bandwidth, bytes_per_token, tokens_per_second
from .wishes import Wishes

DISK_SHARE = 1.1
DISK_SPARE_BYTES = GIB


@dataclass(frozen=True)
class Room:
    """What the models share: memory, disk (None: not known, or not asked), bandwidth and the person's wishes."""

    memory: Budget
    disk_free: int | None
    disk_path: str
    bandwidth: Bandwidth
    wishes: Wishes

    def has_disk_for(self, downloads: int) -> bool:
        return self.disk_free is None or downloads == 0 or disk_need(downloads) <= self.disk_free


@dataclass(frozen=True)
class Candidate:
    """One tag and what it would need here; `variant` and `need` are None where its size is not known.

    `tokens_per_second` is None where no speed can be predicted, `present` says if it is on the laptop already,
    `listed_bytes` is the catalogue's size, 0 where it has none.
    """

    name: str
    model: Model | None
    variant: Variant | None
    need: Need | None
    tokens_per_second: float | None
    present: bool = False
    listed_bytes: int = 0

    @property
    def download_bytes(self) -> int:
        """Bytes of the whole model, whether it is there or not."""
        return self.variant.download_bytes if self.variant else 0

    @property
    def missing_bytes(self) -> int:
        """Bytes that must still be downloaded."""
        return 0 if self.present else self.download_bytes

    @property
    def parameters(self) -> int:
        return self.model.parameters if self.model else 0

    def fits_memory(self, room: Room) -> bool:
        """Say if it fits; what has an unknown size fits wherever there is any room."""
        return room.memory.room > 0 if self.need is None else self.need.alone <= room.memory.room

    def is_fast_enough(self, room: Room, margin: float = 1.0) -> bool:
        """Say if it reaches `margin` times the wished speed; what cannot be predicted does."""
        return self.tokens_per_second is None or self.tokens_per_second >= margin * room.wishes.min_tokens_per_second

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the prediction, null where the size is not known."""
        if self.variant is None or self.need is None:
            return dict.fromkeys(("tokens_per_second", "needed_bytes", "context_bytes", "download_bytes"))
        return {
            "tokens_per_second": self.tokens_per_second,
            "needed_bytes": self.need.alone,
            "context_bytes": self.need.kv,
            "download_bytes": self.variant.download_bytes,
        }


def disk_need(downloads: int) -> int:
    """Return the free bytes to ask for: Ollama reserves nothing, and a full disk breaks later pulls too."""
    return int(downloads * DISK_SHARE) + DISK_SPARE_BYTES


def named(catalogue: Catalogue, name: str, room: Room) -> Candidate:
    """Return the candidate of a complete name. A size from its manifest is better than the catalogue's."""
    model, variant = catalogue.find(name) or (None, Variant(name, "", 0))
    if not variant.download_bytes and not room.wishes.manifest_sizes.get(name):
        return Candidate(name, None, None, None, None)
    return candidate(model, replace(variant, name=name), room)


def candidate(model: Model | None, listed: Variant, room: Room) -> Candidate:
    """Return what a tag needs here; `model` is None where only its size is known."""
    wishes = room.wishes
    variant = replace(listed, download_bytes=wishes.manifest_sizes.get(listed.name) or listed.download_bytes)
    takes = need(model, variant.download_bytes, wishes.context, wishes.parallel, effective_kv_type(wishes))
    speed = tokens_per_second(bytes_per_token(model, variant), room.bandwidth)
    present = variant.name in (wishes.models_present or ())
    return Candidate(variant.name, model, variant, takes, speed, present, listed.download_bytes)
