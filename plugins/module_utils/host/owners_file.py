# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A settings file that belongs to the owner of the laptop: read it, and replace all of it or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import time

from .whole_file import replacing


class FileError(Exception):
    """The file cannot be read or written; the text says why."""


def replace_file(path: str, data: bytes, mode: int | None = None, modified: float | None = None) -> None:
    """Write the whole file or nothing, also if the power fails. Owner, mode and labels are those of the former file.

    `mode`: take this one. `modified`: seconds since 1970 for its time stamp; None = now. Raises OSError.
    """
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with replacing(path) as file:
        _take_after(path, file.name)
        if mode is not None:
            os.chmod(file.name, mode)
        file.write(data)  # after the mode, as a password may be in it
        file.flush()
        os.utime(file.name, None if modified is None else (modified, modified))


class OwnersFile:
    """One file. If `path` is a link, the file that it leads to is replaced and the link stays."""

    def __init__(self, path: str) -> None:
        self.path, self.real = path, os.path.realpath(path)

    def read(self) -> bytes | None:
        """The bytes, or None if there is no file. Raises FileError."""
        try:
            with open(self.real, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed("read", error) from error

    def write(self, data: bytes | None, backup: bool = False) -> str:
        """Replace the file (None removes it); return the path of the copy of the former file, "" without a copy.

        Raises FileError; the former file is then as it was.
        """
        try:
            copy = self._copy() if backup and os.path.exists(self.real) else ""
            if data is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.real)
            else:
                replace_file(self.real, data)
        except OSError as error:
            raise self._failed("write", error) from error
        return copy

    def _copy(self) -> str:
        name = f"{self.real}.{time.strftime('%Y-%m-%d-%H%M%S')}~"
        shutil.copy2(self.real, name)
        with contextlib.suppress(OSError):
            shutil.chown(name, os.stat(self.real).st_uid, os.stat(self.real).st_gid)
        return name

    def _failed(self, verb: str, error: OSError) -> FileError:
        advice = "Check the path, the free space and whose file it is."
        if "/Library/Group Containers/" in self.path and isinstance(error, PermissionError):
            advice = "Allow full disk access for remote users: System Settings > General > Sharing > Remote Login."
        return FileError(f"Could not {verb} {self.path}: {error.strerror}. {advice}")


def _take_after(former: str, new: str) -> None:
    """Mode, owner and labels (SELinux, ACL) of the former file; a new file gets 0644 and is ours."""
    try:
        found = os.stat(former)
    except FileNotFoundError:
        os.chmod(new, 0o644)
        return
    # Windows drives seen from WSL know neither (unless mounted with metadata) and may refuse.
    with contextlib.suppress(PermissionError):
        os.chown(new, found.st_uid, found.st_gid)
    with contextlib.suppress(PermissionError):
        shutil.copystat(former, new)
