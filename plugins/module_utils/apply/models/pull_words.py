# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the lines of a pull mean: progress, stall, and errors in plain words."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Any, Mapping

from ...source.fault import TRUST

# Ollama reports a layer it downloads at the earliest one tick after it began (60 ms, server/download.go),
# and a layer that it already has at once. Half a tick separates the two when a layer is complete at its first line.
_TICK_SECONDS = 0.03
# Speed is the mean of this time: long enough to be steady, short enough to show that a network became slower.
_SPEED_SECONDS = 10.0


@dataclass
class _Layer:
    first: int
    completed: int
    total: int


class PullProgress:
    """Adds up the lines of one model's pull, over several attempts. Times are seconds of one monotonic clock."""

    def __init__(self, now: float) -> None:
        self.status = "starting"
        self._layers: dict[str, _Layer] = {}
        self._moved_at = now
        self._line_at = now
        self._samples: deque[tuple[float, int]] = deque([(now, 0)])

    def restart(self, now: float) -> None:
        """Begin another attempt: the time without progress starts at 0, the bytes stay counted."""
        self._moved_at = self._line_at = now

    def feed(self, line: Mapping[str, Any], now: float) -> None:
        """Add one line of the stream."""
        status = str(line.get("status", ""))
        if status != self.status:
            self.status, self._moved_at = status, now
        digest, total = line.get("digest"), line.get("total")
        if isinstance(digest, str) and isinstance(total, int):
            completed = line.get("completed")
            self._count(digest, total, completed if isinstance(completed, int) else 0, now)
        self._line_at = now

    def _count(self, digest: str, total: int, completed: int, now: float) -> None:
        layer = self._layers.get(digest)
        if layer is None:
            fresh = completed == total and now - self._line_at >= _TICK_SECONDS
            layer = self._layers[digest] = _Layer(0 if fresh else completed, completed, total)
            self._moved_at = now
        elif completed > layer.completed:
            self._moved_at = now
        elif completed < layer.completed:
            # Ollama counts a part again when it retries it: that is not progress, and the speed is measured from here.
            layer.first = min(layer.first, completed)
            self._samples.clear()
        layer.completed = completed
        self._samples.append((now, self.downloaded))
        while now - self._samples[0][0] > _SPEED_SECONDS and len(self._samples) > 2:
            self._samples.popleft()

    @property
    def working(self) -> bool:
        """True while Ollama hashes or writes: no bytes arrive then, however long it takes."""
        return not self.status.startswith(("pulling", "starting"))

    def stalled_seconds(self, now: float) -> float:
        """Return the seconds since the last byte, layer or change of status; 0 while Ollama hashes or writes."""
        return 0.0 if self.working else now - self._moved_at

    @property
    def completed(self) -> int:
        return sum(layer.completed for layer in self._layers.values())

    @property
    def total(self) -> int:
        """Bytes of the layers named so far; the first one is nearly all of a model."""
        return sum(layer.total for layer in self._layers.values())

    @property
    def downloaded(self) -> int:
        """Bytes downloaded in this run, without those that arrived before a layer's first line."""
        return sum(layer.completed - layer.first for layer in self._layers.values())

    def as_dict(self) -> dict[str, Any]:
        """Return what the progress file contains: status, completed and total in bytes, bytes_per_second."""
        (start, before), (end, after) = self._samples[0], self._samples[-1]
        speed = (after - before) / (end - start) if end > start else 0.0
        return {
            "status": self.status,
            "completed": self.completed,
            "total": self.total,
            "bytes_per_second": round(speed, 1),
        }


@dataclass(frozen=True)
class Reason:
    """Why a pull failed: `seen`, what to do (`advice`), and whether another try is useless (`final`)."""

    seen: str
    advice: str
    final: bool = True


_MIRROR = "Without internet, name a mirror in nogpu_mirror (option 'registry'), or try it all with ./nogpu lab."

# Words of Ollama or the system beneath it -> what to do, and whether trying again is useless.
_KNOWN: tuple[tuple[tuple[str, ...], str, bool], ...] = (
    (
        ("no space left on device", "disk quota exceeded", "not enough space"),
        "Free disk space where the models are, or choose a smaller model; what was downloaded is kept.",
        True,
    ),
    (("read-only file system",), "The models' file system is read-only: look at 'dmesg' for disk errors.", True),
    (("permission denied",), "The user that runs Ollama must own the folder of the models.", True),
    (
        ("server gave http response to https client", "first record does not look like a tls"),
        "The registry speaks plain HTTP: set 'registry_insecure' to true, or give it a certificate.",
        True,
    ),
    (("x509:", "certificate"), TRUST, True),
    (
        ("no location header",),
        "The mirror answers a blob without a 'Location' header. Ollama needs one: see ./nogpu mirror.",
        True,
    ),
    (
        ("digest mismatch",),
        "The registry or the network changed the data: compare the mirror's files with their sha256 names.",
        False,
    ),
    (
        ("invalid character '<'",),
        "A web page came instead of a manifest: a captive portal or proxy? Open a browser and log in.",
        True,
    ),
    (("no such host", "server misbehaving"), "The registry's name is not known here: check DNS. " + _MIRROR, False),
    (
        ("connection refused", "no route to host", "network is unreachable", "i/o timeout"),
        "Check that the registry runs and 'registry' is right. " + _MIRROR,
        False,
    ),
    (
        ("eof",),
        "Run it again. If that does not help, a full disk has left an empty file: remove the files 'sha256-*-partial*' "
        "in the models' folder 'blobs' and pull again.",
        False,
    ),
)


# How Ollama reports an answer of the registry that it does not know: "500: ", "pull model manifest: 401: ...".
_HTTP = re.compile(r"(?:pull model manifest: )?([45][0-9]{2}): ?(.*)")


def explain(text: str, status: int | None, model: str, registry: str) -> Reason:
    """Turn the words of a failed pull into a reason. `status` is the HTTP status of the answer, if it was an error."""
    words = text.lower()
    if status == 404 or "file does not exist" in words or "manifest unknown" in words:
        advice = "Check the spelling of name and tag" + (
            ", or put the model into the mirror." if registry else " at https://ollama.com/library."
        )
        return Reason(f"model {model} is not in registry {registry or 'registry.ollama.ai'}", advice)
    if status == 412 or "requires a newer version of ollama" in words or "manifest: 412" in words:
        return Reason(f"model {model} needs a newer Ollama", "Upgrade Ollama on this host, or choose an older model.")
    answer = _HTTP.fullmatch(_one_line(text))
    if answer:
        seen = f"the registry answered HTTP {answer.group(1)} {answer.group(2)}".rstrip()
        return Reason(seen, "See the registry's log.", final=answer.group(1).startswith("4"))
    for needles, advice, final in _KNOWN:
        if any(needle in words for needle in needles):
            return Reason(_one_line(text), advice, final)
    return Reason(_one_line(text), "Run it again: the download continues where it stopped.", final=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500].rstrip(".")
