# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What role docker_engine reads in the output of programs, and the entries that it gives to the ledger."""

from __future__ import annotations

import re
from typing import Iterable, Sequence

# systemd's own lines say that the unit failed, not why.
_CAUSE = re.compile(r"failed|unable|error")


def cause_in_log(lines: Sequence[str], unit: str) -> str:
    """Return the last line of a unit's log that names a fault; without one its last line, "" if there is none."""
    told = [line for line in lines if _CAUSE.search(line) and f"{unit}: " not in line and "Failed to start" not in line]
    return (told or list(lines) or [""])[-1]


def running_containers(lines: Iterable[str]) -> list[str]:
    """Return the names in lines such as "container web 0a1b2c running"."""
    rows = (line.split() for line in lines)
    return [row[1] for row in rows if row[0:1] == ["container"] and row[-1] == "running"]


def ledger_entries(names: Iterable[str], kind: str, why: str) -> list[dict[str, str]]:
    """Return an entry of module ledger for each name."""
    return [{"kind": kind, "name": name, "why": why} for name in names]
