# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What role docker_engine wants in daemon.json. Module docker_daemon_config merges it into what the owner has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from ...host.values import parse_bool

UNLIMITED = "unlimited"


@dataclass(frozen=True)
class Wanted:
    """The role's variables without their prefix; empty = as the engine has it."""

    log_max_size: str
    log_max_file: int
    mirror: str = ""
    memlock: Any = ""
    nofile: Any = ""
    no_new_privileges: bool = False
    icc: bool = True
    userland_proxy: Any = "auto"
    settings: Mapping[str, Any] = field(default_factory=dict)


def engine_settings(wanted: Wanted) -> dict[str, Any]:
    """Return the keys of daemon.json; `settings` come last and win."""
    ulimits = {}
    if wanted.memlock:
        ulimits["memlock"] = _ulimit("memlock", [wanted.memlock])
    if wanted.nofile:
        ulimits["nofile"] = _ulimit("nofile", str(wanted.nofile).split(":"))
    found: dict[str, Any] = {
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-size": wanted.log_max_size, "max-file": str(wanted.log_max_file)},
        **({"registry-mirrors": [wanted.mirror]} if wanted.mirror else {}),
        **({"default-ulimits": ulimits} if ulimits else {}),
        **({"no-new-privileges": True} if wanted.no_new_privileges else {}),
        **({} if wanted.icc else {"icc": False}),
        # auto: module docker_daemon_config decides, as it knows which ports are published
        **({} if wanted.userland_proxy == "auto" else {"userland-proxy": _switch(wanted.userland_proxy)}),
    }
    return _merged(found, wanted.settings)


def _ulimit(name: str, limits: list[Any]) -> dict[str, Any]:
    """The soft limit comes first and the hard one last; one figure is both."""
    return {"Name": name, "Soft": _limit(limits[0]), "Hard": _limit(limits[-1])}


def _switch(value: Any) -> Any:
    """Return true or false; what is neither stays, and the check of daemon.json names it."""
    read = parse_bool(value)
    return value if read is None else read


def _limit(figure: Any) -> Any:
    """Return -1 for unlimited; what is not a whole number stays, and the check of daemon.json names it."""
    if figure == UNLIMITED:
        return -1
    try:
        return int(figure)
    except ValueError:
        return figure


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Maps are merged key by key; all else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if both else value
    return merged
