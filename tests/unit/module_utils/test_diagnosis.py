# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A slow answer is explained, a good one is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.prove.diagnosis import Activity, likely_causes

QUIET = Activity(cores=4, others_cores=0.05, steal_cores=0.0, throttled_share=0.0, heat_events=0, clock_share=0.95)


def quiet(**changes: Any) -> Activity:
    return Activity(**{**QUIET.as_dict(), **changes})


@pytest.mark.parametrize(
    ("seen", "threads", "words"),
    [
        pytest.param(quiet(others_cores=1.8), 4, "other programs took 1.8 of 4 cores", id="busy CPU"),
        pytest.param(quiet(steal_cores=0.9), 4, "virtual machine's host kept 0.9 of 4 cores", id="stolen"),
        pytest.param(quiet(throttled_share=0.4), 4, "CPU quota stopped it for 40% of the time", id="quota"),
        pytest.param(quiet(heat_events=3, clock_share=0.4), 4, "got hot", id="heat comes before a slow clock"),
        pytest.param(quiet(clock_share=0.45), 4, "ran at 45% of its frequency", id="slow clock"),
        pytest.param(quiet(server_swap_bytes=900_000_000), 4, "900 MB of the model are in swap", id="model in swap"),
        pytest.param(quiet(swapped_in_bytes=50_000_000), 4, "the host swaps (50 MB", id="host swaps"),
        pytest.param(QUIET, 8, "8 threads on 4 usable cores", id="threads above cores"),
        pytest.param(QUIET, 4, "may compute with slow code", id="nothing else: the backend"),
        pytest.param(Activity(), None, "may compute with slow code", id="nothing could be read"),
    ],
)
def test_a_slow_answer_gets_its_likely_cause(seen: Activity, threads: int | None, words: str) -> None:
    causes = likely_causes(5.0, 20.0, seen, threads, 4)
    assert len(causes) == 1
    assert causes[0].startswith("5.0 tokens/s, 25% of the 20 predicted. Likely cause: ")
    assert words in causes[0]


def test_several_causes_are_all_named() -> None:
    causes = likely_causes(1.0, 20.0, quiet(others_cores=2.0, swapped_in_bytes=4096), 8, 4)
    assert [next(word for word in ("threads", "programs took", "swaps") if word in each) for each in causes] == [
        "threads",
        "programs took",
        "swaps",
    ]


@pytest.mark.parametrize(
    ("measured", "predicted"),
    [
        pytest.param(8.0, 20.0, id="just fast enough"),
        pytest.param(30.0, 20.0, id="faster"),
        pytest.param(0.1, None, id="nothing predicted"),
        pytest.param(0.1, 0, id="nothing predicted, as the role says it"),
        pytest.param(0.0, 20.0, id="nothing measured"),
    ],
)
def test_no_cause_is_looked_for_without_need(measured: float, predicted: float | None) -> None:
    assert likely_causes(measured, predicted, quiet(others_cores=4.0), 8, 4) == []


def test_the_limit_is_four_tenths() -> None:
    assert likely_causes(7.99, 20.0, QUIET, 4, 4) != []


def test_an_activity_survives_its_json_form_and_unknown_keys() -> None:
    assert Activity.from_dict({**QUIET.as_dict(), "later": 1}) == QUIET
    assert Activity.from_dict({}) == Activity()
