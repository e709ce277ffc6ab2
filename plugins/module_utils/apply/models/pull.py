# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Pulls one model: watches for stalls, tries a second time, and writes its progress into a file."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any, Iterator

from ...host.whole_file import write_whole
from ...ollama.api import OllamaApi, OllamaError
from .pull_words import PullProgress, Reason, explain

# Hashing a 40 GB layer on a slow disk takes several minutes, and Ollama sends nothing during that time.
VERIFY_SECONDS = 1800.0
# A service manager needs this long to restart an Ollama that crashed during the pull.
RETRY_PAUSE_SECONDS = 5.0


def pull(
    api: OllamaApi, name: str, registry: str, registry_insecure: bool, stall_seconds: float, progress_file: str | None
) -> int:
    """Pull `name`, with a second try unless that is useless. Returns the bytes downloaded; raises OllamaError."""
    progress, file = PullProgress(time.monotonic()), _ProgressFile(progress_file)
    for attempt in (1, 2):
        try:
            for _line in _lines(api, name, registry_insecure, stall_seconds, progress):
                file.write(progress.as_dict())
            break
        except OllamaError as error:
            reason = _why(error, name, registry, stall_seconds, progress)
            if attempt == 2 or reason.final:
                file.write(dict(progress.as_dict(), status="failed"), last=True)
                call = f"pull by Ollama at {api.url}"
                seen = reason.seen + (" (tried twice)" if attempt == 2 else "")
                raise OllamaError(call, seen, reason.advice, status=error.status) from error
        time.sleep(RETRY_PAUSE_SECONDS)
        progress.restart(time.monotonic())
    file.write(progress.as_dict(), last=True)
    return progress.downloaded


def _lines(api: OllamaApi, name: str, insecure: bool, stall_seconds: float, progress: PullProgress) -> Iterator[None]:
    """Pull once; yield after each line that was added to `progress`. Returns only if Ollama said "success".

    Ollama itself never ends a pull that stalls, and it keeps sending lines: a time limit on the connection alone
    would not notice it.
    """
    lines = api.stream("/api/pull", {"model": name, "insecure": insecure}, stall_seconds)
    with contextlib.closing(lines):
        for line, now in lines:
            progress.feed(line, now)
            yield
            if progress.status == "success":
                return
            if progress.stalled_seconds(now) > stall_seconds:
                raise OllamaError(name, "stalled", timed_out=True)
            lines.wait(VERIFY_SECONDS if progress.working else stall_seconds)
    raise OllamaError(name, "the answer ended without 'success'")


def _why(error: OllamaError, name: str, registry: str, stall_seconds: float, progress: PullProgress) -> Reason:
    """Return the reason in plain words: Ollama's own words are explained, those of the connection are kept."""
    if error.said:
        model = name[len(registry) + 1 :] if registry and name.startswith(registry + "/") else name
        return explain(error.seen, error.status, model.replace("library/", "", 1), registry)
    if error.timed_out:
        limit = VERIFY_SECONDS if progress.working else stall_seconds
        seen = f"no progress for {limit:g} s at {progress.completed} of {progress.total} bytes ({progress.status})"
        where = f"registry {registry}" if registry else "the registry"
        return Reason(seen, f"Check the network and {where}, then run it again: it continues where it stopped.", False)
    return Reason(error.seen, "See Ollama's log, then run it again: the download continues where it stopped.", False)


class _ProgressFile:
    """Replaced as a whole, at most once a second. It is only for display: an error here does not end the pull."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._next = 0.0

    def write(self, content: dict[str, Any], last: bool = False) -> None:
        now = time.monotonic()
        if not self._path or (now < self._next and not last):
            return
        self._next = now + 1
        with contextlib.suppress(OSError):
            write_whole(self._path, lambda file: file.write(json.dumps(content).encode()), 0o600)
