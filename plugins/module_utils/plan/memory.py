# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""How much memory a model needs, how much a host can give, and the limit that follows.

The formulas were measured with Ollama 0.9.3 on a CPU, where weights are anonymous memory: they give an upper bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

from ..host.values import GIB, MIB
from ..look.capacity import HostCapacity
from .catalog import Model

SERVER_BYTES = 100 * 10**6
RUNNER_BYTES = 60 * 10**6
# The compute buffer holds rows of 4 bytes for a batch of 512 tokens.
COMPUTE_BYTES = 512 * 4
# Size of the key-value cache against f16.
KV_SHARE = {"f16": 1.0, "q8_0": 0.53, "q4_0": 0.28}

# For a model of known size and unknown shape, the shape of an 8B model is assumed. It is larger than most.
UNKNOWN_KV_BYTES_PER_TOKEN = 128 * 1024
UNKNOWN_VOCABULARY = 151936
UNKNOWN_HEADS = 32
# The limit for a model of unknown size, where the host can give it.
UNKNOWN_LIMIT_BYTES = 4 * GIB

LEAST_RESERVE_BYTES = 2 * GIB
RESERVE_SHARE = 0.2
HEADROOM = 1.15
LIMIT_STEP_BYTES = 64 * MIB
# The part of its memory that an idle laptop has available.
IDLE_SHARE = 0.7


@dataclass(frozen=True)
class Need:
    """Bytes of one loaded model, without the server that all models share."""

    weights: int
    kv: int
    compute: int

    @property
    def loaded(self) -> int:
        return self.weights + self.kv + self.compute + RUNNER_BYTES

    @property
    def alone(self) -> int:
        """Bytes of this model and the server."""
        return self.loaded + SERVER_BYTES


def need(model: Model | None, weights: int, context: int, parallel: int, kv_type: str) -> Need:
    """Return what weights of a size need with a context; `model` is None where only the size is known."""
    per_token = model.kv_bytes_per_token if model else UNKNOWN_KV_BYTES_PER_TOKEN
    vocabulary, heads = (model.vocabulary, model.heads) if model else (UNKNOWN_VOCABULARY, UNKNOWN_HEADS)
    slots = context * parallel
    return Need(weights, int(slots * per_token * KV_SHARE[kv_type]), max(vocabulary, heads * slots) * COMPUTE_BYTES)


@dataclass(frozen=True)
class Budget:
    """Bytes that a host has, keeps for itself, and can give; `available` is None when nothing could be read."""

    available: int | None
    reserve: int

    @property
    def room(self) -> int:
        return max(0, (self.available or 0) - self.reserve)


def budget(host: HostCapacity, reserve: int | None, ours_runs: bool) -> Budget:
    """Return what a host can give. `reserve` is None for the larger of 2 GiB and a fifth of the memory.

    While our own server runs, it holds part of what is missing. It counts as available, or a second run would plan
    a smaller model than the first: the host is taken to be as free as an idle one.
    """
    totals = [size for size in (host.memory_total_bytes, host.memory_limit_bytes) if size is not None]
    total = min(totals, default=None)
    available = host.memory_available_bytes if host.memory_available_bytes is not None else total
    if ours_runs and available is not None and total is not None:
        available = max(available, int(total * IDLE_SHARE))
    if reserve is None:
        reserve = max(LEAST_RESERVE_BYTES, int(RESERVE_SHARE * (total or 0)))
    return Budget(available, reserve)


def together(needs: Sequence[Need], loaded: int) -> int:
    """Return the bytes of the server with its `loaded` largest models."""
    return SERVER_BYTES + sum(sorted((one.loaded for one in needs), reverse=True)[:loaded])


def limit(needed: int, page_cache: int, room: int) -> int:
    """Return the memory limit in bytes: need, 15 % and, if there is room, the page cache of the largest download.

    Ollama takes page cache for used memory, so that after a pull a tight limit refuses to load the model. In steps,
    and not all of the room, because the room differs from run to run and each change restarts the server.
    """
    for wanted in (int(needed * HEADROOM) + page_cache, int(needed * HEADROOM)):
        rounded = math.ceil(wanted / LIMIT_STEP_BYTES) * LIMIT_STEP_BYTES
        if rounded <= room:
            return rounded
    return room // MIB * MIB


def longest_context(
    model: Model | None, weights: int, context: int, parallel: int, kv_type: str, room: int
) -> int | None:
    """Halve a context until it fits the room, and return it; None below 512 tokens."""
    while context >= 512:
        if need(model, weights, context, parallel, kv_type).alone <= room:
            return context
        context //= 2
    return None
