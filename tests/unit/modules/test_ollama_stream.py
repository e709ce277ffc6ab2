# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

from plugins.modules import ollama_stream
from tests.unit.ollama_server import CUT, HANG, FakeOllama, answer_lines


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    with FakeOllama(answers=[answer_lines(pause=0.05)]) as server:
        yield server
    assert not server.unexpected


@pytest.fixture
def stream(run_module: Callable[..., Any], ollama: FakeOllama) -> Callable[..., Any]:
    def run(check: bool = False, **params: Any) -> Any:
        return run_module(ollama_stream, {"model": "hello", "url": ollama.url, **params}, check=check)

    return run


def test_a_stream_is_measured(stream: Any) -> None:
    result = stream()
    assert not result.failed and not result.changed
    assert result.json["chunks"] == 8
    assert result.json["tokens_per_second"] == 20.0
    assert result.json["prompt_tokens_per_second"] == 100.0
    assert 0.3 < result.json["chunk_spread_seconds"] < 0.6
    assert result.json["first_token_seconds"] < 0.2
    assert result.json["text"] == "word0 word1 word2 word3 word4 word5 word6 word7 "
    assert result.msg.startswith("hello:latest: first token after 0.0")


def test_the_model_is_loaded_first_and_its_time_told_apart(stream: Any, ollama: FakeOllama) -> None:
    ollama.load_seconds = 0.5
    result = stream(keep_alive="24h")
    assert 0.5 <= result.json["load_seconds"] < 0.7
    assert result.json["first_token_seconds"] < 0.2
    load, question = ollama.called("/api/generate")
    assert "prompt" not in load
    # The same options and time to live: others would make the server load the model a second time.
    assert load == {key: question[key] for key in ("model", "options", "keep_alive", "stream")}


def test_without_warm_up_there_is_one_request(stream: Any, ollama: FakeOllama) -> None:
    assert stream(warm_up=False).json["load_seconds"] == 0.02
    assert len(ollama.called("/api/generate")) == 1


def test_options_are_laid_over_the_defaults(stream: Any, ollama: FakeOllama) -> None:
    stream(options={"num_predict": 8, "num_thread": 2})
    options = ollama.called("/api/generate")[-1]["options"]
    assert options == {"temperature": 0, "seed": 42, "num_predict": 8, "num_thread": 2}


def test_keep_alive_in_seconds_is_sent_as_a_number(stream: Any, ollama: FakeOllama) -> None:
    stream(keep_alive="-1")
    assert ollama.called("/api/generate")[-1]["keep_alive"] == -1


def test_an_error_line_after_200_is_a_failure(stream: Any, ollama: FakeOllama) -> None:
    ollama.answers = [[*answer_lines()[:4], {"error": "model runner has unexpectedly stopped"}]]
    assert "did not stream: POST" in stream().msg
    assert "model runner has unexpectedly stopped" in stream().msg


@pytest.mark.parametrize("end", [[], [CUT]])
def test_an_answer_without_its_end_is_a_failure(stream: Any, ollama: FakeOllama, end: list[Any]) -> None:
    ollama.answers = [[*answer_lines()[:-1], *end]]
    assert "ended without 'done: true' after 8 lines. The model repeated itself, or its runner" in stream().msg


def test_an_answer_in_one_piece_is_a_failure(stream: Any, ollama: FakeOllama) -> None:
    ollama.answers = [answer_lines(words=1)]
    result = stream()
    assert result.failed
    assert "in 1 chunks (2 needed)" in result.msg
    assert result.json["chunks"] == 1


def test_all_pieces_in_one_burst_are_a_failure(stream: Any, ollama: FakeOllama) -> None:
    ollama.answers = [answer_lines(words=20)]
    assert "in one burst: 20 chunks within 0.0" in stream().msg


def test_too_slow_is_a_failure_that_keeps_the_figures(stream: Any) -> None:
    result = stream(min_tokens_per_second=50)
    assert "20.0 tokens/s (50 needed)" in result.msg
    assert result.json["tokens_per_second"] == 20.0


def test_a_late_first_token_is_a_failure(stream: Any, ollama: FakeOllama) -> None:
    ollama.answers = [[0.3, *answer_lines(pause=0.05)]]
    assert "(at most 0.1 needed)" in stream(max_first_token_seconds=0.1).msg


def test_no_token_in_time_is_a_failure(stream: Any, ollama: FakeOllama) -> None:
    ollama.answers = [[HANG]]
    assert "no token within 1 s. Likely causes" in stream(timeout=1).msg


def test_an_answer_without_end_in_time_is_a_failure(stream: Any, ollama: FakeOllama) -> None:
    ollama.answers = [answer_lines(words=100, pause=0.1)]
    assert "not finished within 1 s" in stream(total_timeout=1).msg


def test_a_missing_model_is_named(stream: Any, ollama: FakeOllama) -> None:
    ollama.replies["/api/generate"] = (404, "application/json", b'{"error": "model \'hello:latest\' not found"}')
    result = stream()
    assert "model 'hello:latest' not found" in result.msg
    assert result.json["http_status"] == 404


def test_a_web_page_is_no_answer(stream: Any, ollama: FakeOllama) -> None:
    ollama.replies["/api/generate"] = (200, "text/html", b"<html>")
    assert "this is not Ollama" in stream().msg


def test_check_mode_skips_and_makes_no_call(stream: Any, ollama: FakeOllama) -> None:
    result = stream(check=True)
    assert result.json["skipped"]
    assert ollama.requests == []


@pytest.mark.parametrize("name", ["a b", "x:cloud"])
def test_a_bad_model_name_is_refused(stream: Any, ollama: FakeOllama, name: str) -> None:
    assert stream(model=name).failed
    assert ollama.requests == []


def test_what_else_the_host_did_is_told(stream: Any) -> None:
    activity = stream().json["activity"]
    assert activity["cores"] >= 1
    assert activity["others_cores"] >= 0
