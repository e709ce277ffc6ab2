# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find out which Ollama is somebody's own and which is ours: systemd units, and containers.

Somebody's own unit may come from Ollama's own script, from a package or be written by hand.
"""

from __future__ import annotations

import re
from typing import Sequence

from ..host.names import CONTAINER, HOME, PROJECT, UNIT
from ..host.reader import HostReader
from ..host.system_text import parse_properties
from .capacity import Ours, OwnOllama
from .docker_text import Container

# In the order in which systemd looks.
FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
# Our unit always has its home there, whatever is set.
OURS = f"{HOME}/"
QUESTION = ["systemctl", "show", "--property=UnitFileState,ActiveState,MainPID", UNIT]


def read_own_ollama(host: HostReader) -> OwnOllama | None:
    """Return the unit that systemd would use, if it is not ours. A masked unit (a link to nothing) counts as none."""
    path, text = _unit(host)
    if not path or OURS in text:
        return None
    command = re.search(r"^ExecStart=\s*[-@:+!]*(.*)$", text, re.MULTILINE)
    seen = parse_properties(host.run(QUESTION).output)
    return OwnOllama(
        unit_path=path,
        command=command.group(1).strip() if command else "",
        enabled=seen.get("UnitFileState", "").startswith("enabled"),
        active=seen.get("ActiveState") in ("active", "activating", "reloading"),
        pid=int(seen.get("MainPID") or 0) or None,
    )


def read_ours(host: HostReader, containers: Sequence[Container]) -> Ours:
    """Return which Ollama on this host is ours."""
    return compare_with_ours(OURS in _unit(host)[1], containers)


def compare_with_ours(unit: bool, containers: Sequence[Container]) -> Ours:
    """Compare containers with our name and our Compose project. `unit`: our native server is installed."""
    renamed = [each.name for each in containers if each.project == PROJECT and each.name != CONTAINER]
    foreign = [each.project or "" for each in containers if each.project != PROJECT and each.name == CONTAINER]
    return Ours(unit, renamed[0] if renamed else None, foreign[0] if foreign else None)


def _unit(host: HostReader) -> tuple[str, str]:
    """Return path and text of the unit that systemd would use; empty without one."""
    found = ((f"{folder}/{UNIT}", host.text(f"{folder}/{UNIT}")) for folder in FOLDERS)
    return next(((path, text) for path, text in found if text), ("", ""))
