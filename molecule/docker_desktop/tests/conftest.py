# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Runs of the playbooks against one of the two laptops, and what the stand-ins were asked."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 300  # only so that a run that hangs fails here, and not in the limit of all tests


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
def play(request: pytest.FixtureRequest) -> Callable[..., str]:
    """Return `play(laptop, playbook, code=0, **variables)`: run it, see how it ends, return its words on one line."""

    def run(laptop: str, playbook: str, code: int = 0, **variables: Any) -> str:
        inventory = request.config.option.ansible_inventory
        command = ["ansible-playbook", "-i", inventory, "-l", laptop, f"playbooks/{playbook}.yml"]
        done = subprocess.run(
            [*command, "-e", json.dumps(variables)], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS
        )
        assert done.returncode == code, done.stdout
        assert "Traceback" not in done.stdout
        return re.sub(r"\s+", " ", (done.stdout + done.stderr).replace("''", "'"))

    return run
