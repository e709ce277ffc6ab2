# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""launchd as its programs answer; the form of `launchctl print` is that of macOS 15."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plugins.module_utils.apply.ledger.probe import LedgerProbe
from plugins.module_utils.host.launchd import Launchd, LaunchdError, parse_agent
from plugins.module_utils.host.reader import Ran

RUNNING = (Path(__file__).parents[1] / "data/launchctl/print-macos-15.txt").read_text(encoding="utf-8")
LABEL, PATH = "io.nogpu.ollama", "/Users/anna/Library/LaunchAgents/io.nogpu.ollama.plist"
ABSENT = Ran(113, "", 'Bad request.\nCould not find service "io.nogpu.ollama" in domain for user gui: 501')
NO_SCREEN = Ran(125, "", "Could not print domain: 125: Domain does not support specified action")


class Mac:
    """A launchd of user 501. `loaded`: domains that have the agent; `lingers`: questions until an ended one is gone."""

    def __init__(self, *loaded: str, screen: bool = True, lingers: int = 2, bootstrap: Ran | None = None) -> None:
        self.loaded, self.screen, self.lingers = list(loaded), screen, lingers
        self.refusal, self.told, self.ending = bootstrap, [], 0

    def run(self, command: list[str]) -> Ran:
        verb, target = command[1:3]
        if verb != "print":
            self.told.append(" ".join(command[1:]))
        if target.startswith("gui/") and not self.screen:
            return NO_SCREEN
        if verb == "bootstrap":
            assert not self.loaded, "launchd refuses an agent that is still there"
            self.loaded = [target] if self.refusal is None else []
            return self.refusal or Ran(0, "", "")
        domain = target.replace(f"/{LABEL}", "")
        if verb == "bootout":
            self.ending = self.lingers
        elif target.endswith(LABEL) and self.ending:
            self.ending -= 1
            self.loaded = [each for each in self.loaded if each != domain or self.ending]
        known = domain in self.loaded or not target.endswith(LABEL)
        return Ran(0, RUNNING, "") if known else ABSENT

    @property
    def launchd(self) -> Launchd:
        return Launchd(self.run, 501)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.module_utils.host.launchd._POLL_SECONDS", 0)


def test_an_agent_is_told_by_its_own_lines_and_not_by_those_of_blocks_in_it() -> None:
    seen = parse_agent("gui/501", RUNNING)
    assert seen.pid == 812
    assert seen.environment["LLAMA_ARG_THREADS"] == "4"
    assert "SSH_AUTH_SOCK" not in seen.environment


def test_a_loaded_agent_whose_program_rests_has_no_process() -> None:
    assert parse_agent("gui/501", RUNNING.replace("\tpid = 812\n", "")).pid is None


@pytest.mark.parametrize("loaded", [(), ("gui/501",), ("user/501",), ("gui/501", "user/501")])
def test_it_is_found_wherever_it_is_loaded(loaded: tuple[str, ...]) -> None:
    assert [each.domain for each in Mac(*loaded).launchd.find(LABEL)] == list(loaded)


@pytest.mark.parametrize(("screen", "domain"), [(True, "gui/501"), (False, "user/501")])
def test_the_session_at_the_screen_goes_before_the_user_s_own_domain(screen: bool, domain: str) -> None:
    mac = Mac(screen=screen)
    assert mac.launchd.start(PATH) == domain
    assert mac.told == [f"bootstrap {domain} {PATH}"]


def test_a_refusal_says_what_launchd_said_and_what_to_try() -> None:
    mac = Mac(bootstrap=Ran(5, "", "Bootstrap failed: 5: Input/output error"))
    with pytest.raises(LaunchdError) as error:
        mac.launchd.start(PATH)
    assert f"Could not load {PATH} into gui/501: launchctl said 'Bootstrap failed: 5: Input/output error'" in str(
        error.value
    )
    assert f"`launchctl enable gui/501/{LABEL}`" in str(error.value)


def test_an_ended_agent_is_waited_for_so_that_it_can_be_loaded_again() -> None:
    mac = Mac("gui/501", lingers=3)
    mac.launchd.stop(LABEL, 5)
    assert mac.loaded == []
    mac.launchd.start(PATH)
    assert [each.split()[0] for each in mac.told] == ["bootout", "bootstrap"]


def test_it_is_ended_in_both_domains() -> None:
    mac = Mac("gui/501", "user/501", lingers=1)
    mac.launchd.stop(LABEL, 5)
    assert mac.told == [f"bootout gui/501/{LABEL}", f"bootout user/501/{LABEL}"]


@pytest.mark.parametrize(("loaded", "state"), [("gui", "present"), ("user", "present"), ("", "absent")])
def test_to_the_ledger_an_agent_is_there_while_it_is_loaded(loaded: str, state: str) -> None:
    mac = Mac(f"{loaded}/{os.getuid()}")
    assert LedgerProbe(mac.run, "/models").look("launch_agent", LABEL) == {"state": state}


def test_one_that_does_not_end_is_named() -> None:
    with pytest.raises(LaunchdError, match=r"Could not end io.nogpu.ollama in gui/501: after 0 s it was still there"):
        Mac("gui/501", lingers=100).launchd.stop(LABEL, 0)
