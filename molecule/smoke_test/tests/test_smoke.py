# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The proof fails when it should: too slow, no such model, a promise that is not kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Adhoc = Callable[..., "tuple[int, dict[str, Any]]"]
STREAM = "nogpu.ollama.ollama_stream"
LIMITS = "nogpu.ollama.effective_limits"


def test_an_answer_streams_in_many_chunks(adhoc: Adhoc) -> None:
    code, answer = adhoc(STREAM, model="hello")
    assert code == 0, answer
    assert answer["chunks"] >= 12
    assert answer["tokens_per_second"] > 0
    assert 0 < answer["first_token_seconds"] < answer["total_seconds"]
    assert "without any GPU" in answer["text"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"model": "hello", "min_tokens_per_second": 1e9}, "tokens", id="too slow"),
        pytest.param({"model": "no-such-model"}, "no-such-model", id="no such model"),
        pytest.param({"model": "hello", "url": "http://127.0.0.1:9"}, "refused", id="nobody there"),
    ],
)
def test_a_bad_answer_fails_and_says_why(adhoc: Adhoc, arguments: dict[str, Any], words: str) -> None:
    code, answer = adhoc(STREAM, **arguments)
    assert code != 0
    assert words in answer["msg"]


def test_a_broken_promise_fails_and_is_named(adhoc: Adhoc) -> None:
    code, answer = adhoc(LIMITS, unit="ollama.service", promises={"nofile": 99})
    assert code != 0
    assert "99" in answer["msg"]
    assert "16384" in answer["msg"]
