# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What served and has streamed, and the way back to it. Pure: no I/O, no Ansible."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Iterable, Mapping, Optional

from ...host.names import UNIT

SCHEMA = 1
DOCKER, NATIVE = "docker", "native"
NAMES = {DOCKER: "in Docker", NATIVE: "natively"}


class FormerError(Exception):
    """What served before cannot be read, kept or brought back; the text is a sentence for the user."""


@dataclass(frozen=True)
class KeptFile:
    """A small text file as it was. `mode` is octal text."""

    text: str
    mode: str = "0644"
    uid: int = 0
    gid: int = 0


Files = Mapping[str, Optional[KeptFile]]


@dataclass(frozen=True)
class Serving:
    """How Ollama runs on a host. `files`: of both runtimes, None where there is none.

    `link`: where the link to the version in use leads, "" without one. `enabled` and `active` are of the unit,
    `container` says whether the stack's container runs.
    """

    files: Files
    link: str
    enabled: bool
    active: bool
    container: bool

    @property
    def runtime(self) -> str:
        """Return the runtime that serves, "" if none does, or if both claim to."""
        return {(True, False): DOCKER, (False, True): NATIVE}.get((self.container, self.active), "")


@dataclass(frozen=True)
class Former:
    """A server that answered. `model`: what streamed, "" if nothing was asked. `previous_version`: the one before."""

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
    """What brings the former server back. `files` are to be written (None: removed), `link` is where it must lead."""

    runtime: str
    files: Files
    link: str = ""

    @property
    def entries(self) -> tuple[tuple[str, str], ...]:
        """Things that look different afterwards, as the ledger names them."""
        changed = [("file", path) for path in self.files] + ([("link", "current")] if self.link else [])
        return (*changed, ("service", UNIT))


def parse_former(text: str, where: str) -> Former:
    """Read a record; raises FormerError unless it is whole and of this schema."""
    try:
        data = json.loads(text)
        if data.pop("schema") != SCHEMA:
            raise ValueError("another schema")
        serving = dict(data.pop("serving"))
        files = {path: KeptFile(**each) if each else None for path, each in serving.pop("files").items()}
        return Former(**data, serving=Serving(files=files, **serving))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormerError(
            f"Could not read what served before in {where}: {error} (the JSON that nogpu wrote was needed). Move the "
            f"file away; the next run that streams writes it anew."
        ) from error


def former_text(former: Former) -> str:
    """The record's file; the same record always gives the same bytes."""
    return json.dumps({"schema": SCHEMA, **asdict(former)}, indent=2, sort_keys=True) + "\n"


def succeed(known: Former | None, new: Former) -> Former:
    """Return the record after `new` has streamed: it remembers the version before it, for as long as it is kept."""
    if known is None:
        return new
    previous = known.previous_version if known.version == new.version else known.version
    return replace(new, previous_version=previous)


def way_back(former: Former, now: Serving, paths: Mapping[str, Iterable[str]]) -> WayBack | None:
    """Return what brings the former server back; None where everything is as it was, so that nothing was harmed.

    `paths`: the files that belong to each runtime. Those of the other one stay: it is stopped, and in the ledger.
    """
    was = former.serving
    mine = [path for path in paths[former.runtime] if path in was.files]
    differing = {path: was.files[path] for path in mine if was.files[path] != now.files.get(path)}
    link = was.link if former.runtime == NATIVE and was.link != now.link else ""
    at_rest = (now.enabled, now.container) != (was.enabled, was.container) or now.runtime != former.runtime
    return WayBack(former.runtime, differing, link) if differing or link or at_rest else None


def outdated(former: Former, trees: Iterable[str], current: str) -> list[str]:
    """Return the folders of versions that nobody comes back to: neither in use nor the one before."""
    kept = {former.version, former.previous_version}
    return sorted(tree for tree in trees if tree.rsplit("/", 1)[-1] not in kept and tree != current)


def back_text(former: Former, host: str, reason: str, failed: str, seconds: float) -> str:
    """The sentence after a change that did not stream. `failed`: why the former one does not serve either, or ""."""
    what = f"The change on {host} was taken back, as what came did not prove itself: {reason.strip().rstrip('.')}."
    if failed:
        return (
            f"{what} {former.title} was to serve again at {former.url}, but does not: {failed} Look at it with "
            f"{'docker logs ollama-docker' if former.runtime == DOCKER else f'journalctl -u {UNIT}'}, then run "
            f"./nogpu up again."
        )
    proof = f" and has streamed a token of {former.model}" if former.model else ""
    return (
        f"{what} {former.title} serves again at {former.url}{proof}, after {seconds:.1f} s. Correct the cause and run "
        f"again, or stay with {former.title} by setting back what you changed."
    )


def summary(former: Former) -> dict[str, Any]:
    """What a person wants to know of a record."""
    return {name: getattr(former, name) for name in ("runtime", "version", "previous_version", "url", "model")}
