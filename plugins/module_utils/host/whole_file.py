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

# A writer takes much less time. An older file was left by a writer that was killed, or by a power cut.
LEFT_BEHIND_SECONDS = 60


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """Yield a temporary file beside `path`; it is then synced and renamed to `path`, or removed if anything fails."""
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
    """Replace a file with what `fill` writes into it. With -1 the new file belongs to whoever writes it."""
    with replacing(path) as file:
        fill(file)
        # Only where it differs: on a Windows drive seen from WSL all files have one owner and mode, and a change fails.
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
    """Remove what an earlier writer of the same file left behind, if we have the right to."""
    old = time.time() - LEFT_BEHIND_SECONDS
    with contextlib.suppress(OSError), os.scandir(folder or ".") as found:
        for entry in found:
            if entry.name.startswith(prefix) and entry.stat(follow_symlinks=False).st_mtime < old:
                os.unlink(entry.path)


def _sync(folder: str) -> None:
    """Bring the new name to the disk: until the folder is synced, a power cut may bring the old file back."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # the file system cannot do it, such as a Windows drive seen from WSL
            raise
    finally:
        os.close(handle)
