# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A room of module_utils imports what comes before it, never what comes after."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3] / "plugins/module_utils"
# From the ground up. The five steps of a run are look, plan, apply, prove, report.
ROOMS = ("host", "ollama", "source", "look", "plan", "apply", "prove", "report", "bench")
FILES = sorted(ROOT.rglob("*.py"))


def rooms_of(path: Path) -> set[str]:
    """Return the rooms that a file imports from."""
    here = path.relative_to(ROOT).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = here[: len(here) - node.level + 1]
            found.add((*base, *(node.module or "").split("."))[0] or here[0])
    return found


def test_each_file_is_in_a_room() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == set(ROOMS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_run_one_way(path: Path) -> None:
    own = ROOMS.index(path.relative_to(ROOT).parts[0])
    assert {room for room in rooms_of(path) if ROOMS.index(room) > own} == set()


# What reads or changes something outside of the program, or depends on when it runs.
OUTSIDE = {
    "os",
    "pathlib",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "urllib",
    "http",
    "random",
}


def outside(text: str) -> set[str]:
    """Return what a file imports or calls that is not only computing."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names} & OUTSIDE
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {(node.module or "").partition(".")[0]} & OUTSIDE
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("open", "print"):
            found.add(node.func.id)
    return found


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("import os", {"os"}),
        ("def f():\n    from urllib.request import urlopen", {"urllib"}),
        ("open('/etc/passwd')", {"open"}),
        ("import math\nfrom .open import opened", set()),
    ],
)
def test_the_search_finds_what_reaches_outside(text: str, seen: set[str]) -> None:
    assert outside(text) == seen


@pytest.mark.parametrize("room", ["plan", "report"])
def test_a_room_that_decides_or_shows_only_computes(room: str) -> None:
    found = {path.name: outside(path.read_text(encoding="utf-8")) for path in FILES if path.parent.name == room}
    assert found
    assert {name: seen for name, seen in found.items() if seen} == {}
