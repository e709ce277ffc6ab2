# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import io
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from scripts import ask
from tests.unit.ollama_server import HANG, FakeOllama, answer_lines

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "ask.py"
ANSWER = "word0 word1 word2 word3 word4 word5 word6 word7 \n"


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    with FakeOllama(models={"hello:latest": "a" * 64}, answers=[answer_lines(pause=0.02)]) as server:
        yield server
    assert not server.unexpected


def test_the_answer_goes_to_stdout_and_everything_else_to_stderr(
    ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask.main(["why?", "--url", ollama.url]) == 0
    out, err = capsys.readouterr()
    assert out == ANSWER
    first, figures = err.splitlines()
    assert first == "Asking hello:latest"
    assert figures.startswith("first token 0.0")
    assert figures.endswith("50.0 tokens/s, 8 tokens, model loaded in 0.02 s")


def test_with_several_models_the_first_is_asked_and_the_others_are_named(
    ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    ollama.models["a:1b"] = "b" * 64
    assert ask.main(["why?", "--url", ollama.url]) == 0
    assert "Asking a:1b (also here: hello:latest)" in capsys.readouterr().err
    assert ollama.called("/api/generate") == [{"model": "a:1b", "prompt": "why?", "stream": True}]


def test_a_model_may_be_named_without_its_tag(ollama: FakeOllama, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main(["why?", "--url", ollama.url, "--model", "hello"]) == 0
    assert "Asking" not in capsys.readouterr().err


def test_the_question_may_come_from_standard_input(ollama: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("why?\nreally?"))
    assert ask.main(["-", "--url", ollama.url]) == 0
    assert ollama.called("/api/generate")[0]["prompt"] == "why?\nreally?"


def test_no_server_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main(["why?", "--url", "http://127.0.0.1:1"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Could not answer: GET http://127.0.0.1:1/api/tags: connection refused. Check that Ollama")
    assert err.endswith("If it was never set up: ./nogpu up.\n")


@pytest.mark.parametrize(
    ("models", "arguments", "words"),
    [
        pytest.param({}, [], "no model is installed", id="no-model"),
        pytest.param({"a:1": "x"}, ["--model", "b"], "model b is not installed at", id="not-this-model"),
        pytest.param({"a:1": "x"}, ["--model", "a b"], "the character ' '", id="bad-name"),
    ],
)
def test_without_the_model_it_says_what_to_do(
    ollama: FakeOllama, capsys: pytest.CaptureFixture[str], models: dict[str, str], arguments: list[str], words: str
) -> None:
    ollama.models = models
    assert ask.main(["why?", "--url", ollama.url, *arguments]) == 1
    assert words in capsys.readouterr().err
    assert ollama.called("/api/generate") == []


@pytest.mark.parametrize(
    ("end", "words"),
    [
        pytest.param([], "the answer ended early", id="no-end"),
        pytest.param(
            [{"error": "model runner has unexpectedly stopped"}], "runner has unexpectedly stopped", id="error"
        ),
    ],
)
def test_an_answer_that_breaks_off_is_a_failure(
    ollama: FakeOllama, capsys: pytest.CaptureFixture[str], end: list[object], words: str
) -> None:
    ollama.answers = [[*answer_lines()[:2], *end]]
    assert ask.main(["why?", "--url", ollama.url]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("word0 ")
    assert words in err


def test_an_empty_question_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask.main([" "]) == 2
    assert "The question is empty" in capsys.readouterr().err


def test_a_model_cannot_send_commands_to_the_terminal(ollama: FakeOllama, capsys: pytest.CaptureFixture[str]) -> None:
    ollama.answers = [[{"response": "a\x1b[2Jb\x07\tc\n\x9bd"}, *answer_lines()[-1:]]]
    assert ask.main(["why?", "--url", ollama.url]) == 0
    assert capsys.readouterr().out == "a[2Jb\tc\nd\n"


def test_thinking_is_announced_once_and_not_mixed_into_the_answer(
    ollama: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    thoughts = [{"response": "", "thinking": "hm"}, {"response": "", "thinking": "so"}]
    ollama.answers = [[*thoughts, {"response": "yes"}, *answer_lines()[-1:]]]
    assert ask.main(["why?", "--url", ollama.url]) == 0
    out, err = capsys.readouterr()
    assert out == "yes\n"
    assert err.count("(thinking)") == 1


def test_the_answer_is_printed_while_it_arrives(ollama: FakeOllama) -> None:
    ollama.answers = [[{"response": "early "}, HANG]]
    with _process(ollama) as process:
        assert process.stdout is not None
        readable, _w, _x = select.select([process.stdout], [], [], 5)
        assert readable and os.read(process.stdout.fileno(), 100) == b"early "
        process.kill()


def test_ctrl_c_ends_cleanly(ollama: FakeOllama) -> None:
    ollama.answers = [[{"response": "early "}, HANG]]
    with _process(ollama) as process:
        assert process.stdout is not None
        os.read(process.stdout.fileno(), 100)
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err.decode().endswith("\nStopped.\n")
    assert b"Traceback" not in err


def test_a_reader_that_had_enough_is_no_error(ollama: FakeOllama) -> None:
    ollama.answers = [answer_lines(words=20, pause=0.05)]
    with _process(ollama) as process:
        assert process.stdout is not None and process.stderr is not None
        os.read(process.stdout.fileno(), 10)
        process.stdout.close()
        assert process.wait(timeout=10) == 0
        assert process.stderr.read().decode() == "Asking hello:latest\n"


def _process(ollama: FakeOllama) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(SCRIPT), "why?", "--url", ollama.url]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        # Below a shell's `&` Ctrl-C is ignored, and a child inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 10
    while not ollama.called("/api/generate") and time.monotonic() < deadline:
        time.sleep(0.02)
    return process
