# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What `bench` measured as one page in HTML with pictures in SVG, which needs nothing from elsewhere. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Mapping, Sequence

from ..report.doctor import hardware
from .arms import RUNTIME
from .compare import Comparison, compare, whole_rounds
from .text import figure, what
from .words import WORDS, Words, judged, summary

Record = Mapping[str, Any]

WIDTH = 760
LEFT, RIGHT = 235, 130  # room for names and for figures
ROW = 58
PANEL = 240
PANEL_HEIGHT = 190
PANELS_IN_A_ROW = 3

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #667085; --line: #d5d9e0; --paper: #fff; --base: #1d7fd6;
  --other: #d9480f; --mark: #f5c04240; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #39414f; --paper: #14181f;
  --base: #5cb0f5; --other: #ff8a4c; --mark: #f5c04230; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 760px;
  margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .2rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); } svg { width: 100%; height: auto; display: block; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); } svg .soft { fill: var(--soft); font-size: 12px; }
svg .end { text-anchor: end; } svg .mid { text-anchor: middle; } svg .name { font-weight: 600; }
.axis { stroke: var(--line); } .same { stroke: var(--ink); stroke-dasharray: 3 3; } .mark { fill: var(--mark); }
.dot { fill: var(--other); opacity: .35; } .range { stroke: var(--other); stroke-width: 5; stroke-linecap: round; }
.median { fill: var(--paper); stroke: var(--other); stroke-width: 3; } .pair { stroke: var(--soft); opacity: .6; }
.base { fill: var(--base); } .other { fill: var(--other); } svg text.base { fill: var(--base); }
svg text.other { fill: var(--other); }
"""


@dataclass(frozen=True)
class Scale:
    """Turns values from `low` to `high` into places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def page(hosts: Mapping[str, Record]) -> str:
    """Return the whole page; hosts without a measurement are left out."""
    measured = {name: record for name, record in hosts.items() if record.get("bench") and whole_rounds(record["bench"])}
    body = "".join(_host(name, record) for name, record in measured.items())
    kinds = {record["bench"]["what"] for record in measured.values()}
    title = ", ".join(WORDS[kind].title for kind in sorted(kinds)) or "Bench"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body>{body or '<p>Nothing was measured.</p>'}</body></html>\n"
    )


def _host(name: str, record: Record) -> str:
    bench = record["bench"]
    found, words = compare(bench), WORDS[bench["what"]]
    said = summary(bench["what"], found)
    laptop = hardware(record["capacity"]) if record.get("capacity") else ""
    each = "Each pair" if bench["what"] == RUNTIME else f"Each pair, {found[0].unit}"
    return (
        f"<h1>{words.title} on {escape(name)}</h1>\n"
        f'<p class="soft">{escape(laptop)}<br>{escape(what(bench))}</p>\n'
        f"<p><strong>{escape(said)}</strong></p>\n"
        f"<h2>{words.ratio}</h2>\n"
        '<p class="soft">Each dot is a pair measured right after one another; the ring is their median, the bar its '
        f"95 % interval. {words.explained}</p>\n"
        f"{ratios(found, words, judged(bench['what'], found))}\n<h2>{each}</h2>\n{panels(found)}\n"
    )


