# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The tokens of one conversation: what is set, what they cost, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.plan.wish_reader import read_wishes
from plugins.module_utils.plan.wishes import PlanError
from plugins.module_utils.report.doctor import doctor_text
from plugins.module_utils.report.screen import Screen
from tests.unit.plan_cases import laptop, planned


@pytest.mark.parametrize(
    ("wishes", "tokens"),
    [
        pytest.param({}, "4096", id="default"),
        pytest.param({"context_length": "auto"}, "4096", id="auto"),
        pytest.param({"context_length": "8192"}, "8192", id="as-text"),
    ],
)
def test_the_server_gets_it(wishes: dict[str, Any], tokens: str) -> None:
    assert planned(wishes).server.environment["OLLAMA_CONTEXT_LENGTH"] == tokens


@pytest.mark.parametrize("wrong", [10, 300.5, "long"])
def test_what_is_no_number_of_tokens_is_refused(wrong: Any) -> None:
    _wishes, problems = read_wishes({"context_length": wrong})
    assert len(problems) == 1
    assert problems[0].startswith(
        f"nogpu_context_length is {wrong!r} (needed: auto, a whole number from 256 to 1048576)"
    )


def test_one_that_is_too_long_is_refused_with_one_that_fits() -> None:
    with pytest.raises(PlanError) as caught:
        planned({"models": ["llama3.2:3b"], "context_length": 131072})
    assert "llama3.2:3b needs 23.7 GB, 15.0 GB of it for a context of 131072 tokens" in str(caught.value)
    assert "Set nogpu_context_length to 32768 or less." in str(caught.value)


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        pytest.param({}, "4096 tokens: 151 MB of what qwen2.5:3b needs; twice as many take twice as much.", id="auto"),
        pytest.param({"context_length": 8192}, "8192 tokens: 302 MB of what qwen2.5:3b needs;", id="twice"),
        pytest.param({"models": ["hello"]}, "4096 tokens: what they take is not known.", id="unknown-model"),
    ],
)
def test_the_doctor_says_what_it_costs(wishes: dict[str, Any], words: str) -> None:
    record = {"capacity": laptop(), "plan": planned(wishes).as_dict()}
    assert words in " ".join(doctor_text({"laptop3": record}, Screen(140)).split())
