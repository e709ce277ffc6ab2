# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read what the look at the host found out, and the plan needs beside the wishes."""

from __future__ import annotations

from typing import Any, Mapping

from ..host.values import parse_bytes, parse_number
from ..ollama.model_name import ModelRef
from .wishes import Wishes, option

LAST_SECOND = 253_402_300_799  # of the year 9999, the last that can be written as a date
CLOCKS = ("clock_epoch_seconds", "control_before_epoch_seconds", "control_after_epoch_seconds")
SEEN = ("host", "store_user", "manifest_sizes", "models_present", "exposed_ports", *CLOCKS)


def read_seen(raw: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Return the fields of `Wishes` that are not wishes. A sentence for each that cannot be read goes to `problems`."""
    present = raw.get("models_present")
    return {
        "host": str(raw.get("host") or ""),
        "store_user": str(raw.get("store_user") or Wishes.store_user),
        "manifest_sizes": _sizes(raw.get("manifest_sizes") or {}, problems),
        "models_present": None if present is None else tuple(str(name) for name in present),
        "exposed_ports": tuple(int(port) for port in raw.get("exposed_ports") or ()),
        **{name: _clock(name, raw.get(name), problems) for name in CLOCKS},
    }


def _clock(name: str, value: Any, problems: list[str]) -> float | None:
    if value in (None, ""):
        return None
    found = parse_number(value)
    if found is None or not 0 <= found <= LAST_SECOND:
        problems.append(f"{option(name)} is '{value}' (needed: a number from 0 to {LAST_SECOND}). Correct it.")
        return None
    return found


def _sizes(sizes: Mapping[str, Any], problems: list[str]) -> dict[str, int]:
    found = {}
    for name, size in sizes.items():
        count = parse_bytes(size)
        if count is None:
            problems.append(f"{option('manifest_sizes')}, {name}: is '{size}' (needed: bytes). Correct it.")
        else:
            found[ModelRef.parse(str(name)).canonical] = count
    return found
