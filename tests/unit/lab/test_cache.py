# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The cache and the fingerprints of recipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.cache import Cache, default_folder
from tests.lab.recipe import fingerprint

OLD, NEW = "0" * 12, "1" * 12


def bake() -> str:
    return "bread"


def test_a_fingerprint_is_twelve_hex_digits_and_always_the_same() -> None:
    assert fingerprint("a", 1, bake) == fingerprint("a", 1, bake)
    assert int(fingerprint("a", 1, bake), 16) < 16**12
    assert len(fingerprint("a")) == 12


def test_a_fingerprint_follows_constants_and_the_source_of_functions() -> None:
    def bake_longer() -> str:
        return "toast"

    assert len({fingerprint(), fingerprint("a"), fingerprint(b"a"), fingerprint(bake), fingerprint(bake_longer)}) == 5


def test_a_comment_changes_no_fingerprint() -> None:
    def plain() -> int:
        return 1

    first = fingerprint(plain)

    def plain() -> int:  # type: ignore[no-redef]
        # a comment
        return  1  # fmt: skip

    assert fingerprint(plain) == first


def test_a_fingerprint_knows_where_one_ingredient_ends() -> None:
    assert fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint(("ab", "c")) != fingerprint(("a", "bc"))


def test_an_artefact_is_made_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(draft: Path) -> None:
        made.append(draft)
        draft.write_text("x")

    cache = Cache(tmp_path / "cache")
    first = cache.ensure("disk", NEW, make, ".tar")
    assert cache.ensure("disk", NEW, make, ".tar") == first
    assert first.name == f"disk-{NEW}.tar"
    assert len(made) == 1


def test_a_recipe_that_fails_leaves_nothing_that_looks_done(tmp_path: Path) -> None:
    def fail(draft: Path) -> None:
        draft.write_text("half")
        raise OSError("disk full")

    cache = Cache(tmp_path)
    with pytest.raises(OSError, match="disk full"):
        cache.ensure("disk", NEW, fail)
    assert not cache.path("disk", NEW).exists()


def test_half_an_artefact_of_an_earlier_run_is_thrown_away(tmp_path: Path) -> None:
    (tmp_path / f".tree-{NEW}.draft").mkdir()
    (tmp_path / f".tree-{NEW}.draft" / "old").touch()
    tree = Cache(tmp_path).ensure("tree", NEW, lambda draft: draft.mkdir())
    assert list(tree.iterdir()) == []


def test_a_new_recipe_replaces_the_old_artefact_and_no_other(tmp_path: Path) -> None:
    for name in (f"disk-{OLD}.tar", f"disk-trixie-{OLD}.tar", f"disk-{OLD}.log"):
        (tmp_path / name).touch()
    Cache(tmp_path).ensure("disk", NEW, lambda draft: draft.touch(), ".tar")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        f"disk-{OLD}.log",
        f"disk-{NEW}.tar",
        f"disk-trixie-{OLD}.tar",
    ]


def test_the_cache_can_live_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOGPU_LAB_CACHE", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("NOGPU_LAB_CACHE")
    assert default_folder().parts[-2:] == (".lab", "cache")
