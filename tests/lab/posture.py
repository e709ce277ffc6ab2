# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Judge checks as docker-bench-security does: +1 for PASS, -1 for WARN, nothing for INFO."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_WAIVERS = 15
PASS, WARN, INFO = "PASS", "WARN", "INFO"
POINTS = {PASS: 1, WARN: -1, INFO: 0}


@dataclass(frozen=True)
class Facts:
    """What a laptop answered: `docker info` and `docker inspect` as JSON, daemon.json, dockerd's command line,
    "root:root 644" of each file of the engine that is there, and the programs that run in the container."""

    info: Mapping[str, Any]
    container: Mapping[str, Any]
    settings: Mapping[str, Any]
    command: str = ""
    files: Mapping[str, str] | None = None
    programs: str = ""

    @property
    def host(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.container["HostConfig"]
        return found

    def setting(self, name: str) -> Any:
        """A setting of daemon.json, or of the command line, where it stands as --name=value."""
        for word in self.command.split():
            if word.startswith(f"--{name}"):
                return word.partition("=")[2] or "true"
        return self.settings.get(name)

    def is_set(self, name: str, value: bool) -> bool:
        return str(self.setting(name)).lower() == str(value).lower()


Judge = Callable[[Facts], str]


@dataclass(frozen=True)
class Check:
    number: str
    meaning: str
    judge: Judge


def judge(checks: Iterable[Check], facts: Facts) -> dict[str, str]:
    """Result by number; ValueError for a container that does not run, as its answers have no meaning."""
    if facts.container and not facts.container["State"]["Running"]:
        raise ValueError(f"the container {facts.container['Name']} does not run: nothing was judged")
    return {check.number: check.judge(facts) for check in checks}


def score(results: Mapping[str, str]) -> int:
    return sum(POINTS[result] for result in results.values())


@dataclass(frozen=True)
class Waiver:
    """A check that may warn, and why. `unless`: not where the engine lists this security option."""

    check: str
    reason: str
    unless: str = ""


def read_waivers(entries: Iterable[Mapping[str, str]]) -> list[Waiver]:
    """The waivers as kept in a data file; ValueError if there are too many or one has no reason."""
    waivers = [Waiver(**entry) for entry in entries]
    if len(waivers) > MOST_WAIVERS:
        raise ValueError(f"{len(waivers)} waivers (at most {MOST_WAIVERS} are allowed: fix a setting instead)")
    if missing := [each.check for each in waivers if len(each.reason.split()) < 5]:
        raise ValueError(f"no reason for {', '.join(missing)} (a sentence was needed)")
    return waivers


def faults(results: Mapping[str, str], waivers: Iterable[Waiver], options: Iterable[str] = ()) -> list[str]:
    """Sentences for each warning without a waiver, and for each waiver of a check that does not warn."""
    joined = " ".join(options)
    waived = {each.check for each in waivers if each.check in results and not (each.unless and each.unless in joined)}
    warned = {number for number, result in results.items() if result == WARN}
    return [f"{number} warns, and no waiver says why" for number in sorted(warned - waived)] + [
        f"{number} is waived, but says {results[number]}: drop the waiver" for number in sorted(waived - warned)
    ]
