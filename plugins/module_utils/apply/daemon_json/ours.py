# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What in daemon.json is ours, as the ledger knows it: a wish of ours that changed changes the file. Reads only."""

from __future__ import annotations

import contextlib
import hashlib

from ...host.json_text import DaemonJsonError, Settings, parse
from ...host.owners_file import FileError
from ..ledger.entries import LedgerError
from ..ledger.store import LedgerStore
from .file import ConfigFile
from .merge import beyond
from .secret import holds_password


def ours_by_ledger(ledger: str, file: ConfigFile) -> Settings:
    """What the file has beyond the owner's; nothing once somebody has changed it. Tells `file` the owner's mode."""
    try:
        entry = LedgerStore(ledger).read().find(("file", file.path))
        now = file.read().data
    except (LedgerError, FileError):
        return {}  # both are told where they are needed
    if entry is None or now is None:
        return {}
    if holds_password(now):
        file.mode = int(entry.before.get("mode", "0644"), 8)
    if (entry.after or {}).get("sha256") != hashlib.sha256(now).hexdigest():
        return {}
    with contextlib.suppress(OSError, DaemonJsonError):
        owners: Settings = {}
        if "backup" in entry.before:
            with open(entry.before["backup"], "rb") as copy:
                owners = parse(copy.read())
        return beyond(owners, parse(now))
    return {}
