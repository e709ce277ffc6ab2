# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What `bench` can compare: the arms, each a name and how it is set up, and the order they are measured in. Pure."""

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
    """One way of running. `against`: the arm it is compared with, "" for one that others are compared with.

    `busy`: beside one busy program. `cpu_weight` and `cpu_limit_cores`: of the slice meanwhile, None = as it is.
    """

    name: str
    runtime: str
    against: str = ""
    busy: bool = False
    cpu_weight: int | None = None
    cpu_limit_cores: float | None = None
    request_options: Mapping[str, int] = field(default_factory=dict)


def arms(what: str, runtimes: Sequence[str], cores: int, cpu_weight: int) -> list[Arm]:
    """Return what is compared, runtime after runtime."""
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
    """Return the blocks to measure, in order: each round holds all arms, shuffled, but each runtime's together.

    `switch` says whether another runtime than before must be started; `running` is the one that runs now.
    """
    chance = random.Random(seed)  # noqa: S311 no secret
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
    """Return what is to be measured: its runtimes, the one that is not running, arms and blocks in order."""
    other = DOCKER if running == NATIVE else NATIVE
    runtimes = (DOCKER, NATIVE) if both or what == RUNTIME else (running,)
    found = arms(what, runtimes, cores, cpu_weight)
    return {
        "runtimes": list(runtimes),
        "other": other,
        "arms": [{"name": arm.name, "against": arm.against} for arm in found],
        # Making the other one ready starts it, and stops the first.
        "blocks": order(found, rounds, seed, other if len(runtimes) > 1 else running),
    }
