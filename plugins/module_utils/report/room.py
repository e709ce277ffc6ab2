# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The report after a run as text: one table of all hosts, and for each host what is in force."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ..host.values import tokens
from ..prove.proof import CLAMPED, FAILED, IN_FORCE, PLACEBO
from .screen import BAD, BOLD, DIM, GOOD, PLAIN, WARN, Cell, Screen, field, paragraph, table

LABEL_WIDTH = 10
_LONG_ID = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
_KINDS = {IN_FORCE: GOOD, CLAMPED: WARN, PLACEBO: DIM, FAILED: BAD}

Record = Mapping[str, Any]


def room_text(hosts: Mapping[str, Record], screen: Screen) -> str:
    """Return the whole report. `hosts` has for each name {"plan", "smoke"}, None if the run stopped before it."""
    lines = [
        "",
        *table(["host", "runtime", "model", "first token", "tokens/s", "predicted", "limits"], _rows(hosts), screen),
    ]
    for name, record in hosts.items():
        smoke = record.get("smoke")
        if smoke:
            lines += ["", *_host(name, smoke, screen)]
    return "\n".join([*lines, ""])


def _rows(hosts: Mapping[str, Record]) -> list[list[Cell]]:
    rows = []
    for name, record in hosts.items():
        smoke, plan = record.get("smoke"), record.get("plan") or {}
        if not smoke:
            rows.append(
                [
                    (name, BOLD),
                    (plan.get("server", {}).get("runtime", "-"), PLAIN),
                    ("not done: see above", BAD),
                    *[("-", DIM)] * 4,
                ]
            )
            continue
        first, speed, predicted = (smoke[key] for key in ("first_token_seconds", "tokens_per_second", "predicted"))
        rows.append(
            [
                (name, BOLD),
                (smoke["runtime"], PLAIN),
                (smoke["model"] or "none", PLAIN if smoke["model"] else BAD),
                (f"{first:.2f} s" if first is not None else "-", PLAIN),
                (tokens(speed) if speed else "-", WARN if smoke["causes"] else PLAIN),
                (f"{tokens(predicted)} +-25 %" if predicted else "-", DIM),
                (counts(smoke["rows"]), BAD if _count(smoke["rows"], FAILED) else GOOD),
            ]
        )
    return rows


def _count(rows: list[Record], verdict: str) -> int:
    return sum(row["verdict"] == verdict for row in rows)


def counts(rows: list[Record]) -> str:
    """Return "9 in force, 1 placebo": how many settings have which verdict."""
    order = [IN_FORCE, CLAMPED, PLACEBO, FAILED]
    verdicts = order + sorted({row["verdict"] for row in rows} - set(order))
    found = [f"{_count(rows, verdict)} {verdict}" for verdict in verdicts if _count(rows, verdict)]
    return ", ".join(found) or "-"


def _host(name: str, smoke: Record, screen: Screen) -> list[str]:
    lines = paragraph((name, BOLD), screen)
    lines += field("answer", [(smoke["answer"], PLAIN)] if smoke["answer"] else [], screen, LABEL_WIDTH)
    if smoke.get("downtime_seconds"):
        lines += field(
            "exchange", [(f"no server answered for {smoke['downtime_seconds']:.1f} s", PLAIN)], screen, LABEL_WIDTH
        )
    lines += field("slow", [(cause, WARN) for cause in smoke["causes"]], screen, LABEL_WIDTH)
    rows = [
        [
            (row["setting"], PLAIN),
            (row["requested_text"], PLAIN),
            ("" if row["verdict"] == PLACEBO else row["effective_text"], PLAIN),
            (row["verdict"], _KINDS.get(row["verdict"], WARN)),
            (_source(row), DIM),
        ]
        for row in smoke["rows"]
    ]
    if rows:
        lines += ["", *table(["setting", "requested", "effective", "verdict", "source"], rows, screen)]
    return lines


def _source(row: Record) -> str:
    """Return where a value was read, and the note; a container's id is shortened as Docker does."""
    note = f"({row['note']})" if row["note"] else ""
    return _LONG_ID.sub(r"\1...", " ".join(part for part in (row["source"], note) if part))
