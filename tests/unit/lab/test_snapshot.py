# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.lab.snapshot import Allowed, differences, read_allowed, unexpected

ROOT = Path(__file__).resolve().parents[3]


def test_what_came_and_what_went_is_told() -> None:
    assert differences("file /a x\nuser me\n", "file /a y\nuser me\n") == ["- file /a x", "+ file /a y"]


def test_only_a_pattern_for_the_whole_fact_covers_it() -> None:
    found = ["+ file /var/lib/apt/lists/a", "+ file /etc/a", "- file /opt/var/lib/apt/lists"]
    assert unexpected(found, [Allowed(r"file /var/lib/apt/lists.*", "because it is so")]) == found[1:]


def test_a_list_that_grows_is_refused() -> None:
    with pytest.raises(ValueError, match="16 patterns"):
        read_allowed([{"pattern": str(number), "reason": "because it is so"} for number in range(16)])


def test_a_pattern_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no reason for a\.b"):
        read_allowed([{"pattern": "a.b", "reason": "-"}])


def test_the_list_in_use_is_short_and_reasoned() -> None:
    path = ROOT / "molecule/removal/files/allowed.yml"
    assert read_allowed(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_probe_sees_mode_content_link_and_a_file_that_came(tmp_path: Path) -> None:
    probe, place = tmp_path / "probe", tmp_path / "place"
    script = (ROOT / "tests/lab/files/snapshot").read_text(encoding="utf-8")
    head, _, _ = script.partition('if __name__ == "__main__":')
    probe.write_text(f"{head}\nPLACES = ({str(place)!r},)\nQUESTIONS.clear()\nmain()\n", encoding="utf-8")
    place.mkdir()
    (place / "a").write_text("one")
    (place / "b").symlink_to("a")

    def look() -> str:
        return subprocess.run([sys.executable, str(probe)], capture_output=True, text=True, check=True).stdout

    first = look()
    (place / "a").write_text("two")
    (place / "c").mkdir(mode=0o700)
    changed = differences(first, look())
    assert [line.split()[2].rpartition("/")[2] for line in changed] == ["a", "a", "c"]
