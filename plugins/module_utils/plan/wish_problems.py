# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Sentences for wishes that are not known, and for those that are well-formed but contradict each other."""

from __future__ import annotations

import difflib
import ipaddress
from typing import Iterable

from ..host.values import parse_version
from .wish import PREFIX
from .wishes import RULES, Wishes, option


def unknown(name: str) -> str:
    """Return the sentence for a variable that is meant for the table, and is not in it."""
    return misspelt(name, [f"{PREFIX}{each}" for each in RULES])


def misspelt(name: str, known: Iterable[str]) -> str:
    """Return the sentence for a variable that is not known, with the nearest one that is (in small letters)."""
    near = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "docs/variables.md lists them all"
    return f"{name} is not a variable of nogpu ({hint}). Correct its name where it is set."


def unreadable(name: str, reason: object) -> str:
    """Return the sentence for a variable whose value Ansible cannot work out, with Ansible's reason."""
    return f"{name} cannot be read: {str(reason).rstrip('.')}. Correct it where it is set."


def contradictions(wishes: Wishes) -> list[str]:
    """Return what is wrong with wishes that are well-formed each."""
    problems = []
    if parse_version(wishes.ollama_version) < parse_version(wishes.ollama_floor_version):
        problems.append(
            f"{option('ollama_version')} is '{wishes.ollama_version}' (needed: {wishes.ollama_floor_version} or newer; "
            "below 0.17.1 a crafted model file can read the server's memory, before 0.21 a restart throws away "
            f"unfinished downloads). Set it to a newer version, or lower {option('ollama_floor_version')} if you know "
            "why."
        )
    if not wishes.expose and not ipaddress.ip_address(wishes.listen).is_loopback:
        problems.append(
            f"{option('listen')} is '{wishes.listen}' (needed: a loopback address such as 127.0.0.1, as Ollama asks "
            f"nobody for a password). Set {option('expose')}: true if others may use it, and name their networks "
            f"in {option('allowed_networks')}."
        )
    if wishes.exposed and not wishes.allowed_networks:
        problems.append(
            f"{option('allowed_networks')} is empty, but {option('listen')} is '{wishes.listen}' (needed: the networks "
            "that may use Ollama, as it asks nobody for a password). Name them, for example with "
            f"-e {option('allowed_networks')}=192.168.1.0/24; 'ip -brief address' shows those of the laptop."
        )
    return problems
