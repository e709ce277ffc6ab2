# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What to say about somebody's own Ollama, and whether ours may replace it."""

from __future__ import annotations

from ..host.names import BREW_AGENT
from ..look.capacity import HostCapacity, PortOwner
from .wishes import Wishes, option


def must_adopt(host: HostCapacity, kind: str) -> bool:
    """Say if our server could only run in place of somebody's own: that one runs, or its unit would be replaced."""
    own = host.own_ollama
    return own is not None and (own.active or own.enabled or kind == "native")


def own_ollama_problem(host: HostCapacity, wishes: Wishes, kind: str) -> str:
    """Return why somebody's own server stops the run, "" if there is none or ours may replace it."""
    own, mac = host.own_ollama, host.system == "darwin"
    if own is None or (wishes.adopt_ollama and not mac) or not must_adopt(host, kind):
        return ""
    state = f"it runs, pid {own.pid}" if own.active else "it does not run"
    found = f"somebody's own Ollama is installed: {own.unit_path} with '{own.command}' ({state}) (needed: none"
    if mac:
        return (
            f"{found}: it takes the port at each login, and on a Mac ours never replaces it); nothing was "
            "changed. End it with `brew services stop ollama`, which keeps its program and its models."
        )
    return (
        f"{found}, or your permission to replace it); nothing was changed. Keep it and leave this host out of the "
        f"inventory, or run with -e {option('adopt_ollama')}=true: its unit is then stopped and disabled while our "
        "server runs, and comes back with ./nogpu remove. Its program and its models stay where they are and are not "
        "touched; our server pulls its own models."
    )


def by_hand(owner: PortOwner) -> bool:
    """Say if an Ollama listens that was started by hand: in no container, and in no unit but the one of a session."""
    return owner.program == "ollama" and not owner.container and "ollama" not in (owner.unit or "")


def ending(owner: PortOwner) -> str:
    """Return how its owner ends it. We stop and bring back only a unit of systemd."""
    if owner.unit == BREW_AGENT:
        return "It is Homebrew's service: it stays as it is. End it with `brew services stop ollama`"
    if "/Ollama.app/" in (owner.command or ""):
        return "It is the app Ollama: it stays as it is. Quit it in the menu bar"
    return "It is an Ollama that somebody started by hand: it stays as it is. End it" if by_hand(owner) else "Stop it"
