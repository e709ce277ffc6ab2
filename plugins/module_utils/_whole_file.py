# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Write a file so that a power cut leaves the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import IO, Any, Callable, Iterator


@contextlib.contextmanager
def replacing(path: str, sync_folder: bool = True) -> Iterator[IO[bytes]]:
    """Give an open file beside `path` to fill and to dress; it is then synced and renamed, or removed if that fails.

    `sync_folder` False is for file systems that cannot sync a folder, such as Windows drives seen from WSL.
    """
    folder = os.path.dirname(path)
    staging = tempfile.NamedTemporaryFile(dir=folder, prefix=".nogpu-", delete=False)  # noqa: SIM115 - closed below
    try:
        with staging as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(staging.name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(staging.name)
        raise
    if sync_folder:
        _sync(folder)


def write_whole(path: str, fill: Callable[[Any], Any], mode: int, uid: int = -1, gid: int = -1) -> None:
    """Replace a file by what `fill` writes; -1 leaves the owner to be the one who writes."""
    with replacing(path) as file:
        fill(file)
        os.fchown(file.fileno(), uid, gid)
        os.fchmod(file.fileno(), mode)


def _sync(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
