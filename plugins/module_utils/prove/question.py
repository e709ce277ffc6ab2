# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Ask a model over Ollama's API and measure its answer."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from ..host.reader import HostReader
from ..ollama.api import OllamaApi, OllamaError
from .activity import between, snapshot
from .diagnosis import Activity
from .stream import Figures, figures

CONNECT_SECONDS = 30
# Ollama ends an answer without an error after 30 equal tokens in a row; otherwise its runner has crashed.
BROKE_OFF = "The model repeated itself, or its runner crashed or ran out of memory"
# The same answer each time, and short: 64 tokens are enough to measure and take 8 s at reading speed.
OPTIONS = {"temperature": 0, "seed": 42, "num_predict": 64}


def ask(api: OllamaApi, body: dict[str, Any], first: float, total: float) -> list[tuple[dict[str, Any], float]]:
    """Return all lines of one answer with their times of arrival. Raises OllamaError unless it was complete.

    `first` and `total`: how many seconds the first line and the last line may take.
    """
    received: list[tuple[dict[str, Any], float]] = []
    call, started = f"POST {api.url}/api/generate", time.monotonic()
    try:
        lines = api.stream("/api/generate", body, first)
        for line, at in lines:
            received.append((line, at))
            if line.get("done") is True:
                lines.close()
                return received
            lines.wait(started + total - at)
    except OllamaError as error:
        if not error.timed_out:
            raise
        seen = f"not finished within {total:g} s" if received else f"no token within {first:g} s"
        advice = "Likely causes: a slow disk or too large a model while loading, swapping, or other load."
        raise OllamaError(call, seen, advice, timed_out=True) from error
    seen = f"the answer ended without 'done: true' after {len(received)} lines"
    raise OllamaError(call, seen, f"{BROKE_OFF}: see Ollama's log.")


def measure(api: OllamaApi, model: str, params: dict[str, Any]) -> tuple[Figures, Activity]:
    """Warm up if asked to, ask, and return the figures with what else the host did during the answer."""
    body: dict[str, Any] = {"model": model, "options": {**OPTIONS, **params["options"]}}
    if params["keep_alive"]:
        body["keep_alive"] = keep_alive(params["keep_alive"])
    begun = time.monotonic()
    if params["warm_up"]:
        ask(api, body, params["timeout"], params["timeout"])
    warm_up_seconds = time.monotonic() - begun
    host = HostReader()
    before, started = snapshot(host), time.monotonic()
    answer = ask(api, dict(body, prompt=params["prompt"]), params["timeout"], params["total_timeout"])
    activity = between(host, before, snapshot(host))
    seen = figures(answer, started)
    # The answer to a warm-up carries no load_duration (0.9.3).
    return (replace(seen, load_seconds=round(warm_up_seconds, 4)) if params["warm_up"] else seen), activity


def keep_alive(text: str) -> int | str:
    """Return a number as an int: Ollama takes a number as seconds but refuses the same number as text."""
    try:
        return int(text)
    except ValueError:
        return text
