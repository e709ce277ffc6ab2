# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Compare two runtimes fairly: order of the blocks, medians, ratio with an interval. Pure: no I/O, no Ansible.

What else a laptop does changes from minute to minute. So the two are measured right after one another, in random order
within each pair, and only ratios within a pair are compared.
"""

from __future__ import annotations

import random
import statistics
from dataclasses import asdict, dataclass
from typing import Any, Mapping, Sequence

DOCKER, NATIVE = "docker", "native"
RUNTIMES = (DOCKER, NATIVE)
# What is compared: the key of ollama_stream's result, its name, unit, and whether more is better.
METRICS = (
    ("tokens_per_second", "writing", "tokens/s", True),
    ("prompt_tokens_per_second", "reading the prompt", "tokens/s", True),
    ("first_token_seconds", "first token", "s", False),
)
# What articles say: native is 5 to 15 % faster than Docker.
CLAIM = (1.05, 1.15)
# An interval around 1 that is wider than this says nothing: noise, not likeness.
SAME_WITHIN = 1.05
RESAMPLES = 2000
CONFIDENCE = 0.95


class BenchError(ValueError):
    """Too little was measured; the text says what."""


@dataclass(frozen=True)
class Comparison:
    """One metric. `ratio`: how many times as good native is, median over the pairs; `low` and `high` its interval."""

    key: str
    name: str
    unit: str
    docker: float
    native: float
    ratio: float
    low: float
    high: float
    pairs: tuple[tuple[float, float], ...]  # docker, native

    def as_dict(self) -> dict[str, Any]:
        return dict(asdict(self), pairs=[list(pair) for pair in self.pairs], verdict=verdict(self))


def order(repeats: int, seed: int) -> list[dict[str, Any]]:
    """Return the blocks to measure, in order: each pair holds both runtimes, in random order."""
    chance = random.Random(seed)  # noqa: S311 no secret
    blocks = []
    for pair in range(repeats):
        both = list(RUNTIMES)
        chance.shuffle(both)
        blocks += [{"pair": pair, "runtime": runtime} for runtime in both]
    return blocks


def block(answers: Sequence[Mapping[str, Any]], pair: int, runtime: str) -> list[dict[str, Any]]:
    """Return what counts of one block's results of ollama_stream. The first answer only warms the server up."""
    keys = [metric[0] for metric in METRICS]
    return [{"pair": pair, "runtime": runtime, **{key: each.get(key) for key in keys}} for each in answers[1:]]


def compare(answers: Sequence[Mapping[str, Any]], seed: int) -> list[Comparison]:
    """Compare what was measured. `answers`: results of ollama_stream, each with its "pair" and "runtime".

    Raises BenchError if a pair lacks one of its two, or a value is missing.
    """
    return [_compare(answers, metric, seed) for metric in METRICS]


def _compare(answers: Sequence[Mapping[str, Any]], metric: tuple[str, str, str, bool], seed: int) -> Comparison:
    key, name, unit, more_is_better = metric
    numbers = sorted({int(answer["pair"]) for answer in answers})
    if not numbers:
        raise BenchError("Nothing was measured (at least one pair is needed).")
    pairs = tuple((_block(answers, pair, DOCKER, key), _block(answers, pair, NATIVE, key)) for pair in numbers)
    ratios = [native / docker if more_is_better else docker / native for docker, native in pairs]
    low, high = interval(ratios, seed)
    docker, native = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    return Comparison(key, name, unit, docker, native, statistics.median(ratios), low, high, pairs)


def _block(answers: Sequence[Mapping[str, Any]], pair: int, runtime: str, key: str) -> float:
    """Return the median of one block's answers."""
    values = [float(each.get(key) or 0) for each in answers if each["pair"] == pair and each["runtime"] == runtime]
    if not values or min(values) <= 0:
        raise BenchError(f"Pair {pair + 1} has no {key} for {runtime}: {values} was measured (numbers above 0 needed).")
    return statistics.median(values)


def interval(ratios: Sequence[float], seed: int) -> tuple[float, float]:
    """Return the bootstrap interval of the median: 95 % of the medians of ratios drawn anew lie in it."""
    chance = random.Random(seed)  # noqa: S311 no secret
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    cut = int((1 - CONFIDENCE) / 2 * RESAMPLES)
    return medians[cut], medians[-1 - cut]


def verdict(seen: Comparison) -> str:
    """Return in a few words what the interval says."""
    if len(seen.pairs) < 3:
        return "too few pairs to tell"
    if seen.low > 1:
        return f"native is {_percent(seen.low)} to {_percent(seen.high)} faster"
    if seen.high < 1:
        return f"Docker is {_percent(1 / seen.high)} to {_percent(1 / seen.low)} faster"
    most = max(seen.high, 1 / seen.low)
    return f"the same within {_percent(most)}" if most <= SAME_WITHIN else "cannot tell: the interval is wide"


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


def _percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:.0f} %" if ratio >= 1.1 else f"{(ratio - 1) * 100:.1f} %"
