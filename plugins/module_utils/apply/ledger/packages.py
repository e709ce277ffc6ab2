# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Packages whose installation was interrupted: ours are finished, somebody else's are named."""

from __future__ import annotations

from .entries import Ledger

QUESTION = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n"]
# Nobody can answer questions of dpkg: settings that somebody changed stay.
FINISH = ["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "--force-confdef", "--force-confold", "-a"]
# Packages that wait for triggers of these are not named: dpkg finishes them together.
_HALF = ("half-installed", "unpacked", "half-configured")


def interrupted(answer: str) -> list[str]:
    """Return the unfinished packages in the answer to QUESTION; one with two architectures counts once."""
    rows = [line.split() for line in answer.splitlines()]
    return sorted({row[0] for row in rows if len(row) == 2 and row[1] in _HALF})


def announced(ledger: Ledger) -> frozenset[str]:
    """Return the packages that an interrupted run of nogpu had recorded, but not yet installed."""
    ours = [each for each in ledger.entries if each.kind == "package" and each.after is None]
    return frozenset(each.name for each in ours if each.before["state"] == "absent")
