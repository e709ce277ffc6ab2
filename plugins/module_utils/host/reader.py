# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read a host's files and run programs that read; all that looks at a host does it through here."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass

from .programs import Runner, run_program


@dataclass(frozen=True)
class Disk:
    """The disk of a directory. `free_bytes`: what a user may still write there."""

    path: str
    free_bytes: int | None
    read_only: bool | None


class HostReader:
    """Files below `root`, programs through `run`. `notes` has a sentence for each thing that could not be read.

    `root` is "/" on a host; another root holds the files of a recorded host.
    """

    one_container = False  # True: everything is read inside a container, and belongs to it

    def __init__(self, root: str = "/", run: Runner = run_program) -> None:
        self.root = root
        self.run = run
        self.notes: list[str] = []

    def path(self, path: str) -> str:
        return os.path.join(self.root, path.lstrip("/"))

    def content(self, path: str, at_most: int = -1) -> bytes | None:
        """Return the bytes of a file, not more than `at_most`; None when it cannot be read."""
        try:
            with open(self.path(path), "rb") as file:
                return file.read(at_most)
        except OSError:
            return None

    def text(self, path: str, needed_for: str | None = None) -> str | None:
        """Return the text of a file, None when it cannot be read; with `needed_for` this also adds a note."""
        try:
            with open(self.path(path), encoding="utf-8", errors="replace") as file:
                return file.read()
        except OSError as error:
            if needed_for is not None:
                self.note(f"Could not read {path}: {error.strerror}. {needed_for} is not known.")
            return None

    def line(self, path: str) -> str | None:
        """Return the text of a file with one line, None when it cannot be read or is empty."""
        text = self.text(path)
        return text.strip(" \n\0") or None if text is not None else None

    def number(self, path: str) -> int | None:
        line = self.line(path)
        return int(line) if line is not None and line.isdigit() else None

    def names(self, path: str) -> list[str]:
        """Return the sorted names in a directory, none when it cannot be listed."""
        try:
            return sorted(os.listdir(self.path(path)))
        except OSError:
            return []

    def kinds(self, path: str) -> dict[str, str] | None:
        """Return what each name in a directory is: folder, file, link or other. None when it cannot be listed."""
        try:
            with os.scandir(self.path(path)) as found:
                return {entry.name: _kind(entry) for entry in sorted(found, key=lambda each: each.name)}
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        return os.path.exists(self.path(path))

    def link(self, path: str) -> str | None:
        try:
            return os.readlink(self.path(path))
        except OSError:
            return None

    def processes(self) -> list[int]:
        return sorted(int(name) for name in self.names("/proc") if name.isdigit())

    def disk(self, path: str) -> Disk:
        """Return the nearest existing directory at or above `path`, and what is known of its disk."""
        while not os.path.isdir(self.path(path)) and os.path.dirname(path) != path:
            path = os.path.dirname(path)
        try:
            disk = os.statvfs(self.path(path))
        except OSError as error:
            self.note(f"Could not measure the free space of {path}: {error.strerror}. disk_free_bytes is not known.")
            return Disk(path, None, None)
        return Disk(path, disk.f_bavail * disk.f_frsize, bool(disk.f_flag & os.ST_RDONLY))

    def owner(self, path: str) -> str | None:
        """Return the owner of a path, "uid 2000" for a number without a name; None without such a path."""
        try:
            uid = os.stat(self.path(path)).st_uid
        except OSError:
            return None
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return f"uid {uid}"

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"
