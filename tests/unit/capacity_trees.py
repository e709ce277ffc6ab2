# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The recorded laptops of tests/unit/data/capacity, laid out as a root for HostReader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Mapping

from plugins.module_utils.host.programs import Ran
from plugins.module_utils.host.reader import HostReader

DATA = Path(__file__).parent / "data" / "capacity"


def record(laptop: str) -> dict[str, Any]:
    """Return what host_capacity says of a laptop."""
    loaded: dict[str, Any] = json.loads((DATA / f"{laptop}.json").read_text())
    return loaded


def laptops_with_tree() -> list[str]:
    return sorted(path.parent.name for path in DATA.glob("*/tree.txt"))


def lay_out(laptop: str, root: Path) -> Path:
    """Write the files of a laptop below `root`."""
    files: dict[str, list[str]] = {}
    for line in (DATA / laptop / "tree.txt").read_text().splitlines():
        path, arrow, target = line.partition(" -> ")
        if arrow and ":" not in path:
            link = root / path.lstrip("/")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
        else:
            path, _colon, text = line.partition(":")
            files.setdefault(path, []).append(text)
    for path, lines in files.items():
        write(root, path, "\n".join(lines) + "\n")
    return root


def write(root: Path, path: str, text: str) -> None:
    """Write one file below `root`; the two signs \\0 become a zero byte."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace("\\0", "\0"))


def host(root: Path, answers: Mapping[str, Ran] | None = None) -> HostReader:
    """Return a reader whose programs answer by the start of their command line; others are not installed."""

    def run(command: list[str]) -> Ran:
        line = " ".join(command)
        found = (answer for start, answer in (answers or {}).items() if line.startswith(start))
        return next(found, Ran(127, "", "No such file or directory"))

    return HostReader(str(root), run)


def says(text: str) -> Ran:
    return Ran(0, text, "")
