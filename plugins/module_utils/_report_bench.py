# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Docker against native as text. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ._bench import Comparison, against_claim, compare, verdict
from ._screen import BAD, BOLD, DIM, PLAIN, Cell, Screen, table, wrap

Record = Mapping[str, Any]

HEADERS = ("what", "Docker", "native", "unit", "native is", "95 % interval", "verdict")


def comparisons(bench: Record) -> list[Comparison]:
    return compare(bench["answers"], bench["seed"])


def claim_text(seen: Comparison) -> str:
    return (
        f"Claim: native is 5-15 % faster than Docker. Measured on writing: {seen.ratio:.3f} times "
        f"[{seen.low:.3f} - {seen.high:.3f}]: {against_claim(seen)}."
    )


def bench_text(hosts: Mapping[str, Record], screen: Screen) -> str:
    """Return the tables of all hosts. `hosts` holds for each name {"bench": {...} or None}."""
    lines: list[str] = []
    for name, record in hosts.items():
        bench = record.get("bench")
        if not bench:
            lines += ["", screen.paint(name, BOLD) + "  " + screen.paint("not measured: see above", BAD)]
            continue
        found = comparisons(bench)
        lines += ["", screen.paint(name, BOLD) + "  " + what(bench), ""]
        lines += table(HEADERS, [_row(seen) for seen in found], screen, numbers=(1, 2))
        lines += ["", *wrap(claim_text(found[0]), screen.width)]
    return "\n".join([*lines, ""])


def what(bench: Record) -> str:
    """Return in a line what was measured."""
    pairs = len({answer["pair"] for answer in bench["answers"]})
    each = len(bench["answers"]) // (2 * pairs)
    return f"{bench['model']}, {bench['threads']} threads, {pairs} pairs in random order, {each} answers a block"


def _row(seen: Comparison) -> list[Cell]:
    return [
        (seen.name, BOLD),
        (figure(seen.docker), PLAIN),
        (figure(seen.native), PLAIN),
        (seen.unit, DIM),
        (f"{seen.ratio:.3f} x as good", PLAIN),
        (f"{seen.low:.3f} - {seen.high:.3f}", PLAIN),
        (verdict(seen), PLAIN),
    ]


def figure(value: float) -> str:
    """Return a measured value with three figures."""
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"
