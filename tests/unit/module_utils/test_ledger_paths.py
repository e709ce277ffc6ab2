# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A folder is removed with its content only if it is ours, and where it seems to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.module_utils.apply.ledger.entries import LedgerError
from plugins.module_utils.apply.ledger.paths import undo_path
from plugins.module_utils.apply.ledger.states import ABSENT


def remove_tree(path: Path) -> None:
    undo_path({"kind": "tree", "name": str(path), "action": "remove_tree", "before": ABSENT})


def test_a_folder_goes_with_its_content(tmp_path: Path) -> None:
    (tmp_path / "ours/below").mkdir(parents=True)
    (tmp_path / "ours/below/file").write_text("ours")
    remove_tree(tmp_path / "ours")
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/file").write_text("theirs")
    (tmp_path / "ours").symlink_to("theirs")
    with pytest.raises(LedgerError, match=r"it leads to another place \(a folder of our own was needed\)"):
        remove_tree(tmp_path / "ours")
    assert (tmp_path / "ours").is_symlink()
    assert (tmp_path / "theirs/file").read_text() == "theirs"


@pytest.mark.parametrize("name", ["/opt/no-such-folder", "deep/way/no-such-folder"])
def test_a_folder_near_the_root_is_refused_also_behind_a_link(tmp_path: Path, name: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/way").symlink_to("/opt")
    with pytest.raises(LedgerError, match="it leads to another place"):
        remove_tree(tmp_path / name)
