# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""How much of its host a virtual machine for Docker may have: what "max" means, and what is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...host.values import MIB, parse_bytes

MAX, AUTO = "max", "auto"
# A host with less than this swaps, and Docker Desktop then did not let people change its settings any more.
LEAST_RESERVE_MIB = 2048
RESERVE_PERCENT = 20
LEAST_MEMORY_MIB = 512


class ResourceError(ValueError):
    """Something is asked for that the host cannot give; the text is a sentence for the user."""


@dataclass(frozen=True)
class Host:
    """The machine around the virtual one; None = unknown. `reserve_bytes` None = the larger of 2 GiB and 20 %."""

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
    """Bytes of "8GiB", "8GB" (8,000,000,000), "512M" (512 MiB) or a plain number. Raises ResourceError."""
    size = parse_bytes(text)
    if size is None or 0 < size < MIB:
        seen = "not a size" if size is None else "less than 1 MiB"
        raise ResourceError(f"'{option}' is \"{text}\": {seen} (such as 8GiB was needed). Write it with its unit.")
    return size


def host(memory_bytes: int | None, cores_there: int | None, reserve: str | None) -> Host:
    """The host as a module's options describe it; `reserve` such as "3GiB", or "auto". Raises ResourceError."""
    automatic = reserve is None or reserve.strip().lower() == AUTO
    return Host(memory_bytes, cores_there, None if automatic else size_bytes(str(reserve), "memory_reserve"))


def size_mib(text: str, option: str) -> int:
    """Whole MiB of such a size, rounded down. Raises ResourceError."""
    return size_bytes(text, option) // MIB


def memory_mib(wish: str, host: Host, label: str) -> int:
    """Memory of the virtual machine. `label`: what the figure is called where it is written.

    Raises ResourceError if too little is left for the system, or for "max" on a host of unknown size.
    For such a host a figure is used as it is.
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
    """Processors of the virtual machine. Raises ResourceError for more than the host has, or unknown "max"."""
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
    """Swap of the virtual machine; "max" is as much as its `memory` (MiB). Raises ResourceError."""
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
