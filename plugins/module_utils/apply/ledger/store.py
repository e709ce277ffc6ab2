# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Keep the ledger and the copies of files from before a change, with one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import shutil
import time
from typing import Iterator

from ...host.names import HOME
from ...host.whole_file import write_whole
from .entries import Ledger, LedgerError, ledger_text, parse_ledger
from .paths import look_at_path

_POLL_SECONDS = 0.1


def home() -> str:
    """Return the folder of ledger and models. On macOS we do nothing that needs root, so it is in the user's home."""
    return os.path.expanduser("~/.nogpu") if platform.system() == "Darwin" else HOME


class LedgerStore:
    """The ledger at `path`, with its lock and the folder `backup` beside it. Raises LedgerError if I/O fails."""

    def __init__(self, path: str | None = None, lock_timeout_seconds: float = 60) -> None:
        path = path or os.path.join(home(), "ledger.json")
        self.path = path
        self.folder = os.path.dirname(path)
        self.backups = os.path.join(self.folder, "backup")
        self.lock_path = os.path.join(self.folder, ".ledger.lock")
        self.lock_timeout_seconds = lock_timeout_seconds

    def read(self) -> Ledger:
        """Return the ledger, an empty one where there is none yet."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                return parse_ledger(file.read(), self.path)
        except FileNotFoundError:
            return Ledger()
        except OSError as error:
            raise _failed("read the ledger", self.path, error) from error

    def write(self, ledger: Ledger) -> None:
        """Replace the ledger; one without entries has no file."""
        try:
            if ledger.entries:
                write_whole(self.path, lambda file: file.write(ledger_text(ledger).encode()), 0o600)
            elif os.path.exists(self.path):
                os.unlink(self.path)
        except OSError as error:
            raise _failed("write the ledger", self.path, error) from error

    def back_up(self, number: int, path: str) -> dict[str, str]:
        """Keep a copy of a file, readable only by root. Return the copy's path and sha256."""
        copy = os.path.join(self.backups, f"{number}-{os.path.basename(path)}")
        try:
            os.makedirs(self.backups, mode=0o700, exist_ok=True)
            with open(path, "rb") as source:
                write_whole(copy, lambda file: shutil.copyfileobj(source, file), 0o600)
        except OSError as error:
            raise _failed(f"keep a copy of {path}", copy, error) from error
        return {"backup": copy, "sha256": look_at_path("file", copy)["sha256"]}

    def drop_backup(self, copy: str | None) -> None:
        """Remove a copy that is not needed any more. Files outside of the folder of copies are left alone."""
        if copy and os.path.dirname(os.path.abspath(copy)) == os.path.abspath(self.backups):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(copy)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock. The kernel frees it when the process ends, however it ends."""
        lock = self._wait_for_lock()
        try:
            yield
        finally:
            if not os.path.lexists(self.path):
                self._remove_unused()
            os.close(lock)

    def _remove_unused(self) -> None:
        """Remove the lock's file and our empty folders, when there is no ledger any more."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.lock_path)
        for folder in (self.backups, self.folder):
            with contextlib.suppress(OSError):  # it is not there, or not empty because somebody uses it
                os.rmdir(folder)

    def _wait_for_lock(self) -> int:
        deadline = time.monotonic() + self.lock_timeout_seconds
        while True:
            try:
                os.makedirs(self.folder, mode=0o755, exist_ok=True)
                lock = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise _failed("lock the ledger", self.lock_path, error) from error
            if _try_lock(lock) and self._is_current(lock):
                os.ftruncate(lock, 0)
                os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
                return lock
            holder = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(lock)
            if time.monotonic() >= deadline:
                raise LedgerError(
                    f"Could not lock the ledger {self.path}: process {holder} has held it for "
                    f"{self.lock_timeout_seconds:g} s (a free lock was needed). Another run is at work on this host: "
                    f"wait for its end, then run again."
                )
            time.sleep(_POLL_SECONDS)

    def _is_current(self, lock: int) -> bool:
        """Whether the locked file is still at its path: the last holder of the lock may have removed it."""
        try:
            return os.path.samestat(os.fstat(lock), os.stat(self.lock_path))
        except FileNotFoundError:
            return False


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _failed(what: str, where: str, error: OSError) -> LedgerError:
    return LedgerError(
        f"Could not {what}: {where}: {error.strerror} (root and free disk space were needed). "
        f"Use become: true, and look at the disk with: df {os.path.dirname(where)}"
    )
