# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find an Ollama that somebody installed as a systemd unit: by Ollama's own script, by a package or by hand."""

from __future__ import annotations

import re

from ..host.names import UNIT
from ..host.reader import HostReader
from ..host.system_text import parse_properties
from .capacity import OwnOllama

# In the order in which systemd looks.
FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
# Our unit keeps its home there, whatever is set.
OURS = "/var/lib/nogpu/"
QUESTION = ["systemctl", "show", "--property=UnitFileState,ActiveState,MainPID", UNIT]


def read_own_ollama(host: HostReader) -> OwnOllama | None:
    """Return the unit that systemd would take, if it is not ours. A masked unit (a link to nothing) counts as none."""
    found = ((f"{folder}/{UNIT}", host.text(f"{folder}/{UNIT}")) for folder in FOLDERS)
    path, text = next(((path, text) for path, text in found if text), ("", ""))
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
