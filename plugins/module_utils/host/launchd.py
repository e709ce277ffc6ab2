# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Ask launchd of macOS about the user's own programs (launch agents), start and stop them, without root."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Mapping

from .programs import Runner

_POLL_SECONDS = 0.2


class LaunchdError(RuntimeError):
    """launchd did not do what was asked; the text is a sentence for the user."""


@dataclass(frozen=True)
class Agent:
    """A loaded agent. `pid` is None while its program does not run; `environment`: what launchd gives it."""

    domain: str
    pid: int | None
    environment: Mapping[str, str]


def parse_agent(domain: str, text: str) -> Agent:
    """Read the output of `launchctl print DOMAIN/LABEL`. Its lines begin with one tab, lines in a block with two."""
    pid = re.search(r"^\tpid = (\d+)$", text, re.MULTILINE)
    block = re.search(r"^\tenvironment = \{\n(.*?)^\t\}", text, re.MULTILINE | re.DOTALL)
    pairs = re.findall(r"^\t\t(\S+) => (.*)$", block.group(1) if block else "", re.MULTILINE)
    return Agent(domain, int(pid.group(1)) if pid else None, dict(pairs))


class Launchd:
    """launchd as the user `uid` sees it.

    gui/UID exists while that user is logged in at the screen; user/UID exists also without that, as over SSH.
    """

    def __init__(self, run: Runner, uid: int) -> None:
        self.run = run
        self.domains = (f"gui/{uid}", f"user/{uid}")

    def find(self, label: str) -> list[Agent]:
        """Return the agent in each domain where it is loaded: none, one, or both if somebody loaded it twice."""
        asked = ((domain, self.run(["launchctl", "print", f"{domain}/{label}"])) for domain in self.domains)
        return [parse_agent(domain, ran.output) for domain, ran in asked if ran.ok]

    def start(self, path: str) -> str:
        """Load an agent from its file into the first domain that exists; return the domain. Raises LaunchdError."""
        here = [domain for domain in self.domains if self.run(["launchctl", "print", domain]).ok]
        domain = here[0] if here else self.domains[-1]
        ran = self.run(["launchctl", "bootstrap", domain, path])
        if not ran.ok:
            raise LaunchdError(
                f"Could not load {path} into {domain}: launchctl said '{ran.last_line}' (a loaded agent was needed). "
                f"If it was disabled, run `launchctl enable {domain}/{_label(path)}`; else log in at the Mac's screen, "
                f"then run this again."
            )
        return domain

    def stop(self, label: str, timeout_seconds: float) -> None:
        """Unload an agent and wait until it is gone; before that, launchd does not load it again.

        Raises LaunchdError.
        """
        for agent in self.find(label):
            ran = self.run(["launchctl", "bootout", f"{agent.domain}/{label}"])
            deadline = time.monotonic() + timeout_seconds
            while self.run(["launchctl", "print", f"{agent.domain}/{label}"]).ok:
                if time.monotonic() >= deadline:
                    raise LaunchdError(
                        f"Could not end {label} in {agent.domain}: after {timeout_seconds:g} s it was still there, "
                        f"launchctl said '{ran.last_line}' (an agent that ends was needed). Look at it with "
                        f"`launchctl print {agent.domain}/{label}`."
                    )
                time.sleep(_POLL_SECONDS)


def _label(path: str) -> str:
    return path.rpartition("/")[2].replace(".plist", "")
