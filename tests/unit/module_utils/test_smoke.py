# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The smoke test's record for people and later steps."""

from __future__ import annotations

from typing import Any

from plugins.filter.smoke_result import FilterModule
from plugins.module_utils.prove.smoke import smoke_result

ROWS = [
    {"setting": "threads", "effective": 8, "verdict": "in force"},
    {"setting": "nofile", "effective": 1, "verdict": "failed"},
]
ANSWER: dict[str, Any] = {
    "text": " Blue scatters.\n",
    "first_token_seconds": 0.2,
    "tokens_per_second": 5.0,
    "chunks": 12,
    "activity": {"cores": 4, "others_cores": 0.0},
}


def test_answer_speed_and_rows_are_joined() -> None:
    result = smoke_result(ANSWER, ROWS, "qwen2.5:0.5b", "docker", 6.0, 8)
    assert (result["answer"], result["tokens_per_second"], result["predicted"]) == ("Blue scatters.", 5.0, 6.0)
    assert (result["causes"], result["rows"]) == ([], ROWS)


def test_the_threads_in_force_are_compared_with_the_planned_cores() -> None:
    causes = smoke_result(ANSWER, ROWS, "qwen2.5:0.5b", "docker", 20.0, 4)["causes"]
    assert len(causes) == 1 and "8 threads on 4 usable cores" in causes[0]


def test_without_a_prediction_nothing_is_called_slow() -> None:
    assert smoke_result(ANSWER, ROWS, "hello", "docker", 0, 4)["causes"] == []
    assert smoke_result(ANSWER, ROWS, "hello", "docker")["predicted"] is None


def test_a_skipped_question_is_no_answer() -> None:
    result = smoke_result({"skipped": True, "changed": False}, [], "", "native")
    assert (result["answer"], result["tokens_per_second"], result["first_token_seconds"]) == ("", None, None)


def test_it_is_called_smoke_result() -> None:
    assert FilterModule().filters() == {"smoke_result": smoke_result}
