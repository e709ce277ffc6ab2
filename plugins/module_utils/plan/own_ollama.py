# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What to say of an Ollama that is somebody's own, and whether ours may take its place. No I/O here."""

from __future__ import annotations

from ..host.names import BREW_AGENT
from ..look.capacity import HostCapacity, PortOwner
from .wishes import Wishes, option


def must_adopt(host: HostCapacity, kind: str) -> bool:
    """Say if our server could only run in place of somebody's own: that one runs, or its unit would be replaced."""
    own = host.own_ollama
    return own is not None and (own.active or own.enabled or kind == "native")


def own_ollama_problem(host: HostCapacity, wishes: Wishes, kind: str) -> str:
    """Return why somebody's own server stands in the way, "" if none does or ours may take its place."""
    own, mac = host.own_ollama, host.system == "darwin"
    if own is None or (wishes.adopt_ollama and not mac) or not must_adopt(host, kind):
        return ""
    state = f"it runs, pid {own.pid}" if own.active else "it rests"
    found = f"somebody's own Ollama is installed: {own.unit_path} with '{own.command}' ({state}) (needed: none"
    if mac:
        return (
            f"{found}: it takes the port at each login, and on a Mac ours never takes its place); nothing was "
            "changed. End it with `brew services stop ollama`, which keeps its program and its models."
        )
    return (
        f"{found}, or your leave to take its place); nothing was changed. Keep it and leave this host out of the "
        f"inventory, or run with -e {option('adopt_ollama')}=true: its unit is then stopped and disabled for as long "
        "as ours serves, and comes back with ./nogpu remove. Its program and its models stay where they are and are "
        "not touched; ours keeps models of its own and pulls them."
    )


def by_hand(owner: PortOwner) -> bool:
    """Say if an Ollama listens that is in no container and no unit of its own: a session is a unit, too."""
    return owner.program == "ollama" and not owner.container and "ollama" not in (owner.unit or "")


def ending(owner: PortOwner) -> str:
    """Return how its owner ends it, up to the word "it". Only a unit of systemd is stopped and given back by us."""
    if owner.unit == BREW_AGENT:
        return "It is Homebrew's service: it stays as it is. With `brew services stop ollama` end"
    if "/Ollama.app/" in (owner.command or ""):
        return "It is the app Ollama: it stays as it is. In the menu bar, quit"
    return "It is an Ollama that somebody started by hand: it stays as it is. End" if by_hand(owner) else "Stop"
