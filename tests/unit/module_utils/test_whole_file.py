# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A file is the old one or the new one, whenever its writer is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SIZE = 1 << 20
# Replaces the file without end, by one of other letters each time; small pieces, so that a kill falls between two.
WRITER = f"""
import itertools, sys
from plugins.module_utils._whole_file import write_whole
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
