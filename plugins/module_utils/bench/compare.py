# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Compare arms fairly (arms.py says what an arm is): medians of blocks, and ratios with an interval.

A laptop's speed changes from minute to minute. So all arms are measured directly after one another, in random order
within each round, and only ratios within a round are compared.
"""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from .arms import RUNTIME

WRITING = ("tokens_per_second", "writing", "tokens/s", True)
READING = ("prompt_tokens_per_second", "reading the prompt", "tokens/s", True)
FIRST = ("first_token_seconds", "first token", "s", False)
# What is compared: the key of ollama_stream's result, its name, unit, and whether more is better.
METRICS = (WRITING, READING, FIRST)
# If an interval around 1 is wider than this, the two may still differ: the measurements vary too much to say.
SAME_WITHIN = 1.05
RESAMPLES = 2000
CONFIDENCE = 0.95


class BenchError(ValueError):
    """Too little was measured; the text says what."""


@dataclass(frozen=True)
class Comparison:
    """One metric of two arms. `ratio`: how many times as good `other` is as `base`, median over the rounds.

    `name` says what the row is about: the metric, or the other arm where several are compared.
    """

    name: str
    unit: str
    base_name: str
    other_name: str
    base: float
    other: float
    ratio: float
    low: float
    high: float
    pairs: tuple[tuple[float, float], ...]  # base, other


def compare(bench: Mapping[str, Any]) -> list[Comparison]:
    """Compare what was measured. `bench`: its "what", "arms", "seed", and "answers", each with its "pair" and "arm".

    Raises BenchError if no round is whole, or a value is missing.
    """
    metrics = METRICS if bench["what"] == RUNTIME else (WRITING,)
    against = [(arm["against"], arm["name"]) for arm in bench["arms"] if arm["against"]]
    return [_compare(bench, metric, base, other) for base, other in against for metric in metrics]


def whole_rounds(bench: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the rounds in which every arm was measured: the last one may be incomplete."""
    arms: dict[int, set[str]] = {}
    for answer in bench["answers"]:
        arms.setdefault(int(answer["pair"]), set()).add(answer["arm"])
    return sorted(number for number, names in arms.items() if len(names) == len(bench["arms"]))


def _compare(bench: Mapping[str, Any], metric: tuple[str, str, str, bool], base: str, other: str) -> Comparison:
    key, name, unit, more_is_better = metric
    numbers = whole_rounds(bench)
    if not numbers:
        raise BenchError("Nothing was measured (one round with all of its arms is needed).")
    pairs = tuple((_block(bench, pair, base, key), _block(bench, pair, other, key)) for pair in numbers)
    ratios = [right / left if more_is_better else left / right for left, right in pairs]
    low, high = interval(ratios, bench["seed"])
    left, right = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    shown = name if bench["what"] == RUNTIME else other
    return Comparison(shown, unit, base, other, left, right, statistics.median(ratios), low, high, pairs)


def _block(bench: Mapping[str, Any], pair: int, arm: str, key: str) -> float:
    """Return the median of one block's answers."""
    values = [float(each.get(key) or 0) for each in bench["answers"] if each["pair"] == pair and each["arm"] == arm]
    if not values or min(values) <= 0:
        raise BenchError(f"Pair {pair + 1} has no {key} for {arm}: {values} was measured (numbers above 0 needed).")
    return statistics.median(values)


def interval(ratios: Sequence[float], seed: int) -> tuple[float, float]:
    """Return the bootstrap interval of the median: it holds 95 % of the medians of random draws."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    cut = int((1 - CONFIDENCE) / 2 * RESAMPLES)
    return medians[cut], medians[-1 - cut]


def verdict(seen: Comparison) -> str:
    """Return in a few words what the interval says."""
    if len(seen.pairs) < 3:
        return "too few pairs to tell"
    if seen.low > 1:
        return f"{seen.other_name} is {_faster(seen.low, seen.high)}"
    if seen.high < 1:
        return f"{seen.base_name} is {_faster(1 / seen.high, 1 / seen.low)}"
    most = max(seen.high, 1 / seen.low)
    return f"the same within {_percent(most)}" if most <= SAME_WITHIN else "cannot tell: the interval is wide"


def _faster(low: float, high: float) -> str:
    return f"{low:.1f} to {high:.1f} times as fast" if high >= 2 else f"{_percent(low)} to {_percent(high)} faster"


def _percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:.0f} %" if ratio >= 1.1 else f"{(ratio - 1) * 100:.1f} %"
