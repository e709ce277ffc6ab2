# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Why an answer came slower than predicted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Mapping

from ..host.names import CONTAINER
from ..host.values import tokens

# Predictions are right within +-25 %; a single busy program halves the speed (0.38 to 0.45 measured). Below this
# there is a cause that can be named.
SLOW_RATIO = 0.4
# If other programs take so much of one core while the answer is computed, they are named.
BUSY_CORES = 0.3
THROTTLED_SHARE = 0.05
# A core that computes below this part of its highest frequency is slowed down by something.
SLOW_CLOCK = 0.6


@dataclass(frozen=True)
class Activity:
    """What else happened on the host while it answered; None if it could not be read.

    `others_cores`: CPU time of other programs, in cores. `steal_cores`: what a hypervisor kept. Both are parts of
    `cores`, which are logical. `throttled_share`: of the time, how much a CPU quota stopped the server.
    `heat_events`: times the processor slowed down because of heat. `clock_share`: frequency against the highest.
    `swapped_in_bytes`: read back from swap, by anybody. `server_swap_bytes`: the server's own memory that is in swap.
    """

    cores: int | None = None
    others_cores: float | None = None
    steal_cores: float | None = None
    throttled_share: float | None = None
    heat_events: int | None = None
    clock_share: float | None = None
    swapped_in_bytes: int | None = None
    server_swap_bytes: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Activity:
        return cls(**{field.name: record.get(field.name) for field in fields(cls)})


def likely_causes(
    measured: float, predicted: float | None, seen: Activity, threads: int | None, cores: int
) -> list[str]:
    """Return why `measured` tokens a second are below 0.4 of `predicted`, one sentence for each cause.

    Empty when it is fast enough, or nothing was predicted. `threads`: what the server computes with, `cores`: what
    it may use, as the plan counted them. Never empty for a slow answer: without a cause the backend is suspected.
    """
    if not predicted or not measured or measured >= SLOW_RATIO * predicted:
        return []
    head = (
        f"{tokens(measured)} tokens/s, {measured / predicted:.0%} of the {tokens(predicted)} predicted. Likely cause: "
    )
    causes = [cause for cause in (_threads(threads, cores), *_cpu(seen), *_held_back(seen), _swap(seen)) if cause]
    return [head + cause for cause in causes or [_BACKEND]]


_BACKEND = (
    "none that can be seen from outside (CPU free, no throttling, no swapping). Ollama may compute with slow code: "
    f"look for 'load_backend' in its log (docker logs {CONTAINER}, or journalctl -u ollama), which should name this "
    "processor's kind, such as haswell or zen4."
)


def _threads(threads: int | None, cores: int) -> str:
    if not threads or not cores or threads <= cores:
        return ""
    return (
        f"{threads} threads on {cores} usable cores, and threads that wait for each other make it many times slower. "
        "Set num_thread to the cores."
    )


def _cpu(seen: Activity) -> list[str]:
    found = []
    if seen.others_cores is not None and seen.others_cores >= BUSY_CORES:
        found.append(f"other programs took {seen.others_cores:.1f} of {seen.cores} cores. Close them, or see `top`.")
    if seen.steal_cores is not None and seen.steal_cores >= BUSY_CORES:
        found.append(f"the virtual machine's host kept {seen.steal_cores:.1f} of {seen.cores} cores for others.")
    return found


def _held_back(seen: Activity) -> list[str]:
    found = []
    if seen.throttled_share is not None and seen.throttled_share >= THROTTLED_SHARE:
        found.append(f"a CPU quota stopped it for {seen.throttled_share:.0%} of the time. Remove the quota.")
    if seen.heat_events:
        found.append("the processor slowed down because it got hot. Make sure that air can reach its vents.")
    elif seen.clock_share is not None and seen.clock_share < SLOW_CLOCK:
        found.append(
            f"the processor ran at {seen.clock_share:.0%} of its frequency. Plug the laptop in, or choose another "
            "power profile (powerprofilesctl set performance)."
        )
    return found


def _swap(seen: Activity) -> str:
    if seen.server_swap_bytes:
        return (
            f"{seen.server_swap_bytes / 1e6:.0f} MB of the model are in swap. Close programs, or take a smaller model."
        )
    if seen.swapped_in_bytes:
        return f"the host swaps ({seen.swapped_in_bytes / 1e6:.0f} MB read back during the answer). Close programs."
    return ""
