# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Run a program with a time limit and say how it ended."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import Callable, List, Mapping

# Docker's client alone is 40 MB: after less time, a running engine on a slow or busy laptop would count as missing.
PROGRAM_TIMEOUT_SECONDS = 20
# As a shell gives them.
NOT_STARTED, TIMED_OUT = 127, 124


@dataclass(frozen=True)
class Ran:
    """How a program ended. `code` is NOT_STARTED where no such program is, TIMED_OUT where it took too long."""

    code: int
    output: str
    error: str

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def last_line(self) -> str:
        """The last line that it printed, for a sentence about why it failed; its code where it printed nothing."""
        return ((self.error or self.output).strip().splitlines() or [f"nothing, code {self.code}"])[-1]


Runner = Callable[[List[str]], Ran]


def run_program(
    command: list[str], timeout_seconds: float | None = None, environment: Mapping[str, str] | None = None
) -> Ran:
    """Run a program without a shell and in English. Never raises for what the program does.

    The limit is 20 seconds if `timeout_seconds` is None. `environment` is added to our own.
    """
    limit = PROGRAM_TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ran(TIMED_OUT, "", f"no answer within {limit:g} s")
    except OSError as error:
        return Ran(NOT_STARTED, "", error.strerror or str(error))
    return Ran(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace").strip())
