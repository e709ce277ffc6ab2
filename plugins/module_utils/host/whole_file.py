# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Write a file so that a power cut leaves the old one or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import time
from typing import IO, Any, Callable, Iterator

# A writer takes far less. What is older was left by one that was killed, or lost its power.
LEFT_BEHIND_SECONDS = 60


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """Give an open file beside `path` to fill and to dress; it is then synced and renamed, or removed if that fails."""
    folder, name = os.path.split(path)
    prefix = f".nogpu-{name}."
    _clear(folder, prefix)
    staging = tempfile.NamedTemporaryFile(dir=folder, prefix=prefix, delete=False)  # noqa: SIM115 - closed below
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
    _sync(folder)


def write_whole(path: str, fill: Callable[[Any], Any], mode: int, uid: int = -1, gid: int = -1) -> None:
    """Replace a file by what `fill` writes; -1 leaves the owner to be the one who writes."""
    with replacing(path) as file:
        fill(file)
        # Only where it differs: Windows drives seen from WSL have one owner and mode for all, and refuse to change it.
        seen = os.fstat(file.fileno())
        if (uid, gid) not in ((-1, -1), (seen.st_uid, seen.st_gid)):
            os.fchown(file.fileno(), uid, gid)
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) != mode:
            os.fchmod(file.fileno(), mode)


def replace_link(link: str, target: str) -> None:
    """Make `link` point at `target`; a link that is there is replaced in one step. Raises OSError."""
    staging = f"{link}.nogpu-link"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(staging)
    os.symlink(target, staging)
    os.replace(staging, link)


def _clear(folder: str, prefix: str) -> None:
    """Remove what an earlier writer of the same file has left behind, as far as we may."""
    old = time.time() - LEFT_BEHIND_SECONDS
    with contextlib.suppress(OSError), os.scandir(folder or ".") as found:
        for entry in found:
            if entry.name.startswith(prefix) and entry.stat(follow_symlinks=False).st_mtime < old:
                os.unlink(entry.path)


def _sync(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system without it, such as a Windows drive seen from WSL
            raise
    finally:
        os.close(handle)
