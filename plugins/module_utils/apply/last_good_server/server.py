# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at how Ollama runs on a host, and bring the last good server back, with the programs of systemd and Docker."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from dataclasses import dataclass
from typing import Callable, Sequence

from ...host.names import UNIT
from ...host.programs import Runner
from ...host.system_text import parse_properties
from ...host.whole_file import replace_link, write_whole
from ...ollama.api import OllamaApi, OllamaError
from .record import DOCKER, NATIVE, KeptFile, LastGoodServer, LastGoodServerError, Serving, WayBack

_CALL_SECONDS = 5
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Places:
    """Where things are. `link` points at the version in use; `unit` and `drop_in` are the native server's files."""

    compose: str
    unit: str
    drop_in: str
    link: str
    container: str

    @property
    def files(self) -> dict[str, list[str]]:
        return {DOCKER: [self.compose], NATIVE: [self.unit, self.drop_in]}


def look(places: Places, run: Runner) -> Serving:
    """Return how Ollama runs now. Raises LastGoodServerError."""
    paths = [path for paths in places.files.values() for path in paths]
    shown = run(["systemctl", "show", "--property=UnitFileState,ActiveState", UNIT]).output
    seen = parse_properties(shown)
    running = run(["docker", "container", "inspect", "--format", "{{.State.Running}}", places.container])
    return Serving(
        files={path: _read(path) for path in paths},
        link=os.readlink(places.link) if os.path.islink(places.link) else "",
        enabled=seen.get("UnitFileState", "").startswith("enabled"),
        # A unit that fails and is started again and again counts as active, too.
        active=seen.get("ActiveState") in ("active", "activating", "reloading"),
        container=running.ok and running.output.strip() == "true",
    )


def _read(path: str) -> KeptFile | None:
    try:
        with open(path, encoding="utf-8") as file:
            seen = os.fstat(file.fileno())
            return KeptFile(file.read(), f"{stat.S_IMODE(seen.st_mode):04o}", seen.st_uid, seen.st_gid)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise LastGoodServerError(
            f"Could not read {path}: {error} (a text file that root may read was needed)."
        ) from error


def go_back(way: WayBack, record: LastGoodServer, places: Places, run: Runner) -> None:
    """Stop the new server, write the recorded files, start the recorded server. Raises LastGoodServerError."""
    if way.runtime == DOCKER:
        _run_or_raise(run, ["systemctl", "disable", "--now", UNIT], allowed=("not exist", "not loaded"))
    elif os.path.exists(places.compose):
        # Without a check: an engine that does not answer runs no container.
        run(["docker", "compose", "--file", places.compose, "stop"])
    for path, kept in way.files.items():
        _write(path, kept)
    if way.link:
        _point_link_at(places.link, way.link)
    if way.runtime == DOCKER:
        _run_or_raise(run, ["docker", "compose", "--file", places.compose, "up", "--detach", "--no-build"])
        return
    _run_or_raise(run, ["systemctl", "daemon-reload"])
    # systemd does not start a unit that failed too often before this is called.
    run(["systemctl", "reset-failed", UNIT])
    if record.serving.enabled:
        _run_or_raise(run, ["systemctl", "enable", UNIT])
    _run_or_raise(run, ["systemctl", "restart", UNIT])


def _run_or_raise(run: Runner, command: list[str], allowed: Sequence[str] = ()) -> None:
    ran = run(command)
    if not ran.ok and not any(words in ran.error for words in allowed):
        said = (ran.error or ran.output).strip().splitlines()
        raise LastGoodServerError(
            f"'{' '.join(command)}' ended with status {ran.code}: {said[-1] if said else 'no output'}."
        )


def _write(path: str, kept: KeptFile | None) -> None:
    try:
        if kept is None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        else:
            data = kept.text.encode()
            write_whole(path, lambda file: file.write(data), int(kept.mode, 8), kept.uid, kept.gid)
    except OSError as error:
        raise LastGoodServerError(f"{path} could not be written again: {error.strerror}.") from error


def _point_link_at(link: str, target: str) -> None:
    try:
        replace_link(link, target)
    except OSError as error:
        raise LastGoodServerError(f"{link} could not be pointed at {target} again: {error.strerror}.") from error


def wait_for_answer(url: str, seconds: float, clock: Callable[[], float] = time.monotonic) -> str:
    """Return the server's version as soon as it answers. Raises LastGoodServerError after `seconds`."""
    deadline = clock() + seconds
    while True:
        try:
            return OllamaApi(url, _CALL_SECONDS).version()
        except OllamaError as error:
            if clock() >= deadline:
                raise LastGoodServerError(f"no answer within {seconds:g} s ({error})") from error
        time.sleep(_POLL_SECONDS)


def stream_a_token(url: str, model: str, seconds: float) -> None:
    """Ask the model for one token. Raises LastGoodServerError if none comes."""
    body = {"model": model, "prompt": "Hello", "options": {"num_predict": 1}}
    try:
        lines = OllamaApi(url, _CALL_SECONDS).stream("/api/generate", body, seconds)
        for line, _at in lines:
            if line.get("done") is True:
                lines.close()
                return
    except OllamaError as error:
        raise LastGoodServerError(f"it answers, but {model} does not stream: {error}") from error
    raise LastGoodServerError(f"it answers, but {model} does not stream: the answer ended too early.")
