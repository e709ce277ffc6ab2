# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The play is stopped after a task, or the laptop loses its power or goes to sleep in the middle of one. One plain run
then completes it.

A stop after a task that changes nothing leaves the same as the stop before it. Here are the stops that leave the most
unfinished, each on its own laptop. NOGPU_ALL=1 adds a stop after each task that changes something in either runtime.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.room import ROOT, Room, Run
from tests.lab.snapshot import differences

UNDISTURBED = {"laptop1": "docker", "laptop2": "native"}
# The large model is there to be caught on its way.
WISHES = {
    "docker": {"nogpu_runtime": "docker"},
    "native": {"nogpu_runtime": "native", "nogpu_models": ["hello:latest", "big:250m"]},
}
WAVE = 8  # laptops at once
PARTIAL = "ls /var/lib/nogpu/ollama/blobs/*partial*"
UNPACKED = "dpkg-query -W -f '${db:Status-Status}' containerd | grep -q unpacked"


@dataclass(frozen=True)
class Stop:
    """A play with this runtime is stopped; `how` is for the callback `interruption`."""

    runtime: str
    how: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.runtime}: " + ", ".join(f"{key} {value}" for key, value in self.how.items() if key != "until")


STOPPED = {
    "laptop3": Stop("docker", {"after": "install | Install the engine and Compose"}),
    "laptop4": Stop("docker", {"during": "install | Install the engine and Compose", "until": UNPACKED}),
    "laptop5": Stop("docker", {"during": "image | Pull the image", "until": "pgrep -f 'docker pull'"}),
    "laptop6": Stop("native", {"after": "install | Put it in its place"}),
    "laptop7": Stop("native", {"during": "model_catalog : Pull models", "until": PARTIAL}),
    # A closed lid: the laptop does not answer, and the operator's SSH gives up after a minute.
    "laptop8": Stop("native", {"during": "model_catalog : Pull models", "until": PARTIAL, "by": "sleep"}),
    # A unit that was written, but not brought into force.
    "laptop9": Stop("native", {"after": "ollama_store : Write the slice"}),
}


def wishes(stops: Mapping[str, Stop]) -> dict[str, dict[str, Any]]:
    return {laptop: WISHES[stop.runtime] for laptop, stop in stops.items()}


@pytest.fixture(scope="session")
def first(room: Room) -> Run:
    """Two laptops are not disturbed; the others are stopped."""
    undisturbed = {laptop: WISHES[runtime] for laptop, runtime in UNDISTURBED.items()}
    return room.run({**undisturbed, **wishes(STOPPED)}, {laptop: stop.how for laptop, stop in STOPPED.items()})


@pytest.fixture(scope="session")
def second(room: Room, first: Run) -> Run:
    """The plain run on those that were stopped."""
    room.bring_back(STOPPED)
    return room.run(wishes(STOPPED))


@pytest.fixture(scope="session")
def wanted(room: Room, second: Run) -> dict[str, str]:
    """What an undisturbed laptop is like, by its runtime."""
    return {runtime: room.state(laptop) for laptop, runtime in UNDISTURBED.items()}


def test_the_undisturbed_laptops_are_done(first: Run) -> None:
    assert all("unreachable=0 failed=0" in first.recap[laptop] for laptop in UNDISTURBED), first.text


def test_two_of_one_runtime_could_differ(wanted: dict[str, str]) -> None:
    assert len(differences(wanted["docker"], wanted["native"])) > 20


@pytest.mark.parametrize("laptop", [pytest.param(name, id=str(stop)) for name, stop in STOPPED.items()])
class TestStopped:
    def test_it_was_really_stopped(self, first: Run, laptop: str) -> None:
        assert "unreachable=1 failed=0" in first.recap[laptop], first.text
        assert not any(
            line["host"] == laptop and "Record in the ledger which models were pulled" in line["task"]
            for line in first.done
        )

    def test_one_plain_run_reaches_what_an_undisturbed_run_reaches(
        self, room: Room, second: Run, wanted: dict[str, str], laptop: str
    ) -> None:
        assert "unreachable=0 failed=0" in second.recap[laptop], second.text
        assert differences(wanted[STOPPED[laptop].runtime], room.state(laptop)) == []


@pytest.fixture
def changes(first: Run) -> list[Stop]:
    """A stop after each task that changed something on the undisturbed laptops."""
    done = [
        (UNDISTURBED[line["host"]], line["task"])
        for line in first.done
        if line["host"] in UNDISTURBED and line["changed"]
    ]
    return [Stop(runtime, {"after": task}) for runtime, task in dict.fromkeys(done)]


def test_how_much_of_all_this_is(changes: list[Stop], capsys: pytest.CaptureFixture[str]) -> None:
    after = {(stop.runtime, stop.how["after"].rpartition(" : ")[2]) for stop in STOPPED.values() if "after" in stop.how}
    here = [stop for stop in changes if (stop.runtime, stop.how["after"].rpartition(" : ")[2]) in after]
    assert len(here) == len(after)
    with capsys.disabled():
        during = sum("during" in stop.how for stop in STOPPED.values())
        print(f"\nstops after {len(here)} of {len(changes)} changes and {during} in the middle of one")


@pytest.fixture
def waves() -> Iterator[Room]:
    """A set of laptops that is made anew for each wave."""
    yield Room("interruptions-all", ROOT / ".lab/sets/interruptions-all/inventory.yml")
    lab("down")


def lab(*arguments: str) -> None:
    command = [sys.executable, "-m", "tests.lab", *arguments, "--name", "interruptions-all"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if os.environ.get("NOGPU_ALL"):  # an hour

    def test_every_stop(waves: Room, changes: list[Stop], wanted: dict[str, str]) -> None:
        wrong = {}
        # After the last change a run may ask nothing more of the laptop, and ends well.
        last = {stop.runtime: stop for stop in changes}.values()
        for begin in range(0, len(changes), WAVE):
            stops = {f"laptop{number}": stop for number, stop in enumerate(changes[begin : begin + WAVE], start=1)}
            lab("down")
            lab("up", "--laptops", str(len(stops)))
            stopped = waves.run(wishes(stops), {laptop: stop.how for laptop, stop in stops.items()})
            waves.bring_back(stops)
            again = waves.run(wishes(stops))
            for laptop, stop in stops.items():
                ended = "failed=0" if stop in last else "unreachable=1 failed=0"
                seen = [] if ended in stopped.recap[laptop] else [f"stopped otherwise: {stopped.recap[laptop]}"]
                seen += [] if "unreachable=0 failed=0" in again.recap[laptop] else [again.recap[laptop], again.text]
                wrong[str(stop)] = [*seen, *differences(wanted[stop.runtime], waves.state(laptop))]
                print(f"{'ok' if not wrong[str(stop)] else 'WRONG'}  {stop}", flush=True)
        assert {stop: seen for stop, seen in wrong.items() if seen} == {}
