# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""All playbooks are checked in one process; where it finds something wrong, ansible-lint checks each by itself."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansiblelint.errors import MatchError
from ansiblelint.file_utils import Lintable

from tests import lint


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Lintable]:
    monkeypatch.setattr(lint, "fine", set())
    (tmp_path / "play.yml").write_text("[]\n")
    (tmp_path / "role").mkdir()
    return [Lintable(tmp_path / "play.yml", kind="playbook"), Lintable(tmp_path / "role", kind="role")]


def check(tmp_path: Path, code: int, files: list[Lintable]) -> tuple[list[Any], list[Lintable]]:
    """Check `files` with a stand-in for ansible-playbook; return the answer and the files that were checked alone."""
    program = tmp_path / "ansible-playbook"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ncat "$3" >> {tmp_path}/role.yml\nexit {code}\n')
    program.chmod(0o755)
    runner = SimpleNamespace(
        app=SimpleNamespace(runtime=SimpleNamespace(environ={"PATH": f"{tmp_path}:/usr/bin:/bin"}))
    )
    alone: list[Lintable] = []

    def worker(file: Lintable) -> list[MatchError]:
        alone.append(file)
        return []

    return lint.check_at_once(runner, worker, files), alone  # type: ignore[arg-type]


def test_where_all_is_fine_there_is_one_process(tmp_path: Path, files: list[Lintable]) -> None:
    assert check(tmp_path, 0, files) == ([[], []], [])
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.startswith(f"--syntax-check {tmp_path}/play.yml /")
    assert f'{{"ansible.builtin.import_role": {{"name": "{tmp_path}/role"}}}}' in (tmp_path / "role.yml").read_text()


def test_where_something_is_wrong_each_is_checked_alone(tmp_path: Path, files: list[Lintable]) -> None:
    assert check(tmp_path, 4, files) == ([[], []], files)
    assert lint.fine == set()


@pytest.mark.parametrize(("code", "asked"), [pytest.param(0, [], id="fine"), pytest.param(4, ["play.yml"], id="wrong")])
def test_an_imported_playbook_is_checked_again_only_where_something_is_wrong(
    tmp_path: Path, files: list[Lintable], monkeypatch: pytest.MonkeyPatch, code: int, asked: list[str]
) -> None:
    check(tmp_path, code, files)
    seen: list[str] = []
    monkeypatch.setattr(lint, "HAS_PLAYBOOK", lambda runtime, playbook, basedir: bool(seen.append(playbook)) or True)
    monkeypatch.chdir(tmp_path)
    assert lint.has_playbook(SimpleNamespace(), "play.yml")  # type: ignore[arg-type]
    assert seen == asked


def test_what_is_replaced_is_as_ansible_lint_has_it() -> None:
    assert list(inspect.signature(lint.ONE_BY_ONE).parameters) == ["self", "worker", "files"]
    assert list(inspect.signature(lint.HAS_PLAYBOOK).parameters) == ["self", "playbook", "basedir"]