def ratios(found: Sequence[Comparison], words: Words, said: Sequence[str]) -> str:
    """One row for each comparison: dots, interval and median on a common axis, with the mark behind them."""
    scale = ratio_scale(found, words)
    height = ROW * len(found) + 62
    bottom = height - 34
    parts = [
        *_mark(words, scale, bottom),
        f'<line class="same" x1="{scale.at(1)}" x2="{scale.at(1)}" y1="22" y2="{bottom}"/>',
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>',
        *(
            f'<text class="soft mid" x="{scale.at(tick)}" y="{bottom + 18}">{tick:.2f}</text>'
            for tick in ticks(scale.low, scale.high)
        ),
        *(
            _ratio_row(seen, each, scale, 22 + ROW * number + ROW // 2)
            for number, (seen, each) in enumerate(zip(found, said))
        ),
    ]
    return _svg(WIDTH, height, parts, escape(words.ratio))


def _mark(words: Words, scale: Scale, bottom: int) -> list[str]:
    if words.mark is None:
        return []
    left, right = (scale.at(value) for value in words.mark[:2])
    return [
        f'<rect class="mark" x="{left}" y="22" width="{right - left:.1f}" height="{bottom - 22}"/>',
        f'<text class="soft mid" x="{(left + right) / 2:.1f}" y="15">{words.mark[2]}</text>',
    ]


def ratio_scale(found: Sequence[Comparison], words: Words) -> Scale:
    """Wide enough for every pair, and always for 1 and the mark."""
    values = [ratio for seen in found for ratio in (*pair_ratios(seen), seen.low, seen.high)]
    values += [0.9, 1.1, *(words.mark[:2] if words.mark else ())]
    low, high = min(values), max(values)
    return Scale(low - 0.02, high + 0.02, LEFT, WIDTH - RIGHT)


def pair_ratios(seen: Comparison) -> list[float]:
    """Return how many times as good the other arm was in each pair: of seconds, fewer are better."""
    return [base / other if seen.unit == "s" else other / base for base, other in seen.pairs]


def ticks(low: float, high: float) -> list[float]:
    """Return round ratios in a range, at most eight of them, 1 among them."""
    step = next(size for size in (0.05, 0.1, 0.25, 0.5, 1, 5, 25, 1000) if (high - low) / size <= 8)
    first = -int((1 - low) / step)
    return [round(1 + step * number, 2) for number in range(first, int((high - 1) / step) + 1)]


def _ratio_row(seen: Comparison, said: str, scale: Scale, y: int) -> str:
    dots = "".join(f'<circle class="dot" cx="{scale.at(ratio)}" cy="{y}" r="4"/>' for ratio in pair_ratios(seen))
    return (
        f'<text class="name" x="0" y="{y}">{escape(seen.name)}</text>'
        f'<text class="soft" x="0" y="{y + 16}">{escape(said)}</text>'
        f'<line class="range" x1="{scale.at(seen.low)}" x2="{scale.at(seen.high)}" y1="{y}" y2="{y}"/>{dots}'
        f'<circle class="median" cx="{scale.at(seen.ratio)}" cy="{y}" r="6"/>'
        f'<text class="end name" x="{WIDTH}" y="{y}">{seen.ratio:.3f} times</text>'
        f'<text class="end soft" x="{WIDTH}" y="{y + 16}">{seen.low:.3f} - {seen.high:.3f}</text>'
    )


def panels(found: Sequence[Comparison]) -> str:
    """One panel for each comparison: a line from one arm's value to the other's for each pair."""
    rows = -(-len(found) // PANELS_IN_A_ROW)
    across, down = (WIDTH - PANEL) // (PANELS_IN_A_ROW - 1), PANEL_HEIGHT + 70
    places = [(number % PANELS_IN_A_ROW * across, number // PANELS_IN_A_ROW * down) for number in range(len(found))]
    parts = [f'<g transform="translate({x} {y})">{_panel(seen)}</g>' for (x, y), seen in zip(places, found)]
    return _svg(WIDTH, rows * down, parts, "Both values of each pair")


def _panel(seen: Comparison) -> str:
    values = [value for pair in seen.pairs for value in pair]
    spare = (max(values) - min(values)) * 0.1 or max(values) * 0.1
    scale = Scale(min(values) - spare, max(values) + spare, PANEL_HEIGHT + 20, 40)
    base, other = 55, PANEL - 65
    lines = "".join(
        f'<line class="pair" x1="{base}" y1="{scale.at(left)}" x2="{other}" y2="{scale.at(right)}"/>'
        f'<circle class="base" cx="{base}" cy="{scale.at(left)}" r="4"/>'
        f'<circle class="other" cx="{other}" cy="{scale.at(right)}" r="4"/>'
        for left, right in seen.pairs
    )
    title = escape(seen.name if seen.name == seen.other_name else f"{seen.name}, {seen.unit}")
    return (
        f'<text class="name mid" x="{(base + other) / 2}" y="14">{title}</text>{lines}'
        f'<text class="base end" x="{base - 10}" y="{scale.at(seen.base) + 4}">{figure(seen.base)}</text>'
        f'<text class="other" x="{other + 10}" y="{scale.at(seen.other) + 4}">{figure(seen.other)}</text>'
        f'<text class="soft mid" x="{base}" y="{PANEL_HEIGHT + 44}">{escape(_short(seen.base_name))}</text>'
        f'<text class="soft mid" x="{other}" y="{PANEL_HEIGHT + 44}">{escape(_short(seen.other_name))}</text>'
    )


def _short(name: str) -> str:
    return name.partition(",")[0]


def _svg(width: int, height: int, parts: Sequence[str], label: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
