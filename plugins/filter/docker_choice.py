# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filters docker_choice and key_fault: where Docker comes from, and whether a signing key is the expected one."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..module_utils.apply.docker_engine.choice import Wish, as_dict, choose
from ..module_utils.source.signing_key import key_fault


def docker_choice(found: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choice as plain data; a refusal is part of it."""
    return as_dict(choose(found, Wish(**wish)))


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"docker_choice": docker_choice, "key_fault": key_fault}
