# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Check the addresses of proxies, and write them as each client needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping
from urllib.parse import urlsplit

ALWAYS_DIRECT = ("localhost", "127.0.0.1", "::1")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Values stand between single quotes in a shell script, in a unit's EnvironmentFile and in Compose's env_file. All three
# then take every other character as it is.
_UNQUOTABLE = re.compile(r"[\s'\"\\\x00-\x1f\x7f]")
_FIRST_ENGINE_WITH_PROXIES = 23


class ProxyError(ValueError):
    """A proxy that is not valid. The text is a sentence without its password and without a full stop."""


@dataclass(frozen=True)
class Proxies:
    """`https` and `http` are addresses, or empty. `direct` are the hosts that are reached without a proxy."""

    https: str = ""
    http: str = ""
    direct: tuple[str, ...] = ALWAYS_DIRECT

    @property
    def addresses(self) -> tuple[str, ...]:
        """Both addresses, or one if they are the same."""
        return tuple(dict.fromkeys(filter(None, (self.https, self.http))))

    @property
    def no_proxy(self) -> str:
        return ",".join(self.direct)

    def engine(self) -> dict[str, str]:
        """The map `proxies` of daemon.json; empty without a proxy."""
        values = {"http-proxy": self.http, "https-proxy": self.https, "no-proxy": self.no_proxy}
        return {key: value for key, value in values.items() if value} if self.addresses else {}

    def server(self) -> dict[str, str]:
        """Environment of Ollama's server. Never HTTP_PROXY: Ollama's client would use it to reach the server (FAQ)."""
        return {"HTTPS_PROXY": self.https, "NO_PROXY": self.no_proxy} if self.https else {}

    def clients(self) -> dict[str, str]:
        """Environment of our own requests. apt reads names in lower case only; Go and Python read both."""
        values = {"https_proxy": self.https, "http_proxy": self.http, "no_proxy": self.no_proxy}
        lower = {name: value for name, value in values.items() if value} if self.addresses else {}
        return {**lower, **{name.upper(): value for name, value in lower.items()}}


def parse_proxies(https: str = "", http: str = "", no_proxy: str = "", mirror: str = "") -> Proxies:
    """Check the proxies. `mirror` is an address; its host is always reached without a proxy. Raises ProxyError."""
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
                f"no_proxy has '{item}', which is not a host (names or addresses with commas between them were needed, "
                f"such as 'intranet.example,10.0.0.0/8'). Nothing was changed. Correct it"
            )
    host = urlsplit(mirror).hostname or ""
    return Proxies(https, http, tuple(dict.fromkeys(filter(None, (*ALWAYS_DIRECT, host, *named)))))


def own_requests(proxies: Mapping[str, Any], mirror: str) -> dict[str, str]:
    """Environment of a module that asks registries itself. `proxies`: https, http, no_proxy. Raises ProxyError."""
    return parse_proxies(**{**proxies, "mirror": mirror}).clients()


def _fault(value: str) -> str:
    """Return what is wrong with an address; empty if nothing is."""
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
        valid = parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        return "its port is not a number from 1 to 65535"
    return "" if parts.hostname else "it does not name a host"


def shown(value: str) -> str:
    """Return an address without user and password, also if it is not valid."""
    before, at, after = value.rpartition("@")
    scheme = re.match(r"\w+://", before)
    if not at:  # what is in the place of a port may be a password, if the host was forgotten
        return re.sub(r":(?!//|\d+/?$).*", ":xxxxx", value)
    return (scheme.group() if scheme else "") + "xxxxx@" + after


def endpoint(address: str) -> tuple[str, int]:
    """Return host and port of a valid address."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]


def assignments(environment: Mapping[str, str]) -> str:
    """Return lines that a shell, a unit's EnvironmentFile and Compose's env_file read in the same way."""
    return "".join(f"{name}='{value}'\n" for name, value in sorted(environment.items()))


def wrapper(environment: Mapping[str, str], python: str) -> str:
    """Return a shell script that sets the environment and then runs `python`."""
    return f'#!/bin/sh\nset -a\n{assignments(environment)}exec {python} "$@"\n'


def refusal(asked: Mapping[str, Any], engine_version: str = "") -> str:
    """Say why proxies cannot be used; empty if they can. `asked`: arguments of `parse_proxies`, not yet checked."""
    try:
        proxies = parse_proxies(**{name: str(value or "") for name, value in asked.items()})
    except ProxyError as error:
        return str(error)
    major = re.match(r"\d+", engine_version)
    if proxies.addresses and major and int(major.group()) < _FIRST_ENGINE_WITH_PROXIES:
        return (
            f"Docker Engine {engine_version} cannot read proxies from daemon.json ({_FIRST_ENGINE_WITH_PROXIES} or "
            f"later was needed). Nothing was changed. Upgrade the engine"
        )
    return ""
