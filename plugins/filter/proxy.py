# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filters proxy_refusal, engine_proxies and server_proxy. Each is documented in the .yml file of its name."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..module_utils.source.proxy import parse_proxies, refusal


def engine_proxies(checked: Mapping[str, Any]) -> dict[str, str]:
    """Return the map `proxies` of daemon.json. `checked`: arguments of `parse_proxies`, which are valid."""
    return parse_proxies(**checked).engine()


def server_proxy(checked: Mapping[str, Any]) -> dict[str, str]:
    """Return the proxy in the environment of Ollama's server; empty without a proxy for https."""
    return parse_proxies(**checked).server()


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxy_refusal": refusal, "engine_proxies": engine_proxies, "server_proxy": server_proxy}
