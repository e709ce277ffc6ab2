# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filters nogpu.ollama.bench_order and bench_block. Documented in the files of these names."""

from __future__ import annotations

from typing import Any, Callable

from ..module_utils._bench import block, order


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"bench_order": order, "bench_block": block}
