# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The record of the last server that streamed an answer, and how to bring that server back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Iterable, Mapping, Optional

from ...host.names import CONTAINER, UNIT

SCHEMA = 1
DOCKER, NATIVE = "docker", "native"
NAMES = {DOCKER: "in Docker", NATIVE: "natively"}


class LastGoodServerError(Exception):
    """The last good server cannot be read, recorded or brought back; the text is a sentence for the user."""


@dataclass(frozen=True)
class KeptFile:
    """The text and the rights of a small file. `mode` is octal text."""

    text: str
    mode: str = "0644"
    uid: int = 0
    gid: int = 0


Files = Mapping[str, Optional[KeptFile]]


@dataclass(frozen=True)
class Serving:
    """How Ollama runs on a host.

    `files`: the files of both runtimes, None where there is no file. `link`: the target of the link to the version in
    use, "" without a link. `enabled` and `active` describe the unit. `container`: whether the stack's container runs.
    """

    files: Files
    link: str
    enabled: bool
    active: bool
    container: bool

    @property
    def runtime(self) -> str:
        """Return the runtime that serves, "" if none does or if both seem to."""
        return {(True, False): DOCKER, (False, True): NATIVE}.get((self.container, self.active), "")


@dataclass(frozen=True)
class LastGoodServer:
    """A server that answered. `model`: the model that streamed, "" if none was asked.

    `previous_version`: the version that served before this one.
    """

    runtime: str
    version: str
    url: str
    model: str
    serving: Serving
    previous_version: str = ""

    @property
    def title(self) -> str:
        return f"Ollama {self.version} {NAMES[self.runtime]}"


@dataclass(frozen=True)
class WayBack:
    """What must change to bring the server back.

    `files`: files to write (None: to remove). `link`: the target that the link must have, "" where it is right.
    """

    runtime: str
    files: Files
    link: str = ""

    @property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """The things that are different afterwards, as the ledger names them."""
        changed = [("file", path) for path in self.files] + ([("link", "current")] if self.link else [])
        return (*changed, ("service", UNIT))


def parse_record(text: str, where: str) -> LastGoodServer:
    """Read a record; raises LastGoodServerError unless it is complete and has this schema."""
    try:
        data = json.loads(text)
        if data.pop("schema") != SCHEMA:
            raise ValueError("another schema")
        serving = dict(data.pop("serving"))
        files = {path: KeptFile(**each) if each else None for path, each in serving.pop("files").items()}
        return LastGoodServer(**data, serving=Serving(files=files, **serving))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LastGoodServerError(
            f"Could not read the last good server from {where}: {error} (the JSON that nogpu wrote was needed). Move "
            f"the file away; the next run that streams writes a new one."
        ) from error


def record_text(record: LastGoodServer) -> str:
    """Return the text of the record's file; the same record always gives the same bytes."""
    return json.dumps({"schema": SCHEMA, **asdict(record)}, indent=2, sort_keys=True) + "\n"


def succeed(known: LastGoodServer | None, new: LastGoodServer) -> LastGoodServer:
    """Return the record after `new` has streamed: with the version before it, also if `new` streams again."""
    if known is None:
        return new
    previous = known.previous_version if known.version == new.version else known.version
    return replace(new, previous_version=previous)


def way_back(record: LastGoodServer, now: Serving, paths: Mapping[str, Iterable[str]]) -> WayBack | None:
    """Return what must change to bring the server back; None where everything is as it was.

    `paths`: the files of each runtime. The files of the other runtime stay: it is stopped, and in the ledger.
    """
    was = record.serving
    mine = [path for path in paths[record.runtime] if path in was.files]
    differing = {path: was.files[path] for path in mine if was.files[path] != now.files.get(path)}
    link = was.link if record.runtime == NATIVE and was.link != now.link else ""
    at_rest = (now.enabled, now.container) != (was.enabled, was.container) or now.runtime != record.runtime
    return WayBack(record.runtime, differing, link) if differing or link or at_rest else None


def outdated(record: LastGoodServer, trees: Iterable[str], current: str) -> list[str]:
    """Return the folders of versions that are not needed any more: not in use, and not the version before."""
    kept = {record.version, record.previous_version}
    return sorted(tree for tree in trees if tree.rsplit("/", 1)[-1] not in kept and tree != current)


def back_text(record: LastGoodServer, host: str, reason: str, failed: str, seconds: float) -> str:
    """Say what failed and what serves now. `failed`: why the last good server does not serve either, or ""."""
    what = f"The change on {host} was undone, because the new server failed its test: {reason.strip().rstrip('.')}."
    if failed:
        return (
            f"{what} {record.title} should serve again at {record.url}, but does not: {failed} Look at it with "
            f"{f'docker logs {CONTAINER}' if record.runtime == DOCKER else f'journalctl -u {UNIT}'}, then run "
            f"./nogpu up again."
        )
    proof = f" and has streamed a token of {record.model}" if record.model else ""
    return (
        f"{what} {record.title} serves again at {record.url}{proof}, after {seconds:.1f} s. Correct the cause and run "
        f"again. To keep {record.title}, set back what you changed."
    )


def summary(record: LastGoodServer) -> dict[str, Any]:
    """Return the part of a record that people want to know."""
    return {name: getattr(record, name) for name in ("runtime", "version", "previous_version", "url", "model")}
