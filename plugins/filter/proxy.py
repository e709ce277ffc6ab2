# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filters proxy_refusal, engine_proxies, server_proxy: why a proxy cannot be had; what engine and server are told."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ..module_utils.source.proxy import parse_proxies, refusal


def engine_proxies(wish: Mapping[str, Any]) -> dict[str, str]:
    """Return the map `proxies` of daemon.json. `wish`: arguments of `parse_proxies`, which were not refused."""
    return parse_proxies(**wish).engine()


def server_proxy(wish: Mapping[str, Any]) -> dict[str, str]:
    """Return what the environment of Ollama's server says of it; empty without a proxy for https."""
    return parse_proxies(**wish).server()


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"proxy_refusal": refusal, "engine_proxies": engine_proxies, "server_proxy": server_proxy}
