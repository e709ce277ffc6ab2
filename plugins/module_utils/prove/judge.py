# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Decide whether each promise is in force, from what was read: a `Reading` is what /proc or a cgroup file says."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence, Tuple

from ..host.process_text import UNLIMITED, Amount, amount
from .proof import CANNOT, CLAMPED, FAILED, IN_FORCE, NOT_LOADED, PLACEBO, ProofError, Row
from .readings import Reading, Value

Verdict = Tuple[str, str]  # the verdict and the note that explains it

# The kernel rounds memory limits down to whole pages; the largest page size in use (arm64) is 64 KiB.
_LARGEST_PAGE_BYTES = 65536


def wanted_amount(setting: str, value: Any) -> Amount:
    """Return a promised limit; raises ProofError for anything but a number or "unlimited"."""
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
    """Return a row for each promise whose value is not None; raises ProofError for one that cannot be proved."""
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
    """Return a row for each setting that the plan left out, with the plan's reason."""
    return tuple(
        Row(str(each["setting"]), each.get("requested"), None, PLACEBO, "", str(each.get("reason", "")))
        for each in placebo
    )
