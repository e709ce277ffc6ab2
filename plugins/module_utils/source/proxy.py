# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Proxies: whether an address can be meant, and what each client is told. Pure: no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping
from urllib.parse import urlsplit

ALWAYS_DIRECT = ("localhost", "127.0.0.1", "::1")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Values stand between single quotes in a shell script, in a unit's EnvironmentFile and in Compose's env_file, which
# all three take letter by letter then.
_UNQUOTABLE = re.compile(r"[\s'\"\\\x00-\x1f\x7f]")
_FIRST_ENGINE_WITH_PROXIES = 23


class ProxyError(ValueError):
    """A proxy that cannot be meant; the text is a sentence without its password."""


@dataclass(frozen=True)
class Proxies:
    """`https` and `http` are addresses, "" = none; `direct` are hosts that are reached without."""

    https: str = ""
    http: str = ""
    direct: tuple[str, ...] = ALWAYS_DIRECT

    @property
    def addresses(self) -> tuple[str, ...]:
        """Each address once."""
        return tuple(dict.fromkeys(filter(None, (self.https, self.http))))

    @property
    def no_proxy(self) -> str:
        return ",".join(self.direct)

    def engine(self) -> dict[str, str]:
        """The map `proxies` of daemon.json; empty without a proxy."""
        said = {"http-proxy": self.http, "https-proxy": self.https, "no-proxy": self.no_proxy}
        return {key: value for key, value in said.items() if value} if self.addresses else {}

    def server(self) -> dict[str, str]:
        """Ollama's environment. Never HTTP_PROXY: it breaks the way from Ollama's client to its server (its FAQ)."""
        return {"HTTPS_PROXY": self.https, "NO_PROXY": self.no_proxy} if self.https else {}

    def clients(self) -> dict[str, str]:
        """Environment of our own requests: apt reads small letters only, Go and Python either."""
        said = {"https_proxy": self.https, "http_proxy": self.http, "no_proxy": self.no_proxy}
        small = {name: value for name, value in said.items() if value} if self.addresses else {}
        return {**small, **{name.upper(): value for name, value in small.items()}}


def parse_proxies(https: str, http: str, no_proxy: str, mirror: str) -> Proxies:
    """Check what was asked for; `mirror` is an address, its host is always reached directly. Raises ProxyError."""
    for name, value in (("https_proxy", https), ("http_proxy", http)):
        if value and (seen := _fault(value)):
            raise ProxyError(
                f"{name} is '{shown(value)}': {seen} (an address such as http://proxy.example:3128 was needed). "
                f"Nothing was changed. Correct it"
            )
    named = [item.strip() for item in no_proxy.split(",") if item.strip()]
    for item in named:
        if _UNQUOTABLE.search(item) or "/" in re.sub(r"/\d+$", "", item):
            raise ProxyError(
                f"no_proxy has '{item}', which is no host (names or addresses with commas between them were needed, "
                f"such as 'intranet.example,10.0.0.0/8'). Nothing was changed. Correct it"
            )
    host = urlsplit(mirror).hostname or ""
    return Proxies(https, http, tuple(dict.fromkeys(filter(None, (*ALWAYS_DIRECT, host, *named)))))


def own_requests(proxies: Mapping[str, Any], mirror: str) -> dict[str, str]:
    """Environment of a module that asks registries itself. `proxies`: https, http, no_proxy. Raises ProxyError."""
    return parse_proxies(**{"https": "", "http": "", "no_proxy": "", **proxies, "mirror": mirror}).clients()


def _fault(value: str) -> str:
    """What is wrong with an address, "" if nothing is."""
    if _UNQUOTABLE.search(value):
        return "it holds a space, a quote or a backslash"
    scheme, _, rest = value.partition("://")
    if scheme not in _DEFAULT_PORTS:
        return "it does not begin with http:// or https://"
    if re.search(r"[/?#]|@.*@", rest.rstrip("/")):
        encode = "/, ?, # and @ in a password are written as %2F, %3F, %23 and %40"
        return f"it has more than a host and a port; {encode}"
    try:
        parts = urlsplit(value)
        right = parts.port != 0
    except ValueError:
        right = False
    if not right:
        return "its port is no number from 1 to 65535"
    return "" if parts.hostname else "it names no host"


def shown(value: str) -> str:
    """An address without user and password, however broken it is."""
    before, at, after = value.rpartition("@")
    scheme = re.match(r"\w+://", before)
    if not at:  # what stands in the place of a port may be a password whose host was forgotten
        return re.sub(r":(?!//|\d+/?$).*", ":xxxxx", value)
    return (scheme.group() if scheme else "") + "xxxxx@" + after


def endpoint(address: str) -> tuple[str, int]:
    """Host and port of an address that is valid."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]


def assignments(environment: Mapping[str, str]) -> str:
    """Lines for a shell, a unit's EnvironmentFile and Compose's env_file alike."""
    return "".join(f"{name}='{value}'\n" for name, value in sorted(environment.items()))


def wrapper(environment: Mapping[str, str], python: str) -> str:
    """A shell script that stands in for `python`."""
    return f'#!/bin/sh\nset -a\n{assignments(environment)}exec {python} "$@"\n'


def refusal(wish: Mapping[str, Any], engine_version: str = "") -> str:
    """Why the proxies of a role cannot be had, "" if they can. `wish`: arguments of `parse_proxies`, as they come."""
    try:
        proxies = parse_proxies(**{name: str(value or "") for name, value in wish.items()})
    except ProxyError as error:
        return str(error)
    major = re.match(r"\d+", engine_version)
    if proxies.addresses and major and int(major.group()) < _FIRST_ENGINE_WITH_PROXIES:
        return (
            f"Docker Engine {engine_version} cannot read proxies from daemon.json ({_FIRST_ENGINE_WITH_PROXIES} or "
            f"later was needed). Nothing was changed. Upgrade the engine"
        )
    return ""
