# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filters of role docker_engine. Each is documented in the .yml of its name."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..module_utils.apply.docker_engine import role_text
from ..module_utils.apply.docker_engine import settings as docker_engine_settings


def engine_settings(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as plain data."""
    return docker_engine_settings.engine_settings(docker_engine_settings.Wanted(**wanted))


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "cause_in_log": role_text.cause_in_log,
            "engine_settings": engine_settings,
            "ledger_entries": role_text.ledger_entries,
            "running_containers": role_text.running_containers,
        }
