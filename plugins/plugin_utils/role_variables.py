# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Variables that begin with the name of one of our roles, and that no role has. For plugins of the control node."""

from __future__ import annotations

import difflib
import functools
import re
from pathlib import Path
from typing import Iterable

from ..module_utils.plan.wish import PREFIX
from ..module_utils.plan.wish_problems import misspelt
from ..module_utils.plan.wishes import RULES

ROOT = Path(__file__).resolve().parents[2]
# A role with a name of one word may share it with variables of somebody else: only a name close to ours is a mistake.
CLOSE = 0.85


def unknown_role_variables(names: Iterable[str]) -> list[str]:
    """Return a sentence for each name that is taken for a misspelt variable of a role, in alphabetical order."""
    known, roles = known_names(), role_names()
    prefixes = tuple(f"{role}_" for role in roles)
    found = [name for name in sorted(names) if name.startswith(prefixes) and name not in known]
    wishes = {f"{PREFIX}{name}" for name in RULES}
    return [misspelt(name, sorted(known | wishes)) for name in found if _is_meant_for_us(name, known, roles)]


def _is_meant_for_us(name: str, known: frozenset[str], roles: tuple[str, ...]) -> bool:
    ours_alone = any("_" in role and name.startswith(f"{role}_") for role in roles)
    return ours_alone or bool(difflib.get_close_matches(name, known, n=1, cutoff=CLOSE))


@functools.lru_cache(maxsize=None)
def role_names() -> tuple[str, ...]:
    """Return the names of the collection's roles."""
    return tuple(sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir()))


@functools.lru_cache(maxsize=None)
def known_names() -> frozenset[str]:
    """Return every name with a role's prefix that stands in a role or a playbook: what they read, set and register."""
    pattern = re.compile(rf"\b(?:{'|'.join(role_names())})_\w+")
    files = [
        path
        for folder in ("roles", "playbooks")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".yml", ".j2")
    ]
    return frozenset(name for path in files for name in pattern.findall(path.read_text(encoding="utf-8")))
