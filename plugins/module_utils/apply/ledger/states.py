# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a thing looks like at one moment.

A state is a plain dict with at least `state`: absent, file, link or directory for a path; else absent or present.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence

State = Dict[str, Any]
ABSENT: State = {"state": "absent"}
# What docker is asked about, and removes.
DOCKER_KINDS = ("container", "network", "volume", "image")


def essence(kind: str, state: State) -> State:
    """Return what counts when two states are compared. The version of a package does not: its owner may update it."""
    wanted: Mapping[str, Sequence[str]] = {
        "file": ("sha256", "mode", "uid", "gid"),
        "link": ("target", "sha256"),
        "directory": ("mode", "uid", "gid", "listing_sha256"),
        "present": ("enabled", "active") if kind == "service" else (),
    }
    names = ("state", *wanted.get(state["state"], ()))
    return {name: state[name] for name in names if name in state}


def describe(state: State) -> str:
    """Return a state in words."""
    if "target" in state:
        return f"a link to {state['target']}"
    if "sha256" in state:
        return f"a file with sha256 {state['sha256'][:12]}"
    return str(state["state"])
