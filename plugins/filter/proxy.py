# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filters proxy_refusal and engine_proxies: why a proxy cannot be had, and what daemon.json says of one."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..module_utils._proxy import parse_proxies, refusal


def engine_proxies(wish: Mapping[str, Any]) -> dict[str, str]:
    """Return the map `proxies` of daemon.json. `wish`: arguments of `parse_proxies`, which were not refused."""
    return parse_proxies(**wish).engine()


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxy_refusal": refusal, "engine_proxies": engine_proxies}
