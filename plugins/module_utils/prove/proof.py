# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Decide whether each promised setting is in force, from what the kernel shows. Pure: no I/O.

A promise is a setting and the value that was asked for; a `Reading` is what /proc or a cgroup file says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence, Tuple

from ..host.process_text import UNLIMITED, Amount, amount
from .readings import Reading, Value

IN_FORCE = "in force"
CLAMPED = "clamped"
PLACEBO = "placebo"
FAILED = "failed"
NOT_LOADED = "not loaded"
CANNOT = "cannot be enforced here"

Verdict = Tuple[str, str]  # the verdict and the note that explains it

# The kernel rounds memory limits down to whole pages; the largest page size in use (arm64) is 64 KiB.
_LARGEST_PAGE_BYTES = 65536
_NAMES_SHOWN = 4  # root alone has 41 capabilities


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
        """JSON form, with the values also as a person writes them."""
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
        """JSON form; the report reads it."""
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
        """One sentence that names each failed row; empty when none failed."""
        if not self.failed:
            return ""
        rows = "; ".join(
            f"{row.setting} is {value_text(row.setting, row.effective)} in {row.source} "
            f"({value_text(row.setting, row.requested)} was promised{', ' + row.note if row.note else ''})"
            for row in self.failed
        )
        return (
            f"{len(self.failed)} of {len(self.rows)} settings are not in force for {self.subject}, pid {self.pid}: "
            f"{rows}. Restart the server so that it takes its configuration up, or change what you asked for; "
            f"'strict: false' only reports."
        )


def value_text(setting: str, value: Value) -> str:
    """A value as a person writes it: 2.0 GiB, unlimited, yes."""
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
    """1024-based: 512 B, 64.0 KiB, 2.0 GiB."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def wanted_amount(setting: str, value: Any) -> Amount:
    """A promised limit; raises ProofError for anything but a number or "unlimited"."""
    try:
        return amount(str(value))
    except ValueError:
        message = f'Could not read the promise \'{setting}\': saw "{value}" (a whole number or "unlimited" was needed).'
        raise ProofError(f"{message} Correct it in 'promises'.") from None


def _judge_cgroup(requested: Amount, seen: Reading) -> Verdict:
    if isinstance(requested, str):
        return (IN_FORCE, "") if seen.value == UNLIMITED else (CLAMPED, "a cgroup above allows less")
    if isinstance(seen.value, int) and requested - _LARGEST_PAGE_BYTES < seen.value <= requested:
        return IN_FORCE, seen.note
    if seen.cannot:
        return CANNOT, seen.cannot
    if isinstance(seen.value, int) and seen.value < requested and seen.inherited:
        return CLAMPED, "a cgroup above allows less"
    return FAILED, seen.note


def _judge_resource(requested: Amount, seen: Reading) -> Verdict:
    if seen.value == requested:
        return IN_FORCE, ""
    if isinstance(seen.hard, int) and (requested == UNLIMITED or seen.hard < int(requested)):
        return CLAMPED, "whoever started the server may not set more"
    return FAILED, ""


def _judge_weight(requested: Amount, seen: Reading) -> Verdict:
    if seen.value == requested:
        return (CLAMPED, seen.note) if seen.inherited else (IN_FORCE, "")
    return (CANNOT, seen.cannot) if seen.cannot else (FAILED, seen.note)


def _judge_threads(requested: Amount, seen: Reading) -> Verdict:
    if seen.not_loaded:
        return NOT_LOADED, seen.note
    if seen.value == requested:
        return IN_FORCE, ""
    if seen.cannot:
        return CANNOT, seen.cannot
    return FAILED, "neither a flag nor LLAMA_ARG_THREADS is set" if seen.value is None else ""


def _judge_listen(requested: str, seen: Reading) -> Verdict:
    addresses = seen.value if isinstance(seen.value, tuple) else ()
    if not addresses:
        return FAILED, "nothing listens on the port"
    everywhere = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not bound to
    wanted = everywhere if requested in everywhere else {requested}
    if requested == "localhost" or _is_loopback(requested):
        reached = any(_is_loopback(address) for address in addresses)
    else:
        reached = bool(wanted & set(addresses))
    beyond = [address for address in addresses if address not in wanted and not _is_loopback(address)]
    if beyond:
        return FAILED, f"others can reach it at {', '.join(beyond)}"
    return (IN_FORCE, seen.note) if reached else (FAILED, "")


def _judge_networks(requested: Sequence[str], seen: Reading) -> Verdict:
    names = seen.value if isinstance(seen.value, tuple) else ()
    return (IN_FORCE, "") if set(requested) == set(names) else (FAILED, "")


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def _judge_user(requested: str, seen: Reading) -> Verdict:
    if requested == "non-root":
        return (IN_FORCE, "") if seen.value not in (0, None) else (FAILED, "it runs as root")
    return (IN_FORCE, "") if str(seen.value) == requested else (FAILED, "")


def _judge_capabilities(requested: str, seen: Reading) -> Verdict:
    names = seen.value if isinstance(seen.value, tuple) else (seen.value,)
    wanted = {name.strip() for name in requested.split(",")}
    return (IN_FORCE, "") if wanted == set(names) else (FAILED, "")


def _judge_equal(requested: Value, seen: Reading) -> Verdict:
    if seen.cannot:
        return CANNOT, seen.cannot
    return (IN_FORCE, "") if seen.value == requested else (FAILED, "")


# Every promise that can be proved. Numbers go through wanted_amount first.
_NUMBERS: dict[str, Callable[[Amount, Reading], Verdict]] = {
    "memory_limit_bytes": _judge_cgroup,
    "swap_limit_bytes": _judge_cgroup,
    "pids_limit": _judge_equal,
    "memlock_bytes": _judge_resource,
    "stack_bytes": _judge_resource,
    "core_bytes": _judge_resource,
    "nofile": _judge_resource,
    "threads": _judge_threads,
    "cpu_weight": _judge_weight,
}
_OTHERS: dict[str, Callable[[Any, Reading], Verdict]] = {
    "capabilities": _judge_capabilities,
    "no_new_privileges": _judge_equal,
    "seccomp": _judge_equal,
    "read_only_root": _judge_equal,
    "listen": _judge_listen,
    "allowed_networks": _judge_networks,
    "user": _judge_user,
}


def judge(promises: Mapping[str, Any], readings: Mapping[str, Reading]) -> tuple[Row, ...]:
    """One row for each promise whose value is not None; raises ProofError for one that cannot be proved."""
    unknown = sorted(set(promises) - set(_NUMBERS) - set(_OTHERS))
    if unknown:
        known = ", ".join(sorted({**_NUMBERS, **_OTHERS}))
        raise ProofError(f"Cannot prove the promise '{unknown[0]}': no such setting. Known are {known}.")
    rows = []
    for setting, value in promises.items():
        if value is None:
            continue
        seen = readings[setting]
        requested: Value = wanted_amount(setting, value) if setting in _NUMBERS else value
        decide: Callable[[Any, Reading], Verdict] = _NUMBERS.get(setting) or _OTHERS[setting]
        verdict, note = decide(requested, seen)
        rows.append(Row(setting, requested, seen.value, verdict, seen.source, note))
    return tuple(rows)


def placebo_rows(placebo: Sequence[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Rows for wishes that the plan left out, each with the plan's reason."""
    return tuple(
        Row(str(wish["setting"]), wish.get("requested"), None, PLACEBO, "", str(wish.get("reason", "")))
        for wish in placebo
    )
