# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Compare what WSL's virtual machine has now with what .wslconfig says: is a restart needed?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping

from ...host.values import MIB
from .wslconfig import meaning

HOW = (
    "The limits apply from the next start of WSL: close your work in Linux, then on Windows run: wsl --shutdown. "
    "It ends every distribution, and an Ansible that runs in one."
)
# The kernel and its page tables are not in MemTotal: measured, 164 MiB of 4096 and 371 of 16384 were missing.
_KERNEL_MIB, _KERNEL_PERCENT = 128, 4
# A swap area is shown without its header.
_SWAP_HEADER_MIB = 16


@dataclass(frozen=True)
class InForce:
    """As seen from inside; None = unknown. Sizes in MiB; `networking` as `wslinfo` says it."""

    memory_mib: int | None = None
    processors: int | None = None
    swap_mib: int | None = None
    networking: str | None = None

    @property
    def known(self) -> bool:
        return self.memory_mib is not None


def swap_total_mib(swaps: str) -> int:
    """WSL's own swap out of /proc/swaps: a disk. A file or zram is the distribution's own."""
    rows = [line.split() for line in swaps.splitlines()[1:]]
    return sum(int(row[2]) for row in rows if len(row) > 2 and re.match(r"/dev/(sd|vd)", row[0])) // 1024


def waiting(wanted: Mapping[str, str], now: InForce) -> tuple[str, ...]:
    """For each key of `wanted` that is known not to be in force: what is asked for and what is there."""
    seen = (("memory", now.memory_mib), ("swap", now.swap_mib))
    sizes = tuple(
        f"{key} is {size} MiB now ({wanted[key]} was asked for)"
        for key, size in seen
        if key in wanted and size is not None and not _fits(key, int(meaning(key, wanted[key]) or 0) // MIB, size)
    )
    words = (("processors", now.processors), ("networkingMode", now.networking))
    return sizes + tuple(
        f"{key} is {word} now ({wanted[key]} was asked for)"
        for key, word in words
        if key in wanted and word is not None and meaning(key, wanted[key]) != word
    )


def _fits(key: str, wanted_mib: int, seen_mib: int) -> bool:
    """What is seen from inside is a little less than what was given, never more."""
    missing = _SWAP_HEADER_MIB if key == "swap" else _KERNEL_MIB + wanted_mib * _KERNEL_PERCENT // 100
    return wanted_mib - missing <= seen_mib <= wanted_mib


def state(restart: bool, left: tuple[str, ...], readable: bool) -> str:
    """The sentence for the user. `readable`: also a WSL before 2.0 reads the file."""
    if not restart:
        return "The limits are in force."
    text = f"{HOW} Until then {', '.join(left)}." if left else HOW
    if not readable:
        text += " If that was done already: older WSL ignores a file with a byte order mark; save it as UTF-8 without."
    return text
