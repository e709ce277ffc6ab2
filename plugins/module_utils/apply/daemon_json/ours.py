# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find out from the ledger which settings in daemon.json are ours and may be changed. Reads only."""

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
    """Return what the file has beyond the owner's settings; nothing if somebody changed it since. Sets `file.mode`."""
    try:
        entry = LedgerStore(ledger).read().find(("file", file.path))
        now = file.read().data
    except (LedgerError, FileError):
        return {}  # the code that needs the ledger or the file reports the fault
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
