# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A file is the old one or the new one, whenever its writer is killed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plugins.module_utils.host.whole_file import LEFT_BEHIND_SECONDS, replace_link, write_whole

ROOT = Path(__file__).resolve().parents[3]
SIZE = 1 << 20
# Replaces the file again and again, with another letter each time; small pieces, so that a kill falls between two.
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


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Each sync: what was synced, "file" or "folder", and the names that the folder of the file had then."""
    seen: list[tuple[str, list[str]]] = []

    def fsync(handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}")
        is_folder = os.path.isdir(path)
        folder = path if is_folder else os.path.dirname(path)
        seen.append(("folder" if is_folder else "file", [name for name in os.listdir(folder) if name[0] != "."]))

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def test_the_file_is_synced_before_it_gets_its_name_and_the_folder_after(
    tmp_path: Path, synced: list[tuple[str, list[str]]]
) -> None:
    write_whole(str(tmp_path / "daemon.json"), lambda file: file.write(b"{}"), 0o644)
    assert synced == [("file", []), ("folder", ["daemon.json"])]


@pytest.mark.parametrize(("number", "fails"), [(errno.EINVAL, False), (errno.EIO, True)], ids=["cannot", "broken"])
def test_a_folder_that_cannot_be_synced_is_no_failure_but_a_broken_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fails: bool
) -> None:
    def fsync(handle: int) -> None:
        if os.path.isdir(os.readlink(f"/proc/self/fd/{handle}")):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    path = tmp_path / "daemon.json"
    try:
        write_whole(str(path), lambda file: file.write(b"{}"), 0o644)
    except OSError as error:
        assert fails
        assert error.errno == number
    else:
        assert not fails
    assert path.read_text() == "{}"


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
