# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A clock that is wrong is named as such, and one that is right never is, however long the look took."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.plan.wishes import PlanError
from tests.unit.plan_cases import MAC, planned

NOW = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC
MINUTE, DAY = 60.0, 86_400.0


def plan_with(clock: float | None, before: float | None = NOW, after: float | None = NOW + 2, **changes: Any) -> Any:
    """Plan for a laptop whose clock was read between two times of the control node."""
    compared = {"control_before_epoch_seconds": before, "control_after_epoch_seconds": after}
    return planned({"clock_epoch_seconds": clock, **compared}, **changes)


def refused(clock: float, **changes: Any) -> str:
    with pytest.raises(PlanError) as caught:
        plan_with(clock, **changes)
    return str(caught.value)


def test_a_wrong_clock_is_named_with_both_times_and_the_way_out() -> None:
    assert refused(NOW + 400 * DAY) == (
        "Cannot plan laptop3: its clock says 2028-02-19 08:00:00 UTC, 400 days ahead of this machine's, which says "
        "2027-01-15 08:00:02 UTC (needed: at most 5 minutes apart, as certificates and signed lists of packages are "
        "valid for a limited time only); nothing was changed. Run 'sudo timedatectl set-ntp true' there or, where no "
        "time server can be reached, sudo date --utc --set '2027-01-15 08:00:02 UTC'. If this machine's clock is "
        "wrong, correct that one."
    )


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        pytest.param(NOW - 730 * DAY, "says 2025-01-15 08:00:00 UTC, 730 days behind this machine's", id="two-years"),
        pytest.param(0, "says 1970-01-01 00:00:00 UTC, 20833 days behind", id="no-battery"),
        pytest.param(NOW + 2 + 5 * MINUTE + 1, "5 minutes ahead of", id="just-ahead"),
        pytest.param(NOW - 5 * MINUTE - 1, "5 minutes behind", id="just-behind"),
        pytest.param(NOW + 3600 + 2, "60 minutes ahead of", id="summer-time"),
        pytest.param(NOW - 7 * 3600, "7 hours behind", id="time-zone"),
    ],
)
def test_ahead_and_behind(clock: float, words: str) -> None:
    assert words in refused(clock)


@pytest.mark.parametrize(
    ("clock", "after"),
    [
        pytest.param(NOW + 1, NOW + 2, id="right"),
        pytest.param(NOW + 2 + 5 * MINUTE, NOW + 2, id="just-within-ahead"),
        pytest.param(NOW - 5 * MINUTE, NOW + 2, id="just-within-behind"),
        pytest.param(NOW + 1, NOW + 30 * MINUTE, id="answered-at-once-and-waited-for-others"),
        pytest.param(NOW + 30 * MINUTE, NOW + 30 * MINUTE, id="hard-to-reach"),
    ],
)
def test_a_right_clock_is_never_in_the_way(clock: float, after: float) -> None:
    assert plan_with(clock, after=after) == planned()


@pytest.mark.parametrize("missing", ["clock", "before", "after"])
def test_what_nobody_compared_is_not_refused(missing: str) -> None:
    assert plan_with(**{"clock": NOW + 400 * DAY, missing: None}) == planned()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            {"virtualization": "wsl2"}, "Run 'sudo hwclock --hctosys' there, which takes Windows' time.", id="wsl2"
        ),
        pytest.param(MAC, "Run 'sudo sntp -sS time.apple.com' there.", id="mac"),
    ],
)
def test_the_way_out_is_that_of_the_system(changes: dict[str, Any], words: str) -> None:
    assert words in refused(NOW + DAY, **changes)


def test_it_is_named_before_all_else() -> None:
    assert "2 problems. (1) its clock says" in refused(NOW + DAY, architecture="armv7l")
