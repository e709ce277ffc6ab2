# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Ask Windows and WSL from inside a distribution. No other file does."""

from __future__ import annotations

import os
import re
import shutil

from ...host.programs import NOT_STARTED, Ran, run_program
from ...host.system_text import parse_meminfo
from ...host.values import MIB
from .wsl_in_force import InForce, swap_total_mib

KERNEL, MEMINFO, SWAPS = "/proc/sys/kernel/osrelease", "/proc/meminfo", "/proc/swaps"
USERS = "/mnt/c/Users"
# Over SSH and below sudo Windows' folders are not on PATH.
PROGRAMS = ("/mnt/c/Windows/System32", "/mnt/c/Windows/System32/WindowsPowerShell/v1.0")
NOBODY = frozenset(("all users", "default", "default user", "defaultuser0", "public", "wdagutilityaccount"))
_ASK = "(Get-CimInstance Win32_ComputerSystem)."
_SECONDS = 30


class WindowsError(Exception):
    """Windows could not be asked; the text is a sentence for the user."""


class Windows:
    """The Windows that runs this distribution."""

    def is_here(self) -> bool:
        """Whether this is WSL. wslinfo is in each distribution; a self-built kernel may not say Microsoft."""
        return "microsoft" in _text(KERNEL).lower() or shutil.which("wslinfo") is not None

    def config_path(self, path: str | None, profile: str | None) -> str:
        """Path of .wslconfig as seen from here. Raises WindowsError if the profile cannot be found."""
        if path:
            return os.path.expanduser(path)
        return os.path.join(self._linux_path(profile) if profile else self._profile(), ".wslconfig")

    def memory_bytes(self) -> int | None:
        return self._figure("TotalPhysicalMemory")

    def cores(self) -> int | None:
        return self._figure("NumberOfLogicalProcessors")

    def in_force(self) -> InForce:
        if not self.is_here():
            return InForce()
        mode = run_program(["wslinfo", "--networking-mode"])
        networking = mode.output.strip().lower() if mode.ok else ""
        cores = os.sysconf("SC_NPROCESSORS_ONLN")
        memory = parse_meminfo(_text(MEMINFO)).get("MemTotal")
        mib = None if memory is None else memory // MIB
        return InForce(mib, cores, swap_total_mib(_text(SWAPS)), networking or None)

    def _figure(self, name: str) -> int | None:
        """A number, or None: Windows programs may be switched off (/etc/wsl.conf, [interop])."""
        ran = self._run("powershell.exe", "-NoProfile", "-Command", _ASK + name)
        return int(ran.output) if ran.ok and ran.output.strip().isdecimal() else None

    def _profile(self) -> str:
        ran = self._run("cmd.exe", "/d", "/c", "echo %USERPROFILE%")
        # Started from a Linux folder, cmd.exe first prints that it cannot use that folder.
        found = [line.strip() for line in ran.output.splitlines() if re.match(r"[A-Za-z]:\\", line)]
        if found:
            folder = self._linux_path(found[-1])
            if os.path.isdir(folder):
                return folder
        names = _profiles()
        if len(names) == 1:
            return os.path.join(USERS, names[0])
        raise WindowsError(
            f"Could not find the Windows profile for .wslconfig: cmd.exe named none, and {USERS} holds "
            f"{', '.join(names) or 'none'} (exactly one was needed). Set 'profile', such as {USERS}/anna."
        )

    def _linux_path(self, path: str) -> str:
        if path.startswith("/"):
            return path
        ran = run_program(["wslpath", "-u", path])
        if ran.ok and ran.output.strip():
            return ran.output.strip()
        raise WindowsError(
            f"Could not translate the Windows profile {path}: wslpath said {ran.last_line!r}. "
            f"Set 'profile' as seen from Linux, such as {USERS}/anna."
        )

    def _run(self, program: str, *arguments: str) -> Ran:
        places = os.pathsep.join((os.environ.get("PATH", ""), *PROGRAMS))
        found = shutil.which(program, path=places)
        return run_program([found, *arguments], _SECONDS) if found else Ran(NOT_STARTED, "", f"{program} is not there")


def _profiles() -> list[str]:
    try:
        names = sorted(os.listdir(USERS))
    except OSError:
        return []
    people = [name for name in names if name.lower() not in NOBODY and not name.startswith(".")]
    return [name for name in people if os.path.isdir(os.path.join(USERS, name))]


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
