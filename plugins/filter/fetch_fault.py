# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filter fetch_fault: why a download failed. Documented in fetch_fault.yml."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Callable, Mapping

from ..module_utils.source.fault import fetch_fault


def fault(failed: Mapping[str, Any]) -> dict[str, str]:
    """Return what happened and what to do as plain data."""
    return asdict(fetch_fault(failed))


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"fetch_fault": fault}
