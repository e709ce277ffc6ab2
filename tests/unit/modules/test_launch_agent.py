# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Each state, from each state, really and in check mode."""

from __future__ import annotations

import pytest

from plugins.module_utils.host.launchd import Agent, LaunchdError
from plugins.modules import launch_agent

PATH = "/Users/anna/Library/LaunchAgents/io.nogpu.ollama.plist"


class FakeLaunchd:
    """Notes what it is told. `loaded`: whether the agent is there at first."""

    def __init__(self, loaded, refuses):
        self.loaded, self.refuses, self.told = loaded, refuses, []

    def find(self, label):
        assert label == "io.nogpu.ollama"
        return [Agent("gui/501", 812, {})] if self.loaded else []

    def start(self, path):
        if self.refuses:
            raise LaunchdError("launchctl said no.")
        self.told.append(f"start {path}")
        return "gui/501"

    def stop(self, label, timeout):
        self.told.append(f"stop {label} {timeout}")


@pytest.fixture
def call(monkeypatch, run_module):
    """Return `call(state, loaded)`: the module's answer and what launchd was told."""

    def call(state, loaded, refuses=False, **how):
        launchd = FakeLaunchd(loaded, refuses)
        monkeypatch.setattr(launch_agent, "Launchd", lambda *_: launchd)
        return run_module(launch_agent, {"path": PATH, "state": state}, **how), launchd.told

    return call


START, STOP = f"start {PATH}", "stop io.nogpu.ollama 30"
GRID = [
    ("started", False, [START], "gui/501"),
    ("started", True, [], "gui/501"),
    ("restarted", False, [START], "gui/501"),
    ("restarted", True, [STOP, START], "gui/501"),
    ("stopped", True, [STOP], ""),
    ("stopped", False, [], ""),
]


@pytest.mark.parametrize(("state", "loaded", "wanted", "domain"), GRID)
def test_only_what_is_needed_is_done(call, state, loaded, wanted, domain):
    result, told = call(state, loaded)
    assert told == wanted
    assert (result.changed, result.json["domain"]) == (bool(wanted), domain)


@pytest.mark.parametrize(("state", "loaded", "wanted", "domain"), GRID)
def test_check_mode_tells_the_same_and_does_nothing(call, state, loaded, wanted, domain):
    result, told = call(state, loaded, check=True)
    assert told == []
    assert result.changed is bool(wanted)


def test_what_launchd_refuses_is_said(call):
    result, _told = call("started", False, refuses=True)
    assert result.failed
    assert result.msg == "launchctl said no."
