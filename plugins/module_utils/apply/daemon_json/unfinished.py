# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A note beside daemon.json during a change: if the run is killed, the next run can undo the change."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from typing import Iterable

from ...host.owners_file import FileError
from ...host.whole_file import write_whole
from .file import ConfigFile


class Unfinished:
    """The note. It holds the former bytes, and the hashes of all that the change may have written."""

    def __init__(self, file: ConfigFile) -> None:
        self.file = file
        folder, name = os.path.split(file.real)
        self.path = os.path.join(folder, f".{name}.unfinished")

    def begin(self, former: bytes | None, written: Iterable[bytes | None]) -> None:
        """OSError: the note could not be written, and the change must not begin."""
        note = {
            "former": None if former is None else base64.b64encode(former).decode(),
            "written": sorted({_hash(data) for data in written}),
        }
        os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
        write_whole(self.path, lambda file: file.write(json.dumps(note).encode()), 0o600)

    def end(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)

    def left_behind(self) -> bool:
        return os.path.exists(self.path)

    def former(self) -> tuple[bool, bytes | None]:
        """(whether the file is still what the killed change wrote, what was there before it)."""
        try:
            with open(self.path, encoding="utf-8") as file:
                note = json.load(file)
            former = None if note["former"] is None else base64.b64decode(note["former"])
            return _hash(self.file.read().data) in note["written"], former
        except (OSError, ValueError, KeyError, TypeError, FileError):
            return False, None  # we write whole notes only: this one is somebody else's, so the file stays


def _hash(data: bytes | None) -> str:
    return "absent" if data is None else hashlib.sha256(data).hexdigest()
