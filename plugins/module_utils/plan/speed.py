# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""How fast a model answers on a CPU: the memory's read speed decides.

Measured with llama.cpp on two Zen 4 cores, eight shapes: seconds for a token = 1.2 * bytes read / bandwidth + 8 ms,
within +-14 %. Shown as +-25 %, because the bandwidth itself varies with what else runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..look.capacity import HostCapacity
from .catalog import Model, Variant

OVERHEAD = 1.2
SECONDS_PER_TOKEN = 0.008
# The smallest model measured had 346 MB. For much smaller ones the memory no longer decides the time for a token.
LEAST_PREDICTED_BYTES = 100_000_000
# Bits of one number in the matrix that turns words into vectors; 4.5 where a quantisation is not listed.
EMBEDDING_BITS = {"q2_K": 2.625, "q8_0": 8.5, "f16": 16.0}
# Measured, about three quarters of the rated values. Of each kind the slowest, so that a prediction is not too high.
ONE_DDR4_MODULE = 17e9
APPLE_SILICON = 50e9


@dataclass(frozen=True)
class Bandwidth:
    """Bytes a second that the memory gives to sequential reading, and where the figure comes from."""

    bytes_per_second: float
    source: str


def bandwidth(host: HostCapacity) -> Bandwidth:
    """Return the measured bandwidth, or the one of the slowest memory that such a host has."""
    measured = host.memory_bandwidth_bytes_per_second
    if measured:
        return Bandwidth(measured, "measured")
    if host.system == "darwin" and host.architecture == "arm64":
        return Bandwidth(APPLE_SILICON, "not measured: that of Apple's M1 was taken")
    return Bandwidth(ONE_DDR4_MODULE, "not measured: that of a single DDR4 module was taken")


def bytes_per_token(model: Model | None, variant: Variant) -> int:
    """Return the bytes that are read for each token: all but the word vectors, where these are a separate matrix."""
    if model is None or model.tied_embeddings:
        return variant.download_bytes
    bits = EMBEDDING_BITS.get(variant.quantisation, 4.5)
    return variant.download_bytes - int(model.vocabulary * model.hidden_size * bits / 8)


def tokens_per_second(read_bytes: int, memory: Bandwidth) -> float | None:
    """Return the predicted speed of writing, rounded to a tenth; None for a model too small for the formula."""
    if read_bytes < LEAST_PREDICTED_BYTES:
        return None
    return round(1 / (OVERHEAD * read_bytes / memory.bytes_per_second + SECONDS_PER_TOKEN), 1)
