# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The proof fails when it should: too slow, no such model, a promise that is not kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from testinfra.host import Host

STREAM = "nogpu.ollama.ollama_stream"
LIMITS = "nogpu.ollama.effective_limits"


def ask(host: Host, module: str, **arguments: Any) -> dict[str, Any]:
    answer: dict[str, Any] = host.ansible(module, json.dumps(arguments), check=False, become=True)
    return answer


def test_an_answer_streams_in_many_chunks(host: Host) -> None:
    answer = ask(host, STREAM, model="hello")
    assert not answer.get("failed"), answer
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
def test_a_bad_answer_fails_and_says_why(host: Host, arguments: dict[str, Any], words: str) -> None:
    answer = ask(host, STREAM, **arguments)
    assert answer["failed"]
    assert words in answer["msg"]


def test_a_broken_promise_fails_and_is_named(host: Host) -> None:
    answer = ask(host, LIMITS, unit="ollama.service", promises={"nofile": 99})
    assert answer["failed"]
    assert "99" in answer["msg"]
    assert "16384" in answer["msg"]
