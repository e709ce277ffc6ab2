# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find, stop and start Docker Desktop. No other file does. Each program has a time limit."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time
from typing import Callable

from ...host.programs import NOT_STARTED, Ran
from ...host.values import MIB
from ..daemon_json.dockerd import run
from .settings import FILES, FOLDERS, IMAGES, Disk

# Where Docker Desktop installs `docker` on macOS: over SSH without a login shell none of these is on the PATH.
PROGRAMS = ("/usr/local/bin", "/opt/homebrew/bin", "~/.docker/bin", "/Applications/Docker.app/Contents/Resources/bin")
STOP_SECONDS = 120
POLL_SECONDS = 1.0
_STATUS = re.compile(r'"?status"?\W+(\w+)', re.IGNORECASE)
# On Linux the context `default` may be another engine, with containers that we must not start.
_ENGINE = ("--context", "desktop-linux")


class DesktopError(Exception):
    """Docker Desktop did not stop or start; the text is a sentence for the user."""


class Desktop:
    """Docker Desktop of the user that runs this."""

    def __init__(self) -> None:
        self.system = platform.system()

    def settings_path(self) -> str:
        """The settings file: settings-store.json, or the older one if only that is there."""
        if self.system not in FOLDERS:
            raise DesktopError(f"Docker Desktop's settings are not known on {self.system}. Set 'path' to the file.")
        names = [os.path.join(os.path.expanduser("~"), FOLDERS[self.system], name) for name in FILES]
        return next((name for name in names if os.path.exists(name)), names[0])

    def disk(self, settings_path: str, data_folder: object) -> Disk:
        """The present disk image, also at the place that the settings name, and the file system around it."""
        folder = data_folder if isinstance(data_folder, str) and data_folder else None
        if folder is None and self.system in IMAGES:
            folder = os.path.join(os.path.expanduser("~"), IMAGES[self.system])
        image = os.path.join(folder, "Docker.raw") if folder else ""
        size = os.path.getsize(image) // MIB if os.path.isfile(image) else None
        place = image or settings_path
        while not os.path.exists(place):
            place = os.path.dirname(place)
        return Disk(size, shutil.disk_usage(place).total // MIB)

    def running(self) -> bool:
        """Also true while it starts, stops or is paused: it may still write its settings then."""
        status = self._docker("desktop", "status")
        found = _STATUS.search(status.output)
        if found:
            return found[1].lower() != "stopped"
        # Before 4.37 there was no such command.
        return run(["pgrep", "-f", "com[.]docker[.]backend"]).ok

    def stop(self) -> None:
        ran = self._docker("desktop", "stop", seconds=STOP_SECONDS)
        if ran.ok and self._wait(lambda: not self.running(), STOP_SECONDS):
            return
        if "not a docker command" in ran.error or ran.code == NOT_STARTED:
            raise DesktopError(
                "Could not stop Docker Desktop: it has no 'docker desktop' command (4.37 or later was needed). Update "
                "it, or quit it and run this again."
            )
        seen = f"it still ran after {STOP_SECONDS} s" if ran.ok else ran.last_line.rstrip(".")
        raise DesktopError(f"Could not stop Docker Desktop: {seen}. Quit it and run this again.")

    def start(self, seconds: float) -> None:
        """Returns when the engine answers."""
        ran = self._docker("desktop", "start", "--detach", seconds=min(seconds, STOP_SECONDS))
        if ran.ok and self._wait(self.answers, seconds):
            return
        seen = f"docker info gave no answer within {seconds:.0f} s" if ran.ok else ran.last_line.rstrip(".")
        raise DesktopError(
            f"Could not start Docker Desktop: {seen}. Look at its window: it may ask for the licence or a password; on "
            "a Mac somebody must be logged in at the screen."
        )

    def answers(self) -> bool:
        ran = self._docker(*_ENGINE, "info", "--format", "{{.ServerVersion}}")
        return ran.ok and bool(ran.output.strip())

    def containers(self) -> tuple[str, ...]:
        """Names of the running ones; none if the engine does not answer."""
        ran = self._docker(*_ENGINE, "ps", "--format", "{{.Names}}")
        return tuple(ran.output.split()) if ran.ok else ()

    def start_containers(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Start those of `names` that do not run; return the names of those that could not be started."""
        here = self.containers()
        gone = [name for name in names if name not in here]
        return tuple(name for name in gone if not self._docker(*_ENGINE, "start", name, seconds=60).ok)

    def _docker(self, *arguments: str, seconds: float = 30) -> Ran:
        places = [os.environ.get("PATH", ""), *(os.path.expanduser(place) for place in PROGRAMS)]
        found = shutil.which("docker", path=os.pathsep.join(places))
        return run([found, *arguments], seconds) if found else Ran(NOT_STARTED, "", "docker is not there")

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= end:
                return False
            time.sleep(POLL_SECONDS)
        return True
