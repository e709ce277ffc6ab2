# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Two operators at once, and one who goes away: the second is told who is first, and no lock is left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from tests.lab.room import ROOT, Room

LAPTOP = "laptop2"
NATIVE = {"nogpu_runtime": "native", "nogpu_models": ["hello:latest", "big:250m"]}
UPGRADED = {**NATIVE, "nogpu_ollama_version": "0.9.4"}
RETRIES = 2  # as in ansible.cfg
FREE_SECONDS = 20  # far more than the two seconds it takes
Begin = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def begin(room: Room) -> Iterator[Begin]:
    """Return `begin()`: a run that has taken the laptop and goes on, in a process group of its own."""
    runs = []

    def start() -> subprocess.Popen[str]:
        command = room.command({LAPTOP: NATIVE})
        run = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        runs.append(run)
        wait_for(lambda: keepers(room) != "")
        return run

    yield start
    for run in runs:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
    wait_for(lambda: keepers(room) == "")


def keepers(room: Room) -> str:
    return room.shell(LAPTOP, "pgrep -f [n]ogpu-run")


def wait_for(what: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_second_is_told_who_is_first_and_changes_nothing(room: Room, begin: Begin) -> None:
    first = begin()
    os.killpg(first.pid, signal.SIGSTOP)  # it makes no progress, and its lock is still fed
    try:
        before = room.state(LAPTOP)
        second = room.run({LAPTOP: {"nogpu_runtime": "docker"}})
        assert room.state(LAPTOP) == before
    finally:
        os.killpg(first.pid, signal.SIGCONT)
    assert "changed=0 unreachable=0 failed=1" in second.recap[LAPTOP]
    words = re.search(
        r"Could not go on with laptop2: (\S+) \(process (\d+) there\) has been at work on it for", second.text
    )
    assert words, second.text
    assert int(words[2]) == first.pid
    assert "@" in words[1]
    assert "Wait for the end of the other run, then run this again" in second.text
    said, _ = first.communicate(timeout=300)
    assert first.returncode == 0, said


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-C"])
def test_a_run_that_is_gone_frees_the_laptop(room: Room, begin: Begin, how: signal.Signals) -> None:
    first = begin()
    os.killpg(first.pid, how)
    first.communicate(timeout=60)
    wait_for(lambda: keepers(room) == "", FREE_SECONDS)


def test_a_pull_that_ctrl_c_left_running_ends_well_with_the_next_run(room: Room, begin: Begin) -> None:
    room.shell(LAPTOP, "ollama rm big:250m")
    first = begin()
    wait_for(lambda: "partial" in room.shell(LAPTOP, "ls /var/lib/nogpu/ollama/blobs"))
    os.killpg(first.pid, signal.SIGINT)
    first.communicate(timeout=60)
    second = room.run({LAPTOP: NATIVE})
    assert "unreachable=0 failed=0" in second.recap[LAPTOP], second.text
    wait_for(lambda: room.shell(LAPTOP, "pgrep -f [a]sync_wrapper") == "")
    listed = room.shell(LAPTOP, "curl -s http://127.0.0.1:11434/api/tags")
    assert sorted(re.findall(r'"name":"([^"]+)"', listed)) == ["big:250m", "hello:latest"]
    blobs = room.shell(LAPTOP, "ls /var/lib/nogpu/ollama/blobs")
    assert "sha256-" in blobs
    assert "partial" not in blobs


def test_a_connection_that_drops_in_the_middle_of_a_task_is_taken_up_again(room: Room) -> None:
    drop = {"during": "install | Unpack it", "until": "pgrep -f 'tar.*staging'", "by": "drop"}
    run = room.run({LAPTOP: UPGRADED}, {LAPTOP: drop}, retries=RETRIES)
    assert {"host": LAPTOP, "task": "drop", "changed": True} in run.done
    assert "unreachable=0 failed=0" in run.recap[LAPTOP], run.text
    assert "0.9.4" in room.shell(LAPTOP, "curl -s http://127.0.0.1:11434/api/version")
    wait_for(lambda: keepers(room) == "", FREE_SECONDS)


def test_a_change_whose_restart_never_came_is_brought_into_force(room: Room) -> None:
    # Only one change: the run before has done the rest, although its connection was lost.
    wish = {**UPGRADED, "nogpu_memlock": "4MiB"}
    served = room.shell(LAPTOP, "systemctl show --property MainPID ollama.service")
    stopped = room.run({LAPTOP: wish}, {LAPTOP: {"after": "configure_Linux | Write the plan's drop-in"}})
    assert "changed=1 unreachable=1" in stopped.recap[LAPTOP], stopped.text
    assert room.shell(LAPTOP, "systemctl show --property MainPID ollama.service") == served
    room.bring_back([LAPTOP])
    completed = room.run({LAPTOP: wish})
    assert "unreachable=0 failed=0" in completed.recap[LAPTOP], completed.text
    assert room.shell(LAPTOP, "systemctl show --property MainPID ollama.service") != served
    again = room.run({LAPTOP: wish})
    assert "changed=0 unreachable=0 failed=0" in again.recap[LAPTOP], again.text
