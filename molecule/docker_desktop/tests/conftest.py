# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Runs of the playbooks against one of the two laptops, and what the stand-ins were asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab.playbooks import Playbooks


@pytest.fixture(autouse=True)
def laptop(host: Host) -> Host:
    """Give each test its laptop: those without one would run after the others, when all is removed."""
    return host


@pytest.fixture
def calls(host: Host) -> list[str]:
    """Return what the stand-ins of this laptop were asked."""
    text: str = host.file("/opt/stand-in/calls").content_string
    return text.splitlines()


@pytest.fixture
def play(playbooks: Playbooks) -> Callable[..., str]:
    """Return `play(laptop, playbook, code=0, **variables)`: run it, see how it ends, return its output on one line."""

    def run(laptop: str, playbook: str, code: int = 0, **variables: Any) -> str:
        ended = playbooks.run(f"playbooks/{playbook}.yml", "--limit", laptop, limit_seconds=300, **variables)
        assert ended.rc == code, ended.output
        return ended.without_traceback().sentence.replace("''", "'")

    return run
