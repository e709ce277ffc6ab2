# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""After Docker, native, Docker: the container serves, and the unit rests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host


def test_the_container_serves(host: Host, api: Callable[..., Any]) -> None:
    assert host.check_output("docker inspect --format '{{.State.Running}}' ollama-docker") == "true"
    assert [model["name"] for model in api("/api/tags")["models"]] == ["hello:latest"]


def test_the_unit_rests_and_stays_at_rest_after_a_boot(host: Host) -> None:
    unit = host.service("ollama.service")
    assert not unit.is_running
    assert not unit.is_enabled
