# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Where everything stands in the two pictures of the bench page; page.html.j2 draws them. All places are in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from .compare import Comparison
from .text import figure
from .words import Words

WIDTH = 760
LEFT, RIGHT = 235, 130  # room for names and for figures
TOP = 22
ROW = 58
PANEL = 240
PANEL_HEIGHT = 190
PANELS_IN_A_ROW = 3
BASE_X, OTHER_X = 55, PANEL - 65


@dataclass(frozen=True)
class Scale:
    """Turns values from `low` to `high` into places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


@dataclass(frozen=True)
class Mark:
    """A shaded band of ratios, with what it means above it."""

    left: float
    width: float
    middle: float
    text: str


@dataclass(frozen=True)
class RatioRow:
    """One comparison: a dot for each pair, a bar from `low` to `high`, a ring at `median`."""

    y: int
    name: str
    said: str
    dots: tuple[float, ...]
    low: float
    high: float
    median: float
    ratio: str
    interval: str


@dataclass(frozen=True)
class Ratios:
    """All comparisons on one axis. `same` is where both sides are equal; `ticks` are (place, number)."""

    height: int
    bottom: int
    mark: Mark | None
    same: float
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[RatioRow, ...]


@dataclass(frozen=True)
class Panel:
    """One comparison: a line for each pair, from the base's value on the left to the other's on the right."""

    x: int
    y: int
    title: str
    pairs: tuple[tuple[float, float], ...]
    base_y: float
    other_y: float
    base: str
    other: str
    base_name: str
    other_name: str


def ratios(found: Sequence[Comparison], words: Words, said: Sequence[str]) -> Ratios:
    """Lay out one row for each comparison; `said` holds what is written below each name."""
    scale = ratio_scale(found, words)
    height = ROW * len(found) + 62
    bottom = height - 34
    return Ratios(
        height,
        bottom,
        _mark(words, scale),
        scale.at(1),
        tuple((scale.at(tick), f"{tick:.2f}") for tick in ticks(scale.low, scale.high)),
        tuple(_ratio_row(seen, said[at], scale, TOP + ROW * at + ROW // 2) for at, seen in enumerate(found)),
    )


def _mark(words: Words, scale: Scale) -> Mark | None:
    if words.mark is None:
        return None
    left, right = (scale.at(value) for value in words.mark[:2])
    return Mark(left, round(right - left, 1), round((left + right) / 2, 1), words.mark[2])


def _ratio_row(seen: Comparison, said: str, scale: Scale, y: int) -> RatioRow:
    dots = tuple(scale.at(ratio) for ratio in pair_ratios(seen))
    low, high, median = (scale.at(value) for value in (seen.low, seen.high, seen.ratio))
    words = f"{seen.ratio:.3f} times", f"{seen.low:.3f} - {seen.high:.3f}"
    return RatioRow(y, seen.name, said, dots, low, high, median, *words)


def ratio_scale(found: Sequence[Comparison], words: Words) -> Scale:
    """Return a scale that is wide enough for every pair, and always for 1 and the mark."""
    values = [ratio for seen in found for ratio in (*pair_ratios(seen), seen.low, seen.high)]
    values += [0.9, 1.1, *(words.mark[:2] if words.mark else ())]
    low, high = min(values), max(values)
    return Scale(low - 0.02, high + 0.02, LEFT, WIDTH - RIGHT)


def pair_ratios(seen: Comparison) -> list[float]:
    """Return how many times as good the other side was in each pair: of seconds, fewer are better."""
    return [base / other if seen.unit == "s" else other / base for base, other in seen.pairs]


def ticks(low: float, high: float) -> list[float]:
    """Return round ratios in a range, at most eight of them, 1 among them."""
    step = next(size for size in (0.05, 0.1, 0.25, 0.5, 1, 5, 25, 1000) if (high - low) / size <= 8)
    first = -int((1 - low) / step)
    return [round(1 + step * number, 2) for number in range(first, int((high - 1) / step) + 1)]


def panels(found: Sequence[Comparison]) -> tuple[Panel, ...]:
    """Lay out one panel for each comparison."""
    across, down = (WIDTH - PANEL) // (PANELS_IN_A_ROW - 1), PANEL_HEIGHT + 70
    places = [(at % PANELS_IN_A_ROW * across, at // PANELS_IN_A_ROW * down) for at in range(len(found))]
    return tuple(_panel(seen, x, y) for seen, (x, y) in zip(found, places))


def panels_height(count: int) -> int:
    """Return how high a picture of so many panels is."""
    return -(-count // PANELS_IN_A_ROW) * (PANEL_HEIGHT + 70)


def _panel(seen: Comparison, x: int, y: int) -> Panel:
    values = [value for pair in seen.pairs for value in pair]
    spare = (max(values) - min(values)) * 0.1 or max(values) * 0.1
    scale = Scale(min(values) - spare, max(values) + spare, PANEL_HEIGHT + 20, 40)
    return Panel(
        x,
        y,
        seen.name if seen.name == seen.other_name else f"{seen.name}, {seen.unit}",
        tuple((scale.at(base), scale.at(other)) for base, other in seen.pairs),
        scale.at(seen.base) + 4,
        scale.at(seen.other) + 4,
        figure(seen.base),
        figure(seen.other),
        _short(seen.base_name),
        _short(seen.other_name),
    )


def _short(name: str) -> str:
    return name.partition(",")[0]
