# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The words of each kind of bench: its title, what it is compared with, and the result in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from .arms import RUNTIME, SETTINGS, WEIGHT
from .compare import Comparison, verdict

# What articles say: native is 5 to 15 % faster than Docker.
CLAIM = (1.05, 1.15)
# While another program computes, at least this part of an idle laptop's speed should be left.
AIM = 0.8


@dataclass(frozen=True)
class Words:
    """`mark`: ratios that are shaded in the picture, and what they mean."""

    title: str
    ratio: str
    explained: str
    mark: tuple[float, float, str] | None


WORDS = {
    RUNTIME: Words(
        "Docker against native",
        "How many times as good native is",
        "Right of the dashed line native is better, left of it Docker.",
        (*CLAIM, "claimed: 5-15 %"),
    ),
    WEIGHT: Words(
        "Beside one busy program",
        "How much of an idle laptop's speed is left",
        "At the dashed line it is as fast as on an idle laptop.",
        (AIM, 1.0, "aim: 0.8 or better"),
    ),
    SETTINGS: Words(
        "Chosen settings against others",
        "How much of the planned speed is left",
        "At the dashed line it is as fast as planned.",
        None,
    ),
}


def summary(what: str, found: Sequence[Comparison]) -> str:
    """Return the result as sentences, with no more certainty than the intervals give."""
    if what == RUNTIME:
        judged = f"{_ratio(found[0])}: {against_claim(found[0])}."
        return f"Claim: native is 5-15 % faster than Docker. Measured on writing: {judged}"
    if what == SETTINGS:
        left = "; ".join(f"{seen.other_name}: {_ratio(seen)}" for seen in found)
        return f"Of the planned speed is left: {left}."
    lines = [f"Aim: {AIM} of an idle laptop's speed beside one busy program."]
    for equal, ours in zip(found[::2], found[1::2]):
        lines.append(f"{ours.other_name}: {_ratio(ours)}, {against_aim(ours)}; {equal.other_name}: {_ratio(equal)}.")
    return " ".join(lines)


def judged(what: str, found: Sequence[Comparison]) -> list[str]:
    """Return the result of each comparison in a few words."""
    if what == RUNTIME:
        return [verdict(seen) for seen in found]
    left = [f"{seen.ratio * 100:.0f} % is left" for seen in found]
    if what == WEIGHT:
        left[1::2] = [f"aim {against_aim(seen)}".partition(":")[0] for seen in found[1::2]]
    return left


def _ratio(seen: Comparison) -> str:
    return f"{seen.ratio:.3f} times [{seen.low:.3f} - {seen.high:.3f}]"


def against_aim(seen: Comparison) -> str:
    """Return whether enough of the speed is left."""
    if len(seen.pairs) < 3:
        return "too few rounds to judge it"
    if seen.low >= AIM:
        return "reached here"
    return "missed here" if seen.high < AIM else "not decided here: more rounds narrow the interval (bench_pairs)"


def against_claim(seen: Comparison) -> str:
    """Return whether the claim that native is 5-15 % faster fits what was measured."""
    least, most = CLAIM
    if len(seen.pairs) < 3:
        return "measured too little to judge it"
    if seen.low >= least and seen.high <= most:
        return "confirmed here"
    if seen.high < least or seen.low > most:
        return "not so here"
    return "neither confirmed nor excluded here: more pairs narrow the interval (bench_pairs)"
