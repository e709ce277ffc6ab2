# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Run a playbook as a person does, and say how it ended."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SITE = "playbooks/site.yml"
# Only so that a run that hangs fails in its own test, and not in the time limit of all tests.
LIMIT_SECONDS = 900


@dataclass(frozen=True)
class Ended:
    """How a run of ansible-playbook ended."""

    rc: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def sentence(self) -> str:
        """The output on one line: Ansible breaks a message where the screen ends."""
        return re.sub(r"\s+", " ", self.output)

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """The counts at the end, by host: {"laptop1": {"ok": 5, "changed": 0, ...}}."""
        lines = re.findall(r"^(\S+)\s+: (ok=\d+ .*)$", self.stdout, re.MULTILINE)
        return {host: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", text)} for host, text in lines}

    def well(self) -> Ended:
        """Return itself. Raises AssertionError if the run failed."""
        assert self.rc == 0, self.output
        return self.without_traceback()

    def badly(self) -> Ended:
        """Return itself. Raises AssertionError if the run did not fail."""
        assert self.rc != 0, self.output
        return self.without_traceback()

    def without_traceback(self) -> Ended:
        """Return itself. Raises AssertionError where a person would have to read Python."""
        assert "Traceback" not in self.stdout, self.output
        return self


@dataclass(frozen=True)
class Playbooks:
    """The playbooks of this checkout on the laptops of one inventory."""

    inventory: str

    def command(self, playbook: str = SITE, *arguments: str, **variables: Any) -> list[str]:
        extra = ["-e", json.dumps(variables)] if variables else []
        return ["ansible-playbook", "-i", self.inventory, playbook, *arguments, *extra]

    def run(
        self,
        playbook: str = SITE,
        *arguments: str,
        limit_seconds: float = LIMIT_SECONDS,
        environment: Mapping[str, str] | None = None,
        **variables: Any,
    ) -> Ended:
        """Run a playbook to its end, with `variables` given by -e. Raises TimeoutExpired."""
        command, began = self.command(playbook, *arguments, **variables), time.monotonic()
        env = {**os.environ, **(environment or {})}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=limit_seconds)
        return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
