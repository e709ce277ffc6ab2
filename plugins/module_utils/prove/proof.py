# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The proof of what is in force for one server: a row for each promise, with its verdict, and the words for it.

A promise is a setting and the value that was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from .readings import Value

IN_FORCE = "in force"
CLAMPED = "clamped"
PLACEBO = "placebo"
FAILED = "failed"
NOT_LOADED = "not loaded"
CANNOT = "cannot be enforced here"

_NAMES_SHOWN = 4  # root has 41 capabilities


class ProofError(ValueError):
    """A promise that cannot be read; the text is a sentence for the user."""


@dataclass(frozen=True)
class Row:
    """One row of the proof."""

    setting: str
    requested: Value
    effective: Value
    verdict: str
    source: str
    note: str

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; each value also as people write it."""
        effective = list(self.effective) if isinstance(self.effective, tuple) else self.effective
        return {
            "setting": self.setting,
            "requested": self.requested,
            "requested_text": value_text(self.setting, self.requested),
            "effective": effective,
            "effective_text": value_text(self.setting, self.effective),
            "verdict": self.verdict,
            "source": self.source,
            "note": self.note,
        }


@dataclass(frozen=True)
class Proof:
    """All rows for one server, and what was seen beside the promises."""

    subject: str
    pid: int
    runner_pid: int | None
    cgroup_version: int | None
    rows: tuple[Row, ...]
    observed: Mapping[str, Any]

    @property
    def failed(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.verdict == FAILED)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, which the report reads."""
        return {
            "subject": self.subject,
            "pid": self.pid,
            "runner_pid": self.runner_pid,
            "cgroup_version": self.cgroup_version,
            "rows": [row.as_dict() for row in self.rows],
            "failed": [row.setting for row in self.failed],
            "observed": dict(self.observed),
        }

    def failure_text(self) -> str:
        """Return a sentence that names each failed row; empty if none failed."""
        if not self.failed:
            return ""
        rows = "; ".join(
            f"{row.setting} is {value_text(row.setting, row.effective)} in {row.source} "
            f"({value_text(row.setting, row.requested)} was promised{', ' + row.note if row.note else ''})"
            for row in self.failed
        )
        return (
            f"{len(self.failed)} of {len(self.rows)} settings are not in force for {self.subject}, pid {self.pid}: "
            f"{rows}. Restart the server so that it reads its configuration, or change what you asked for; "
            f"'strict: false' only reports."
        )


def value_text(setting: str, value: Value) -> str:
    """Return a value as people write it: 2.0 GiB, unlimited, yes."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        shown = (
            list(value) if len(value) <= _NAMES_SHOWN else [*value[:_NAMES_SHOWN], f"{len(value) - _NAMES_SHOWN} more"]
        )
        return ", ".join(shown) or "nothing"
    if isinstance(value, int) and setting.endswith("_bytes"):
        return bytes_text(value)
    return str(value)


def bytes_text(count: int) -> str:
    """Return a size in units of 1024: 512 B, 64.0 KiB, 2.0 GiB."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
