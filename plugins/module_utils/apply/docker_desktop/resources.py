# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a virtual machine for Docker may have of its host: the figures behind C(max) and the refusals. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

MIB = 2**20
MAX = "max"
# A host without this much swaps, and Docker Desktop has locked people out of their settings.
LEAST_RESERVE_MIB = 2048
RESERVE_PERCENT = 20
LEAST_MEMORY_MIB = 512
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([KMGT])(?:i?B)?|B)?", re.IGNORECASE)
_FACTORS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


class ResourceError(ValueError):
    """A wish that the host cannot or must not grant; the text is a sentence for the user."""


@dataclass(frozen=True)
class Host:
    """The machine around the virtual machine; None = unknown. `reserve_bytes` None = max(2 GiB, 20 %)."""

    memory_bytes: int | None = None
    cores: int | None = None
    reserve_bytes: int | None = None

    @property
    def memory_mib(self) -> int | None:
        return None if self.memory_bytes is None else self.memory_bytes // MIB

    def reserve_mib(self, total_mib: int) -> int:
        """What the system keeps of `total_mib`, rounded up."""
        if self.reserve_bytes is not None:
            return -(-self.reserve_bytes // MIB)
        return max(LEAST_RESERVE_MIB, -(-total_mib * RESERVE_PERCENT // 100))


def size_bytes(text: str, option: str) -> int:
    """Bytes of "8GiB", "8GB" (1024-based as well), "512M" or a plain number of bytes. Raises ResourceError."""
    match = _SIZE.fullmatch(text.strip())
    size = int(float(match[1]) * _FACTORS[(match[2] or "").upper()]) if match else -1
    if match is None or 0 < size < MIB:
        seen = "less than 1 MiB" if match else "no size"
        raise ResourceError(f"'{option}' is \"{text}\": {seen} (such as 8GiB was needed). Write it with its unit.")
    return size


def host(memory_bytes: int | None, cores_there: int | None, reserve: str | None) -> Host:
    """The host as a module's options describe it; `reserve` such as "3GiB". Raises ResourceError."""
    return Host(memory_bytes, cores_there, None if reserve is None else size_bytes(reserve, "memory_reserve"))


def size_mib(text: str, option: str) -> int:
    """The same in whole MiB, rounded down."""
    return size_bytes(text, option) // MIB


def memory_mib(wish: str, host: Host, label: str) -> int:
    """Memory of the virtual machine. `label`: what the figure is called where it is written.

    Raises ResourceError if too little is left for the system, or if V(max) is asked of a host of unknown size.
    A figure for such a host is taken as it is.
    """
    total = host.memory_mib
    if total is None:
        if wish == MAX:
            raise ResourceError(
                "'memory' is \"max\", but the host's memory is unknown (it was needed to leave the system its share). "
                "Set 'host_memory_bytes', or give 'memory' a figure such as 8GiB."
            )
        return _enough(size_mib(wish, "memory"), label)
    reserve = host.reserve_mib(total)
    if wish == MAX:
        return _enough(total - reserve, label)
    figure = _enough(size_mib(wish, "memory"), label)
    if total - figure < reserve:
        raise ResourceError(
            f"{label} {figure} of {total} leaves {total - figure} MiB for the system (needed: {reserve}). "
            f"Set 'memory' to {total - reserve}MiB or less, or lower 'memory_reserve'."
        )
    return figure


def cores(wish: str, host: Host, option: str, label: str) -> int:
    """Processors of the virtual machine. Raises ResourceError for more than the host has, or unknown V(max)."""
    if wish == MAX:
        if host.cores is None:
            raise ResourceError(
                f"'{option}' is \"max\", but the number of the host's cores is unknown. Set 'host_cores', or give "
                f"'{option}' a number."
            )
        return host.cores
    if not re.fullmatch(r"[1-9]\d{0,4}", wish.strip()):
        raise ResourceError(f"'{option}' is \"{wish}\" (a whole number from 1, or max, was needed). Correct it.")
    if host.cores is not None and int(wish) > host.cores:
        raise ResourceError(f"{label} {wish} is more than the host has ({host.cores}). Set '{option}' to max or less.")
    return int(wish)


def swap_mib(wish: str, memory: int | None) -> int:
    """Swap of the virtual machine; V(max) is as much as its `memory` (MiB). Raises ResourceError."""
    if wish != MAX:
        return size_mib(wish, "swap")
    if memory is None:
        raise ResourceError("'swap' is \"max\" (as much as 'memory'), but no memory is set. Set 'memory' as well.")
    return memory


def _enough(figure: int, label: str) -> int:
    if figure < LEAST_MEMORY_MIB:
        raise ResourceError(
            f"{label} {figure} is too little for Docker (needed: at least {LEAST_MEMORY_MIB}). Set 'memory' higher, "
            "or use a host with more memory."
        )
    return figure
