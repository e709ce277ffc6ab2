# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Packages whose installation was interrupted: somebody's are named, our own are finished. Pure."""

from __future__ import annotations

from .entries import Ledger

QUESTION = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n"]
# Nobody is there to answer questions: settings that somebody changed stay.
FINISH = ["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "--force-confdef", "--force-confold", "-a"]
# Other packages may wait for triggers of these: they are finished with them.
_HALF = ("half-installed", "unpacked", "half-configured")


def interrupted(answer: str) -> list[str]:
    """Names of half installed packages in the answer to QUESTION; the same for two architectures counts once."""
    rows = [line.split() for line in answer.splitlines()]
    return sorted({row[0] for row in rows if len(row) == 2 and row[1] in _HALF})


def announced(ledger: Ledger) -> frozenset[str]:
    """Packages that a run of ours was about to install, and did not live to see installed."""
    ours = [each for each in ledger.entries if each.kind == "package" and each.after is None]
    return frozenset(each.name for each in ours if each.before["state"] == "absent")
