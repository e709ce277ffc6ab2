# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A file is the old one or the new one, whenever its writer is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plugins.module_utils.host.whole_file import LEFT_BEHIND_SECONDS, replace_link, write_whole

ROOT = Path(__file__).resolve().parents[3]
SIZE = 1 << 20
# Replaces the file without end, by one of other letters each time; small pieces, so that a kill falls between two.
WRITER = f"""
import itertools, sys
from plugins.module_utils.host.whole_file import write_whole
for letter in itertools.cycle((b"a", b"b")):
    write_whole(sys.argv[1], lambda file: [file.write(letter * 1024) for _ in range({SIZE // 1024})], 0o644)
    print(flush=True)
"""


@pytest.mark.parametrize("milliseconds", range(0, 20, 2))
def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path: Path, milliseconds: int) -> None:
    path = tmp_path / "daemon.json"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(milliseconds / 1000)
        writer.kill()
    seen = path.read_bytes()
    assert len(seen) == SIZE
    assert len(set(seen)) == 1


def test_the_next_writer_removes_what_a_killed_one_left_and_nothing_else(tmp_path: Path) -> None:
    old, new = (tmp_path / f".nogpu-daemon.json.{name}" for name in ("old", "new"))
    other = tmp_path / ".nogpu-settings.json.old"
    for file in (old, new, other):
        file.write_text("half")
    for file in (old, other):
        os.utime(file, (time.time() - LEFT_BEHIND_SECONDS - 1,) * 2)
    write_whole(str(tmp_path / "daemon.json"), lambda file: file.write(b"{}"), 0o644)
    assert sorted(each.name for each in tmp_path.iterdir()) == [new.name, other.name, "daemon.json"]


@pytest.mark.parametrize("there", ["nothing", "link", "file", "left by a killed writer"])
def test_a_link_takes_the_place_of_what_is_there_but_of_a_folder(tmp_path: Path, there: str) -> None:
    link = tmp_path / "current"
    if there == "link":
        link.symlink_to("old")
    elif there == "file":
        link.write_text("old")
    elif there == "left by a killed writer":
        (tmp_path / "current.nogpu-link").symlink_to("old")
    replace_link(str(link), "new")
    assert link.readlink() == Path("new")
    assert list(tmp_path.iterdir()) == [link]


def test_a_folder_is_not_replaced_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_link(str(tmp_path / "current"), "new")
    assert (tmp_path / "current").is_dir()
