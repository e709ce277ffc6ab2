# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Which networks may reach the API: read the option that people set, and the rules that iptables prints."""

from __future__ import annotations

import ipaddress
import re
from typing import Iterable

CHAIN = "NOGPU"
# Role lan_exposure writes it; it runs at each boot.
SCRIPT = "/etc/nogpu/lan-exposure"
EVERYBODY = ("everybody",)

_NEEDED = "networks such as 192.168.1.0/24 or fd12:3456::/64, or one address"


class NetworkError(ValueError):
    """A network that cannot be used; the text says what was seen, what is needed and what to do."""


def parse_network(text: str) -> str:
    """Return a network as iptables prints it, such as 192.168.1.7/32 for one address. Raises NetworkError."""
    seen = text.strip()
    try:
        found = ipaddress.ip_network(seen, strict=False)
    except ValueError:
        raise NetworkError(f"holds '{text}' (needed: {_NEEDED}). Correct it.") from None
    if found.prefixlen == 0:
        raise NetworkError(f"holds '{seen}', which is every address (needed: {_NEEDED}). Name your own network.")
    address = seen.partition("/")[0]
    if str(found.network_address) != str(ipaddress.ip_address(address)):
        single = ipaddress.ip_network(address)
        raise NetworkError(
            f"holds '{seen}', an address with the size of a network (needed: {_NEEDED}). "
            f"Write {found} for the network, or {single} for this one computer."
        )
    return str(found)


def former_ports(script: str | None) -> list[int]:
    """Return the ports that the rules on this host protect, from the text of SCRIPT; none without it."""
    found = re.search(r'^ports="([\d ]*)"$', script or "", re.MULTILINE)
    return [int(port) for port in found.group(1).split()] if found else []


def allowed(rules: str, port: int, published: bool) -> tuple[str, ...]:
    """Return the networks that can reach `port`, from what `iptables -S` or `ip6tables -S` prints.

    `published`: a container publishes the port, so that Docker's own chain decides. EVERYBODY where a packet can get
    around our chain.
    """
    lines = rules.splitlines()
    own = [line for line in lines if line.startswith(f"-A {CHAIN} ")]
    closed = bool(own) and own[-1] == f"-A {CHAIN} -j DROP"
    hooks = [("INPUT", f"--dport {port}")]
    if "-N DOCKER-USER" in lines or published:
        hooks.append(("DOCKER-USER", f"--ctorigdstport {port}"))
    asked = all(_jumps(lines, chain, words) for chain, words in hooks)
    if not (closed and asked) or (published and not _jumps(lines, "FORWARD", "", "DOCKER-USER")):
        return EVERYBODY
    return tuple(filter(None, (_network(line) for line in own[:-1])))


def _jumps(lines: Iterable[str], chain: str, words: str, target: str = CHAIN) -> bool:
    found = [f"{line} " for line in lines if line.startswith(f"-A {chain} ") and line.endswith(f" -j {target}")]
    return any(f" {words} " in line for line in found) if words else bool(found)


def _network(rule: str) -> str:
    """Return the network that a rule lets through; empty for the laptop itself."""
    if rule == f"-A {CHAIN} -i lo -j RETURN":
        return ""
    found = re.fullmatch(rf"-A {CHAIN} -s (\S+) -j RETURN", rule)
    if found:
        return found.group(1)
    return "" if rule.endswith(" -j DROP") else EVERYBODY[0]
