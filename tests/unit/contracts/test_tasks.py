# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A task that ends a run is named for it: the log then says what happened, and not what was wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(
    path
    for pattern in ("roles/*/tasks/*.yml", "roles/*/handlers/*.yml", "playbooks/**/*.yml")
    for path in ROOT.glob(pattern)
)
ENDING = {"ansible.builtin.fail", "ansible.builtin.assert"}
FIRST_WORDS = ("Stop", "Refuse", "Say why")
NESTED = ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers")


def ending(tasks: Iterable[Any]) -> Iterator[str]:
    """Return the names of the tasks that end a run, without the name of their file, also out of blocks and plays."""
    for task in tasks:
        if ENDING & set(task):
            yield str(task.get("name", "")).rpartition(" | ")[2]
        for key in NESTED:
            yield from ending(task.get(key) or ())


def names(path: Path) -> list[str]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return list(ending(content)) if isinstance(content, list) else []


def is_named_for_it(name: str) -> bool:
    return name.startswith(tuple(f"{words} " for words in FIRST_WORDS))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("- {name: a | Stop where x, ansible.builtin.fail: }", ["Stop where x"], id="task"),
        pytest.param("- {block: [{rescue: [{name: b, ansible.builtin.assert: }]}]}", ["b"], id="in-blocks"),
        pytest.param("- {hosts: all, tasks: [{ansible.builtin.fail: }]}", [""], id="in-a-play-without-name"),
        pytest.param("- {name: c, ansible.builtin.debug: }", [], id="another-module"),
    ],
)
def test_the_search_finds_what_ends_a_run(text: str, found: list[str]) -> None:
    assert list(ending(yaml.safe_load(text))) == found


@pytest.mark.parametrize(
    ("name", "named"), [("Stop where x", True), ("Say why", False), ("Leave it alone", False), ("Stopped", False)]
)
def test_a_name_begins_with_one_of_a_few_words(name: str, named: bool) -> None:
    assert is_named_for_it(name) is named


def test_a_task_that_ends_a_run_is_named_for_it() -> None:
    found = {str(path.relative_to(ROOT)): names(path) for path in FILES}
    assert sum(map(len, found.values())) > 20
    others = {path: [name for name in tasks if not is_named_for_it(name)] for path, tasks in found.items()}
    assert {path: tasks for path, tasks in others.items() if tasks} == {}
