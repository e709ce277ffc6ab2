# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The smoke test's result, from what its two modules returned."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .diagnosis import Activity, likely_causes

THREADS = "threads"


def smoke_result(
    answer: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    model: str,
    runtime: str,
    predicted: float = 0,
    cores: int = 0,
    downtime: float = 0,
) -> dict[str, Any]:
    """Return one record for people and later steps.

    `answer`: of `ollama_stream`, {} or a skipped one without a model. `rows`: of `effective_limits`. `predicted`:
    tokens a second, 0 for none. `cores`: as planned. `downtime`: seconds without a server while this one took over.
    """
    speed = float(answer.get("tokens_per_second") or 0)
    activity = Activity.from_dict(answer.get("activity") or {})
    return {
        "model": model,
        "runtime": runtime,
        "answer": str(answer.get("text") or "").strip(),
        "first_token_seconds": answer.get("first_token_seconds"),
        "tokens_per_second": speed or None,
        "prompt_tokens_per_second": answer.get("prompt_tokens_per_second"),
        "chunks": answer.get("chunks"),
        "predicted": predicted or None,
        "downtime_seconds": downtime or None,
        "causes": likely_causes(speed, predicted, activity, _threads(rows), cores),
        "activity": activity.as_dict(),
        "rows": [dict(row) for row in rows],
    }


def _threads(rows: Sequence[Mapping[str, Any]]) -> int | None:
    found = next((row["effective"] for row in rows if row["setting"] == THREADS), None)
    return found if isinstance(found, int) else None
