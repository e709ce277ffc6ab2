# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Compare two snapshots of a laptop; `files/snapshot` takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_PATTERNS = 15


@dataclass(frozen=True)
class Allowed:
    """A difference that is allowed: a regular expression for the whole fact, and the reason."""

    pattern: str
    reason: str


def differences(before: str, after: str) -> list[str]:
    """Facts that went ("- ...") and that came ("+ ..."), in their order."""
    former, latter = set(before.splitlines()), set(after.splitlines())
    found = [(fact, "-") for fact in former - latter] + [(fact, "+") for fact in latter - former]
    return [f"{sign} {fact}" for fact, sign in sorted(found)]


def unexpected(found: Iterable[str], allowed: Iterable[Allowed]) -> list[str]:
    """Differences that no pattern allows."""
    patterns = [re.compile(each.pattern) for each in allowed]
    return [line for line in found if not any(pattern.fullmatch(line[2:]) for pattern in patterns)]


def read_allowed(entries: Iterable[dict[str, str]]) -> list[Allowed]:
    """The list from a data file; ValueError if it is too long or an entry has no reason."""
    allowed = [Allowed(**entry) for entry in entries]
    if len(allowed) > MOST_PATTERNS:
        raise ValueError(f"{len(allowed)} patterns (at most {MOST_PATTERNS} may be: what we leave behind stays short)")
    if missing := [each.pattern for each in allowed if len(each.reason.split()) < 3]:
        raise ValueError(f"no reason for {', '.join(missing)} (a sentence was needed)")
    return allowed
