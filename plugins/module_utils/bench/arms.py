# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What `bench` can compare, and the order in which it is measured.

An arm is one of the ways of running that are compared, as in a clinical trial: Docker is one arm, native another. A
block is a few answers of one arm; a round holds one block of each arm.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any, Mapping, Sequence

from ..host.control_groups import USUAL_WEIGHT

DOCKER, NATIVE = "docker", "native"
RUNTIME, WEIGHT, SETTINGS = "runtime", "weight", "settings"
LABELS = {DOCKER: "Docker", NATIVE: "native"}


@dataclass(frozen=True)
class Arm:
    """One way of running. `against`: the arm that it is compared with, "" for one that others are compared with.

    `busy`: whether another program computes at the same time. `cpu_weight` and `cpu_limit_cores`: what the slice gets
    while this arm is measured, None = unchanged.
    """

    name: str
    runtime: str
    against: str = ""
    busy: bool = False
    cpu_weight: int | None = None
    cpu_limit_cores: float | None = None
    request_options: Mapping[str, int] = field(default_factory=dict)


def arms(what: str, runtimes: Sequence[str], cores: int, cpu_weight: int) -> list[Arm]:
    """Return the arms, one runtime after the other."""
    if what == RUNTIME:
        return [Arm("Docker", DOCKER), Arm("native", NATIVE, against="Docker")]
    found = []
    for runtime in runtimes:
        where = f", {LABELS[runtime]}" if len(runtimes) > 1 else ""
        found += _weight(runtime, where, cpu_weight) if what == WEIGHT else _settings(runtime, where, cores)
    return found


def _weight(runtime: str, where: str, cpu_weight: int) -> list[Arm]:
    idle = f"idle{where}"
    return [
        Arm(idle, runtime),
        Arm(f"busy, equal weight{where}", runtime, idle, busy=True, cpu_weight=USUAL_WEIGHT),
        Arm(f"busy, our weight{where}", runtime, idle, busy=True, cpu_weight=cpu_weight),
    ]


def _settings(runtime: str, where: str, cores: int) -> list[Arm]:
    planned = f"as planned{where}"
    return [
        Arm(planned, runtime),
        Arm(f"twice the threads{where}", runtime, planned, request_options={"num_thread": 2 * cores}),
        Arm(f"half the CPU{where}", runtime, planned, cpu_limit_cores=cores / 2),
    ]


def order(found: Sequence[Arm], rounds: int, seed: int, running: str) -> list[dict[str, Any]]:
    """Return the blocks to measure, in order: each round has all arms in random order, those of one runtime together.

    `switch` says whether the other runtime must be started first; `running` is the one that runs now.
    """
    chance = random.Random(seed)  # noqa: S311 - not a secret
    blocks = []
    for pair in range(rounds):
        groups = [list(group) for _runtime, group in groupby(found, key=lambda arm: arm.runtime)]
        chance.shuffle(groups)
        for group in groups:
            chance.shuffle(group)
            for arm in group:
                title = f"round {pair + 1} of {rounds}: {arm.name}"
                blocks.append({"pair": pair, "title": title, "switch": arm.runtime != running, "arm": asdict(arm)})
                running = arm.runtime
    return blocks


def bench_plan(
    what: str, running: str, both: bool, rounds: int, seed: int, cores: int, cpu_weight: int
) -> dict[str, Any]:
    """Return what to measure: the runtimes, the one that is not running, the arms, and the blocks in order."""
    other = DOCKER if running == NATIVE else NATIVE
    runtimes = (DOCKER, NATIVE) if both or what == RUNTIME else (running,)
    found = arms(what, runtimes, cores, cpu_weight)
    return {
        "runtimes": list(runtimes),
        "other": other,
        "arms": [{"name": arm.name, "against": arm.against} for arm in found],
        # To prepare the other runtime starts it and stops the first one.
        "blocks": order(found, rounds, seed, other if len(runtimes) > 1 else running),
    }
