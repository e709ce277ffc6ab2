# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Docker against native as one page in HTML with pictures in SVG, which needs nothing from elsewhere. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Mapping, Sequence

from ._bench import CLAIM, Comparison, verdict
from ._report_bench import claim_text, comparisons, figure, what
from ._report_doctor import hardware

Record = Mapping[str, Any]

WIDTH = 760
LEFT, RIGHT = 150, 160  # room for names and for figures
ROW = 58
PANEL = 240
PANEL_HEIGHT = 190

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #667085; --line: #d5d9e0; --paper: #fff; --docker: #1d7fd6;
  --native: #d9480f; --claim: #f5c04240; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #39414f; --paper: #14181f;
  --docker: #5cb0f5; --native: #ff8a4c; --claim: #f5c04230; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 760px;
  margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .2rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); } svg { width: 100%; height: auto; display: block; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); } svg .soft { fill: var(--soft); font-size: 12px; }
svg .end { text-anchor: end; } svg .mid { text-anchor: middle; } svg .name { font-weight: 600; }
.axis { stroke: var(--line); } .same { stroke: var(--ink); stroke-dasharray: 3 3; } .claim { fill: var(--claim); }
.dot { fill: var(--native); opacity: .35; } .range { stroke: var(--native); stroke-width: 5; stroke-linecap: round; }
.median { fill: var(--paper); stroke: var(--native); stroke-width: 3; } .pair { stroke: var(--soft); opacity: .6; }
.docker { fill: var(--docker); } .native { fill: var(--native); } svg text.docker { fill: var(--docker); }
svg text.native { fill: var(--native); }
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
    body = "".join(_host(name, record) for name, record in hosts.items() if record.get("bench"))
    title = "Docker against native"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body>{body or '<p>Nothing was measured.</p>'}</body></html>\n"
    )


def _host(name: str, record: Record) -> str:
    bench = record["bench"]
    found = comparisons(bench)
    laptop = hardware(record["capacity"]) if record.get("capacity") else ""
    return (
        f"<h1>Docker against native on {escape(name)}</h1>\n"
        f'<p class="soft">{escape(laptop)}<br>{escape(what(bench))}</p>\n'
        f"<p><strong>{escape(claim_text(found[0]))}</strong></p>\n"
        "<h2>How many times as good native is</h2>\n"
        '<p class="soft">Each dot is a pair measured right after one another; the ring is their median, the bar its '
        "95 % interval. Right of the dashed line native is better, left of it Docker.</p>\n"
        f"{ratios(found)}\n<h2>Each pair</h2>\n{panels(found)}\n"
    )


def ratios(found: Sequence[Comparison]) -> str:
    """One row for each metric: dots, interval and median on a common axis, with the claim behind them."""
    scale = ratio_scale(found)
    height = ROW * len(found) + 62
    bottom = height - 34
    claim_left, claim_right = (scale.at(value) for value in CLAIM)
    parts = [
        f'<rect class="claim" x="{claim_left}" y="22" width="{claim_right - claim_left:.1f}" height="{bottom - 22}"/>',
        f'<text class="soft mid" x="{(claim_left + claim_right) / 2:.1f}" y="15">claimed: 5-15 %</text>',
        f'<line class="same" x1="{scale.at(1)}" x2="{scale.at(1)}" y1="22" y2="{bottom}"/>',
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>',
        *(
            f'<text class="soft mid" x="{scale.at(tick)}" y="{bottom + 18}">{tick:.2f}</text>'
            for tick in ticks(scale.low, scale.high)
        ),
        *(_ratio_row(seen, scale, 22 + ROW * number + ROW // 2) for number, seen in enumerate(found)),
    ]
    return _svg(WIDTH, height, parts, "Ratio of native to Docker for each metric")


def ratio_scale(found: Sequence[Comparison]) -> Scale:
    """Wide enough for every pair, and always for 1 and the claim."""
    values = [ratio for seen in found for ratio in (*pair_ratios(seen), seen.low, seen.high)]
    low, high = min(0.9, *values), max(1.2, *values)
    return Scale(low - 0.02, high + 0.02, LEFT, WIDTH - RIGHT)


def pair_ratios(seen: Comparison) -> list[float]:
    """Return how many times as good native was in each pair: of seconds, fewer are better."""
    return [docker / native if seen.unit == "s" else native / docker for docker, native in seen.pairs]


def ticks(low: float, high: float) -> list[float]:
    """Return round ratios in a range, at most eight of them, 1 among them."""
    step = next(size for size in (0.05, 0.1, 0.25, 0.5, 1, 5, 25, 1000) if (high - low) / size <= 8)
    first = -int((1 - low) / step)
    return [round(1 + step * number, 2) for number in range(first, int((high - 1) / step) + 1)]


def _ratio_row(seen: Comparison, scale: Scale, y: int) -> str:
    dots = "".join(f'<circle class="dot" cx="{scale.at(ratio)}" cy="{y}" r="4"/>' for ratio in pair_ratios(seen))
    return (
        f'<text class="name" x="0" y="{y}">{escape(seen.name)}</text>'
        f'<text class="soft" x="0" y="{y + 16}">{escape(verdict(seen))}</text>'
        f'<line class="range" x1="{scale.at(seen.low)}" x2="{scale.at(seen.high)}" y1="{y}" y2="{y}"/>{dots}'
        f'<circle class="median" cx="{scale.at(seen.ratio)}" cy="{y}" r="6"/>'
        f'<text class="end name" x="{WIDTH}" y="{y}">{seen.ratio:.3f} times</text>'
        f'<text class="end soft" x="{WIDTH}" y="{y + 16}">{seen.low:.3f} - {seen.high:.3f}</text>'
    )


def panels(found: Sequence[Comparison]) -> str:
    """One panel for each metric: a line from Docker's value to native's for each pair."""
    parts = [_panel(seen, (WIDTH - PANEL) // 2 * number) for number, seen in enumerate(found)]
    return _svg(WIDTH, PANEL_HEIGHT + 60, parts, "Docker and native value of each pair")


def _panel(seen: Comparison, x: int) -> str:
    values = [value for pair in seen.pairs for value in pair]
    spare = (max(values) - min(values)) * 0.1 or max(values) * 0.1
    scale = Scale(min(values) - spare, max(values) + spare, PANEL_HEIGHT + 20, 40)
    docker, native = x + 55, x + PANEL - 65
    lines = "".join(
        f'<line class="pair" x1="{docker}" y1="{scale.at(left)}" x2="{native}" y2="{scale.at(right)}"/>'
        f'<circle class="docker" cx="{docker}" cy="{scale.at(left)}" r="4"/>'
        f'<circle class="native" cx="{native}" cy="{scale.at(right)}" r="4"/>'
        for left, right in seen.pairs
    )
    title = f"{escape(seen.name)}, {escape(seen.unit)}"
    return (
        f'<text class="name mid" x="{(docker + native) / 2}" y="14">{title}</text>{lines}'
        f'<text class="docker end" x="{docker - 10}" y="{scale.at(seen.docker) + 4}">{figure(seen.docker)}</text>'
        f'<text class="native" x="{native + 10}" y="{scale.at(seen.native) + 4}">{figure(seen.native)}</text>'
        f'<text class="soft mid" x="{docker}" y="{PANEL_HEIGHT + 44}">Docker</text>'
        f'<text class="soft mid" x="{native}" y="{PANEL_HEIGHT + 44}">native</text>'
    )


def _svg(width: int, height: int, parts: Sequence[str], label: str) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
