# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filter nogpu.ollama.smoke_result: one record of a smoke test. Documented in smoke_result.yml."""

from __future__ import annotations

from typing import Any, Callable

from ..module_utils.prove.smoke import smoke_result


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"smoke_result": smoke_result}
