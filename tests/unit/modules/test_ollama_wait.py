# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import time

import pytest

from plugins.module_utils.host.programs import Ran
from plugins.modules import ollama_wait
from tests.unit.ollama_server import FakeOllama


@pytest.fixture
def asked(monkeypatch):
    """Logs in which both a container and a unit were told to stop 7 s ago; returns the commands."""
    commands, ago = [], time.time() - 7

    def run(command, **_):
        commands.append(command)
        return Ran(
            0,
            f"{ago - 60:.0f}000000000\n{ago:.0f}000000000\n"
            if command[0] == "docker"
            else f"{ago:.6f} laptop systemd[1]: Stopping\n",
            "",
        )

    monkeypatch.setattr(ollama_wait, "run_program", run)
    return commands


def call(run_module, **params):
    with FakeOllama() as server:
        return run_module(ollama_wait, {"url": server.url, "timeout": 1, **params})


def test_the_version_is_returned_and_no_log_is_read_if_nothing_was_stopped(run_module, asked):
    result = call(run_module)
    assert (result.json["version"], result.json["downtime_seconds"], result.changed) == ("0.9.3", None, False)
    assert asked == []


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"stopped_unit": "ollama.service"}, id="unit"),
        pytest.param(
            {"stopped_container": "ollama-docker", "stopped_unit": "ollama.service"}, id="container-goes-before"
        ),
    ],
)
def test_the_time_without_a_server_counts_from_the_last_stop(run_module, asked, params):
    assert 6 < call(run_module, **params).json["downtime_seconds"] < 12
    words = " ".join(word for command in asked for word in command)
    assert [name for name in ("container=ollama-docker", "UNIT=ollama.service") if name in words] == [
        name
        for key, name in (("stopped_container", "container=ollama-docker"), ("stopped_unit", "UNIT=ollama.service"))
        if key in params
    ]


@pytest.mark.parametrize("params", [{"stopped_unit": "u"}, {"stopped_container": "c"}])
def test_an_unknown_time_is_not_guessed(run_module, monkeypatch, params):
    monkeypatch.setattr(ollama_wait, "run_program", lambda command: Ran(1, "", "no such thing"))
    assert call(run_module, **params).json["downtime_seconds"] is None


def test_a_silent_server_is_reported(run_module, asked):
    with FakeOllama() as server:
        server.replies["/api/version"] = (500, "text/plain", b"")
        result = run_module(ollama_wait, {"url": server.url, "timeout": 0})
    assert result.failed
    assert result.msg.startswith("no answer within 0 s")
