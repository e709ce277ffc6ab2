# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from plugins.module_utils.prove.stream import Figures, figures, shortfalls

LAST = {
    "response": "", "done": True, "load_duration": 1_500_000_000, "prompt_eval_count": 10,
    "prompt_eval_duration": 100_000_000, "eval_count": 3, "eval_duration": 150_000_000,
}  # fmt: skip
GOOD = Figures(0.2, 20.0, 100.0, 64, 3.1, 64, 3.2, 0.02, 3.5, "text")


def test_figures_are_those_of_the_server_and_of_the_arrivals() -> None:
    lines = [({"response": "a"}, 10.3), ({"response": "b"}, 10.4), ({"response": "c"}, 10.5), (LAST, 10.6)]
    assert figures(lines, 10.0) == Figures(
        first_token_seconds=0.3, tokens_per_second=20.0, prompt_tokens_per_second=100.0, chunks=3,
        chunk_spread_seconds=0.2, eval_count=3, eval_seconds=0.15, load_seconds=1.5, total_seconds=0.6, text="abc",
    )  # fmt: skip


def test_thoughts_are_tokens_but_not_part_of_the_text() -> None:
    seen = figures([({"response": "", "thinking": "hm"}, 1.1), ({"response": "a"}, 1.2), (LAST, 1.3)], 1.0)
    assert (seen.first_token_seconds, seen.chunks, seen.text) == (0.1, 2, "a")


def test_a_server_without_figures_divides_by_nothing() -> None:
    seen = figures([({"response": "a", "done": True}, 1.0)], 1.0)
    assert (seen.tokens_per_second, seen.eval_seconds) == (0.0, 0.0)


def test_an_answer_of_no_lines_has_no_figures() -> None:
    assert figures([], 1.0).chunks == 0


def test_a_good_stream_breaks_no_promise() -> None:
    assert shortfalls(GOOD, 2, 8, 1) == ()


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(replace(GOOD, chunks=1), ("in 1 chunks (2 needed)", "proxy"), id="one-chunk"),
        pytest.param(replace(GOOD, chunks=0), ("in 0 chunks",), id="nothing"),
        pytest.param(
            replace(GOOD, chunk_spread_seconds=0.01),
            ("in one burst: 64 chunks within 0.010 s", "computed for 3.20 s", "25%", "buffering"),
            id="burst",
        ),
        pytest.param(
            replace(GOOD, tokens_per_second=3.0), ("3.0 tokens/s (8 needed)", "battery", "threads"), id="slow"
        ),
        pytest.param(replace(GOOD, first_token_seconds=2.5), ("after 2.50 s (at most 1 needed)",), id="late"),
    ],
)
def test_a_broken_promise_is_named_with_its_causes(seen: Figures, words: tuple[str, ...]) -> None:
    (sentence,) = shortfalls(seen, 2, 8, 1)
    assert all(word in sentence for word in words)


def test_an_answer_too_short_to_judge_is_no_burst() -> None:
    assert shortfalls(replace(GOOD, chunks=3, chunk_spread_seconds=0.0, eval_seconds=0.9), 2, 0, 0) == ()


def test_two_chunks_of_a_healthy_stream_are_no_burst() -> None:
    assert shortfalls(replace(GOOD, chunks=2, chunk_spread_seconds=0.5, eval_seconds=1.0), 2, 0, 0) == ()


def test_zero_asks_nothing() -> None:
    assert shortfalls(replace(GOOD, tokens_per_second=0.1, first_token_seconds=100), 2, 0, 0) == ()


def test_a_recorded_answer_is_summed_up() -> None:
    path = Path(__file__).resolve().parents[1] / "data" / "ollama-0.9.3" / "generate.ndjson"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    seen = figures([(line, 1 + number * 0.025) for number, line in enumerate(lines)], 0.9)
    assert seen.text == "A small model on your laptop still answers, word by word, without any GPU at all."
    assert (seen.chunks, seen.eval_count) == (14, 15)
    assert seen.tokens_per_second == pytest.approx(seen.eval_count / seen.eval_seconds, rel=0.01)
