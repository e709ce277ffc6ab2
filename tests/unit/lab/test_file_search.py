# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A search that finds nothing must have searched."""

from __future__ import annotations

from pathlib import Path

import pytest
import testinfra

from tests.lab.file_search import files_with

HOST = testinfra.get_host("local://")


def test_only_the_files_with_the_word_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x canary-7c1e y")
    (tmp_path / "b").write_text("x canary y")
    assert files_with(HOST, "canary-7c1e", str(tmp_path)) == [f"{tmp_path}/a"]
    assert files_with(HOST, "canary-7c1f", str(tmp_path)) == []


def test_a_place_that_is_missing_is_no_fault(tmp_path: Path) -> None:
    assert files_with(HOST, "canary-7c1e", f"{tmp_path}/missing {tmp_path}") == []


def test_a_search_that_does_not_run_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"did not find .*/control"):
        files_with(HOST, "canary-7c1e", str(tmp_path), user="no-such-user")


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    files_with(HOST, "canary-7c1e", str(tmp_path))
    assert list(tmp_path.iterdir()) == []
