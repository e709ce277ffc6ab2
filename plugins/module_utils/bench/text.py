# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What `bench` measured as text."""

from __future__ import annotations

from typing import Any, Mapping

from ..report.screen import BAD, BOLD, DIM, PLAIN, Cell, Screen, paragraph, table, titled
from .arms import RUNTIME
from .compare import Comparison, compare, whole_rounds
from .words import judged, summary

Record = Mapping[str, Any]

HEADERS = ("unit", "ratio", "95 % interval", "verdict")


def bench_text(hosts: Mapping[str, Record], screen: Screen) -> str:
    """Return the tables of all hosts. `hosts` holds for each name {"bench": {...} or None}."""
    lines: list[str] = []
    for name, record in hosts.items():
        bench = record.get("bench")
        problem = bench["problem"] if bench else "see above"
        if not bench or not whole_rounds(bench):
            lines += ["", *titled(name, (f"not measured: {problem}", BAD), screen)]
            continue
        found = compare(bench)
        sides = (found[0].base_name, found[0].other_name) if bench["what"] == RUNTIME else ("base", "then")
        lines += ["", *titled(name, (what(bench), PLAIN), screen), ""]
        rows = [_row(seen, said) for seen, said in zip(found, judged(bench["what"], found))]
        lines += table(["what", *sides, *HEADERS], rows, screen, numbers=(1, 2))
        lines += ["", *paragraph((summary(bench["what"], found), PLAIN), screen)]
        if problem:
            lines += ["", *paragraph((f"It ended early: {problem}", BAD), screen)]
    return "\n".join([*lines, ""])


def what(bench: Record) -> str:
    """Return what was measured, in one line."""
    rounds = whole_rounds(bench)
    each = len([answer for answer in bench["answers"] if answer["pair"] == rounds[0]]) // len(bench["arms"])
    kind = "pairs" if len(bench["arms"]) == 2 else f"rounds of {len(bench['arms'])} blocks"
    return f"{bench['model']}, {bench['threads']} threads, {len(rounds)} {kind} in random order, {each} answers a block"


def _row(seen: Comparison, said: str) -> list[Cell]:
    return [
        (seen.name, BOLD),
        (figure(seen.base), PLAIN),
        (figure(seen.other), PLAIN),
        (seen.unit, DIM),
        (f"{seen.ratio:.3f} times", PLAIN),
        (f"{seen.low:.3f} - {seen.high:.3f}", PLAIN),
        (said, PLAIN),
    ]


def figure(value: float) -> str:
    """Return a measured value with three digits."""
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"
