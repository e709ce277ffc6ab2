# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The lock of a host is a process: it says who has the host, and ends with the run, whatever ends that."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from plugins.module_utils.apply.ledger import run_lock as _run_lock
from plugins.module_utils.apply.ledger.run_lock import KEEPER, holder, refusal

Keeper = Callable[..., "subprocess.Popen[str]"]
LONG_SECONDS = 20


@pytest.fixture
def name() -> str:
    return f"nogpu-test-{os.getpid()}"


@pytest.fixture
def keep(name: str) -> Iterator[Keeper]:
    """Return `keep(operator, silence_seconds=...)`: a keeper that has said its word."""
    started = []

    def start(operator: str, silence_seconds: float = LONG_SECONDS) -> subprocess.Popen[str]:
        told = json.dumps({"run": operator, "operator": operator})
        command = [sys.executable, "-c", KEEPER, name, str(silence_seconds), told]
        keeper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        started.append(keeper)
        assert keeper.stdout
        keeper.said = keeper.stdout.readline().strip()  # type: ignore[attr-defined]
        return keeper

    yield start
    for keeper in started:
        keeper.kill()
        keeper.wait()
        for pipe in (keeper.stdin, keeper.stdout):
            with suppress(BrokenPipeError):
                pipe and pipe.close()


def test_without_a_keeper_nobody_has_the_host(name: str) -> None:
    assert holder(name) is None


def test_a_keeper_says_whose_run_has_the_host_and_since_when(keep: Keeper, name: str) -> None:
    keep("anna")
    assert holder(name) == {"run": "anna", "operator": "anna", "seconds": 0}


def test_one_that_does_not_answer_has_the_host_all_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_run_lock, "_ANSWER_SECONDS", 0.1)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind("\0" + name)
        silent.listen()
        assert (holder(name) or {})["operator"] == "an unknown program"


def test_there_is_one_keeper_at_a_time(keep: Keeper, name: str) -> None:
    keep("anna")
    assert keep("ben").said == ""  # type: ignore[attr-defined]
    assert (holder(name) or {})["operator"] == "anna"


@pytest.mark.parametrize("how", ["its input ends", "it is killed", "its operator is silent"])
def test_the_host_is_free_when_the_run_is_gone(keep: Keeper, name: str, how: str) -> None:
    keeper = keep("anna", 1 if how == "its operator is silent" else LONG_SECONDS)
    if how == "its input ends":
        assert keeper.stdin
        keeper.stdin.close()
    elif how == "it is killed":
        keeper.kill()
    keeper.wait(LONG_SECONDS)
    assert holder(name) is None
    assert keep("ben").said == "held"  # type: ignore[attr-defined]


def test_an_operator_who_is_heard_keeps_the_host(keep: Keeper, name: str) -> None:
    keeper = keep("anna", 2)
    assert keeper.stdin
    for _ in range(6):
        keeper.stdin.write("\n")
        keeper.stdin.flush()
        time.sleep(0.5)
    assert holder(name) is not None


def test_the_refusal_names_the_first_and_what_to_do() -> None:
    words = refusal({"operator": "anna@desk (process 12 there)", "seconds": 7})
    assert "anna@desk (process 12 there) has been at work on it for 7 s (one run at a time was needed)" in words
    assert "Wait for the end of the other run" in words
