# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Figures of one streamed answer, and whether it really came as a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

# A real stream spreads its chunks over at least (chunks - 1) / chunks of the time that the model computed. With two
# chunks, the fewest that can be a stream, that is half of the time. A proxy or a pipe that collects
# the answer delivers it in milliseconds. A quarter is far from both.
BURST_FRACTION = 0.25
# Below this, one pause of a busy laptop before the first chunk (0.2 s seen) would look like a burst.
BURST_SHORTEST_SECONDS = 1.0


@dataclass(frozen=True)
class Figures:
    """One answer in numbers. Times in seconds, speeds in tokens per second; 0.0 if the server gave none."""

    first_token_seconds: float
    tokens_per_second: float
    prompt_tokens_per_second: float
    chunks: int
    chunk_spread_seconds: float
    eval_count: int
    eval_seconds: float
    load_seconds: float
    total_seconds: float
    text: str


def words(line: Mapping[str, Any]) -> str:
    """Return the text of one line; the thoughts of a thinking model are tokens like any others."""
    return str(line.get("response") or line.get("thinking") or "")


def figures(lines: Sequence[tuple[Mapping[str, Any], float]], started: float) -> Figures:
    """Sum up an answer from its lines and their times of arrival.

    `started` and the times are seconds of one monotonic clock. The speeds are the server's own counts
    (eval_count / eval_duration, in nanoseconds); the last line holds them.
    """
    arrivals = [at for line, at in lines if words(line)]
    last, ended = lines[-1] if lines else ({}, started)
    return Figures(
        first_token_seconds=round(arrivals[0] - started, 4) if arrivals else 0.0,
        tokens_per_second=_speed(last, "eval_count", "eval_duration"),
        prompt_tokens_per_second=_speed(last, "prompt_eval_count", "prompt_eval_duration"),
        chunks=len(arrivals),
        chunk_spread_seconds=round(arrivals[-1] - arrivals[0], 4) if arrivals else 0.0,
        eval_count=int(last.get("eval_count") or 0),
        eval_seconds=seconds(last, "eval_duration"),
        load_seconds=seconds(last, "load_duration"),
        total_seconds=round(ended - started, 4),
        text="".join(str(line.get("response") or "") for line, _at in lines),
    )


def seconds(line: Mapping[str, Any], key: str) -> float:
    """Return a duration of the server, which counts in nanoseconds."""
    return round(int(line.get(key) or 0) / 1e9, 4)


def _speed(line: Mapping[str, Any], count: str, duration: str) -> float:
    nanoseconds = int(line.get(duration) or 0)
    return round(int(line.get(count) or 0) / nanoseconds * 1e9, 2) if nanoseconds else 0.0


def shortfalls(seen: Figures, min_chunks: int, min_speed: float, max_first: float) -> tuple[str, ...]:
    """Return a sentence with the likely causes for each threshold that this answer misses; 0 means none."""
    found = []
    if seen.chunks < min_chunks:
        found.append(
            f"The answer came in {seen.chunks} chunks ({min_chunks} needed). A proxy may collect it, or the model "
            "stopped at once: ask for a longer answer."
        )
    elif seen.eval_seconds >= BURST_SHORTEST_SECONDS and _is_burst(seen):
        found.append(
            f"The answer came in one burst: {seen.chunks} chunks within {seen.chunk_spread_seconds:.3f} s, "
            f"but the model computed for {seen.eval_seconds:.2f} s (at least {BURST_FRACTION:.0%} of that needed). "
            "Something between here and Ollama collects the answer: look for a proxy, and turn its buffering off."
        )
    if min_speed and seen.tokens_per_second < min_speed:
        found.append(
            f"Generation ran at {seen.tokens_per_second:.1f} tokens/s ({min_speed:g} needed). Likely causes: other "
            "load, running on battery, more threads than physical cores, a CPU limit, swapping, or too large a model."
        )
    if max_first and seen.first_token_seconds > max_first:
        found.append(
            f"The first token came after {seen.first_token_seconds:.2f} s (at most {max_first:g} needed). Likely "
            "causes: the model was not loaded yet, a long prompt, other requests in the queue, or other load."
        )
    return tuple(found)


def _is_burst(seen: Figures) -> bool:
    return seen.chunk_spread_seconds < BURST_FRACTION * seen.eval_seconds
