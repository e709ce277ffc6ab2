# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the module says about a change of daemon.json: its results and its sentences."""

from __future__ import annotations

from typing import Any

from ...host.json_text import masked
from .change import Outcome
from .plan import Plan, kept_facts
from .secret import hidden


def success(todo: Plan, outcome: Outcome, path: str, check: bool) -> dict[str, Any]:
    """The result of a run without a fault; in check mode, of what it would do."""
    changed = todo.writes or bool(todo.reason)
    pending = todo.pending or ("check mode" if check and changed else "")
    before, after = (masked((version.data or b"").decode("utf-8")) for version in (todo.former, todo.new))
    result = {
        "changed": changed,
        "diff": {"before_header": path, "after_header": path, "before": before, "after": after},
        "settings_before": hidden(todo.former.settings),
        "settings_after": hidden(todo.new.settings),
        "added": hidden(todo.merge.added),
        "replaced": hidden(todo.merge.replaced),
        "kept": kept_facts(todo.merge),
        "validated_by": todo.validated_by,
        "restart_reason": todo.reason,
        "restarted": outcome.restarted,
        "rolled_back": False,
        "applied": not pending,
        "not_applied_because": pending,
        "containers": len(todo.running.containers),
    }
    if outcome.restarted:
        result.update(_measured(outcome))
    return result


def gone_back(outcome: Outcome, path: str) -> dict[str, Any]:
    """The result of a change that was taken back, as Docker did not run with it."""
    return {
        "msg": _sentence(outcome, path),
        "daemon_error": outcome.error,
        "applied": False,
        "restarted": outcome.restarted,
        "rolled_back": True,
        **_measured(outcome),
    }


def _measured(outcome: Outcome) -> dict[str, Any]:
    return {
        "containers": outcome.containers,
        "containers_kept": outcome.containers_kept,
        "seconds": outcome.seconds,
    }


def _sentence(outcome: Outcome, path: str) -> str:
    failed = f"Could not bring {path} into force: Docker did not take it: {outcome.error.rstrip('.')}."
    notes = "; ".join(outcome.notes)
    if not outcome.healthy:
        return f"{failed} The former file is back, and Docker does not run with it: {notes}. See journalctl -u docker."
    kept = f"containers that kept running: {outcome.containers}" if outcome.containers_kept else notes
    return f"{failed} The former file is back and Docker runs with it ({kept}). Correct 'settings' and run again."
