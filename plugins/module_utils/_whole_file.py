# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Write a file so that a power cut leaves the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Any, Callable


def write_whole(path: str, fill: Callable[[Any], Any], mode: int, uid: int = -1, gid: int = -1) -> None:
    """Write a file beside its place and rename it, so that a power cut leaves the old or the new one."""
    handle, staging = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".nogpu-")
    try:
        with os.fdopen(handle, "wb") as file:
            fill(file)
            os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        os.replace(staging, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(staging)
        raise
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
