# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read what is in force for a native server on macOS, from launchd, ps and lsof. Changes nothing."""

from __future__ import annotations

import re
from dataclasses import replace

from ..host.launchd import Agent, Launchd
from ..host.process_text import descendants, is_runner, parse_threads
from ..host.reader import HostReader
from ..look.mac import listeners, parse_addresses
from ..ollama.process import LimitsProbeError
from .evidence import Evidence
from .readings import Reading, plain_values, threads_reading

# Each process with its parent and its whole command line; these options are the same on macOS and Linux.
PROCESSES = ["ps", "-A", "-ww", "-o", "pid=,ppid=,command="]


def read_mac_evidence(host: HostReader, label: str, uid: int, port: int) -> Evidence:
    """Read threads and listeners of the agent's program; raises LimitsProbeError where it does not run."""
    running = [(each, each.pid) for each in Launchd(host.run, uid).find(label) if each.pid is not None]
    if not running:
        raise LimitsProbeError(
            f"Could not look at launch agent {label}: it is not loaded or does not run (a running one was needed). See "
            f"why with: launchctl print gui/{uid}/{label}, and in ~/.nogpu/log"
        )
    agent, pid = running[0]
    runner = find_runner(host.run(PROCESSES).output, pid)
    listen = Reading(parse_addresses(listeners(host, port)), "lsof")
    readings = {"threads": _threads(agent, label, runner), "listen": listen}
    observed = {**plain_values(readings), "unit": label}
    return Evidence(pid, runner[0] if runner else None, None, readings, observed)


def find_runner(text: str, server: int) -> tuple[int, tuple[str, ...]] | None:
    """Return pid and words of the process below `server` that computes; None while no model is loaded."""
    rows = re.findall(r"^\s*(\d+)\s+(\d+)\s+(.*)$", text, re.M)
    commands = {int(pid): tuple(words.split()) for pid, _parent, words in rows}
    tree = descendants({int(pid): int(parent) for pid, parent, _words in rows}, server)
    return next(((pid, commands[pid]) for pid in tree if is_runner(commands.get(pid, ()))), None)


def _threads(agent: Agent, label: str, runner: tuple[int, tuple[str, ...]] | None) -> Reading:
    """Return the runner's threads. A runner has the server's environment, which launchd can show."""
    if runner is None:
        return threads_reading(None, None)
    pid, words = runner
    seen = parse_threads(words, tuple(f"{name}={value}" for name, value in agent.environment.items()))
    source = f"ps -p {pid}" if seen.flag is not None else f"launchctl print {agent.domain}/{label}"
    return replace(threads_reading(pid, seen), source=source)
