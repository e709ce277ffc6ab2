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
