# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read values as people write them (3GiB, yes, 0.33.0), and show numbers as people read them."""

from __future__ import annotations

import math
import re
from typing import Any, Tuple

from ansible.module_utils.parsing.convert_bool import boolean  # type: ignore[import-untyped]

MIB = 1024**2
GIB = 1024**3
GB = 10**9

Version = Tuple[int, int, int]

_UNITS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgt", 1):
    # A bare letter means the binary unit, as in Docker's mem_limit and systemd's MemoryMax.
    _UNITS.update({_letter: 1024**_power, f"{_letter}ib": 1024**_power, f"{_letter}b": 1000**_power})


def parse_bytes(value: Any) -> int | None:
    """Return the bytes of 2147483648, "3GiB", "512M" or "1.5 GB"; None for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", str(value).strip().lower())
    if found is None or found.group(2) not in _UNITS:
        return None
    count = float(found.group(1)) * _UNITS[found.group(2)]
    return int(count) if math.isfinite(count) else None


def parse_number(value: Any) -> float | None:
    """Return a finite number, also from text as option `-e` gives it; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def parse_bool(value: Any) -> bool | None:
    """Return a switch as Ansible reads it, which also takes "y", "t", 1.0 and their opposites; None for others."""
    try:
        return bool(boolean(value))
    except TypeError:
        return None


def parse_version(text: str) -> Version:
    """Return the numbers of "0.33.0" or "v0.33.0-rc2". Raises ValueError."""
    found = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:-[0-9A-Za-z.-]+)?", text.strip())
    if found is None:
        raise ValueError(text)
    major, minor, patch = found.groups()
    return int(major), int(minor), int(patch or 0)


def gigabytes(count: float) -> str:
    """Return "2.6 GB": decimal, as on the pages that offer models; small amounts in MB."""
    return f"{count / GB:.1f} GB" if abs(count) >= GB else f"{count / 10**6:.0f} MB"


def tokens(speed: float) -> str:
    """Return a speed without more digits than a prediction of +-25 % is good for."""
    return f"{speed:.0f}" if speed >= 10 else f"{speed:.1f}"
