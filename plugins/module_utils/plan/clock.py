# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Compare a host's clock with the control node's."""

from __future__ import annotations

from datetime import datetime, timezone

from ..look.capacity import HostCapacity
from .wishes import Wishes

# Certificates and signed lists of packages are not valid before they were made. Those that a run fetches are older.
TOLERANCE_SECONDS = 300


def clock_problem(host: HostCapacity, wishes: Wishes) -> str:
    """Return what is wrong with the host's clock; "" where it is right, or where nobody compared it.

    The control node's clock was read before and after the host's. A time between the two is right, however long the way
    to the host, or the wait for other hosts, took.
    """
    seen = wishes.clock_epoch_seconds
    before, after = wishes.control_before_epoch_seconds, wishes.control_after_epoch_seconds
    if seen is None or before is None or after is None:
        return ""
    right = min(max(seen, before), after)
    if abs(seen - right) <= TOLERANCE_SECONDS:
        return ""
    side = "ahead of" if seen > right else "behind"
    return (
        f"its clock says {_date(seen)}, {_amount(abs(seen - right))} {side} this machine's, which says {_date(right)} "
        f"(needed: at most {TOLERANCE_SECONDS // 60} minutes apart, as certificates and signed lists of packages are "
        f"valid for a limited time only); nothing was changed. {_cure(host, after)} If this machine's clock is wrong, "
        "correct that one."
    )


def _cure(host: HostCapacity, now: float) -> str:
    if host.virtualization == "wsl2":  # its clock stands still while Windows sleeps
        return "Run 'sudo hwclock --hctosys' there, which takes Windows' time."
    if host.system == "darwin":
        return "Run 'sudo sntp -sS time.apple.com' there."
    by_hand = f"sudo date --utc --set '{_date(now)}'"
    return f"Run 'sudo timedatectl set-ntp true' there or, where no time server can be reached, {by_hand}."


def _date(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _amount(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 60:.0f} minutes"
