# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""daemon.json on disk: read it, and replace it all or not at all."""

from __future__ import annotations

import contextlib
import glob
import os
from dataclasses import dataclass

from ...host.owners_file import FileError, replace_file
from .secret import holds_password


@dataclass(frozen=True)
class Former:
    """The file as found: `data` None = there was none; `modified` in seconds since 1970."""

    data: bytes | None
    modified: float = 0.0


class ConfigFile:
    """daemon.json on disk. `real` is the file behind a link: the link itself stays.

    `mode`: that of the file while no password is in it. With a password only root may read it. dockerd has no other
    place for a proxy's password that comes into force by the same restart and is taken back with the other settings.
    """

    def __init__(self, path: str) -> None:
        self.path, self.real = path, os.path.realpath(path)
        self.pretended: Former | None = None  # check mode: what the file would hold now
        self.mode = _mode(self.real)

    def read(self) -> Former:
        """Raises FileError if something is there that cannot be read."""
        if self.pretended is not None:
            return self.pretended
        try:
            with open(self.path, "rb") as file:
                return Former(file.read(), os.stat(self.path).st_mtime)
        except FileNotFoundError as error:
            if os.path.islink(self.path):
                raise FileError(f"it is a link to {os.readlink(self.path)}, which is not there") from error
            return Former(None)
        except IsADirectoryError as error:
            raise FileError("it is a directory (a file was needed)") from error
        except OSError as error:
            raise FileError(str(error.strerror)) from error

    def backups(self) -> list[bytes]:
        """What AnsibleModule.backup_local kept beside the file, newest first."""
        names = glob.glob(glob.escape(self.real) + ".*~")
        found = []
        for name in sorted(names, key=os.path.getmtime, reverse=True):
            with contextlib.suppress(OSError), open(name, "rb") as file:
                found.append(file.read())
        return found

    def write(self, data: bytes | None, modified: float | None = None) -> None:
        """Write the whole file or nothing; None removes it. OSError: it is as it was."""
        if data is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.real)
            return
        replace_file(self.real, data, self.mode & 0o600 if holds_password(data) else self.mode, modified)


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o7777
    except OSError:
        return 0o644
