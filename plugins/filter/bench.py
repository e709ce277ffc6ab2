# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filter nogpu.ollama.bench_plan. Documented in the file of this name."""

from __future__ import annotations

from typing import Any, Callable

from ..module_utils.bench.arms import bench_plan


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"bench_plan": bench_plan}
