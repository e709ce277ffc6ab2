# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Nothing that runs on a laptop removes more than what is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(
    path
    for folder in ("roles", "playbooks", "plugins", "scripts")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".yml", ".py", ".j2")
)
SWEEPING = {
    "docker prune": r"(\b|_)prune\b",
    "autoremove": r"autoremove(?!: false)|auto-remove",
    "userdel -r": r"userdel\b.*(-r\b|--remove)|^\s*remove: (true|yes)",
    "rm -r": r"\brm\s+(-\w*[rR]|--recursive)|'rm', *'-\w*r",
    "rmtree": r"\brmtree\(",
}


def faults(text: str) -> list[str]:
    return [name for name, pattern in SWEEPING.items() if re.search(pattern, text, re.MULTILINE)]


@pytest.mark.parametrize(
    "text",
    [
        "command: docker system prune --force",
        "community.docker.docker_prune:",
        "argv: [docker, image, prune, -f]",
        "    autoremove: true",
        "apt-get autoremove",
        "userdel -r ollama",
        "    remove: true",
        'rm -rf "$folder"',
        "argv: ['rm', '-rf', x]",
        "shutil.rmtree(path)",
    ],
)
def test_the_search_finds_what_removes_too_much(text: str) -> None:
    assert len(faults(text)) == 1


@pytest.mark.parametrize("text", ["    autoremove: false", "OLLAMA_NOPRUNE: 1", "    remove: false", "docker rm x"])
def test_the_search_lets_what_is_named_pass(text: str) -> None:
    assert faults(text) == []


def test_nothing_removes_more_than_it_names() -> None:
    found = {str(path.relative_to(ROOT)): faults(path.read_text(encoding="utf-8")) for path in FILES}
    assert len(found) > 200
    # The one place that removes a folder with what is in it looks where it leads and what is mounted below first.
    allowed = {"plugins/module_utils/apply/ledger/paths.py": ["rmtree"]}
    assert {path: names for path, names in found.items() if names} == allowed


def test_roles_remove_no_file_but_by_the_ledger() -> None:
    tasks = [
        (path.relative_to(ROOT), task)
        for path in FILES
        if path.suffix == ".yml"
        for task in re.split(r"^\s*- name: ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if "ansible.builtin.file:" in task and re.search(r"state: absent", task)
    ]
    # The staging folder is made and removed by the same block.
    assert [str(path) for path, task in tasks if "__ollama_service_staging" not in task] == []
