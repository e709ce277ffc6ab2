# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugins.module_utils.apply.ledger.entries import LedgerError
from plugins.module_utils.apply.ledger.model_store import ModelStore


class Store:
    """A store with models that are made of named blobs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "blobs").mkdir()
        self.store = ModelStore(str(root))

    def add(self, model: str, *blobs: str) -> Path:
        name, tag = model.split(":")
        path = self.root / "manifests" / "registry.ollama.ai" / "library" / name / tag
        path.parent.mkdir(parents=True, exist_ok=True)
        digests = [{"digest": f"sha256:{blob}"} for blob in blobs]
        path.write_text(json.dumps({"config": digests[0], "layers": digests[1:]}))
        for blob in blobs:
            (self.root / "blobs" / f"sha256-{blob}").write_text(blob)
        return path

    def left(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))


@pytest.fixture
def models(tmp_path: Path) -> Store:
    return Store(tmp_path)


def remove(models: Store, *names: str) -> None:
    models.store.remove(models.store.parts_of(names))


def test_a_model_goes_with_its_blobs_and_the_folders_of_its_name(models: Store) -> None:
    models.add("hello:latest", "a", "b")
    remove(models, "hello")
    assert models.left() == ["blobs", "manifests"]


def test_a_blob_that_another_model_needs_stays(models: Store) -> None:
    models.add("hello:latest", "a", "shared")
    models.add("theirs:1b", "c", "shared")
    remove(models, "hello:latest")
    assert [name for name in models.left() if name.startswith("blobs/")] == ["blobs/sha256-c", "blobs/sha256-shared"]
    assert "manifests/registry.ollama.ai/library/theirs/1b" in models.left()
    assert "manifests/registry.ollama.ai/library/hello" not in models.left()


def test_two_models_of_ours_share_a_blob_that_goes_with_both(models: Store) -> None:
    models.add("hello:latest", "a", "shared")
    models.add("hello:other", "b", "shared")
    remove(models, "hello:latest", "hello:other")
    assert models.left() == ["blobs", "manifests"]


def test_somebodys_files_stay(models: Store) -> None:
    models.add("hello:latest", "a")
    (models.root / "notes.txt").write_text("mine")
    (models.root / "blobs" / "mine").write_text("mine")
    remove(models, "hello")
    assert models.left() == ["blobs", "blobs/mine", "manifests", "notes.txt"]


def test_unfinished_blobs_go_only_with_the_last_model(models: Store) -> None:
    models.add("hello:latest", "a")
    models.add("theirs:1b", "b")
    partial = models.root / "blobs" / "sha256-c-partial-0"
    partial.write_text("")
    remove(models, "hello")
    assert partial.exists()
    remove(models, "theirs:1b")
    assert not partial.exists()


def test_a_model_that_is_not_there_removes_nothing(models: Store) -> None:
    models.add("theirs:1b", "b")
    assert models.store.parts_of(["hello"]) == frozenset()


def test_a_manifest_leads_to_no_file_outside_of_the_store(models: Store) -> None:
    secret = models.root.parent / "secret"
    manifest = models.add("hello:latest", "a")
    manifest.write_text(json.dumps({"layers": [{"digest": "../../secret"}, {"digest": "sha256:../../../secret"}]}))
    assert models.store.parts_of(["hello"]) == {str(manifest)}
    assert not secret.exists()


def test_a_manifest_that_cannot_be_read_stops_before_any_model_goes(models: Store) -> None:
    models.add("hello:latest", "a")
    models.add("theirs:1b", "b").write_text("no json")
    with pytest.raises(LedgerError, match=r"theirs/1b: JSONDecodeError.*No model was removed"):
        remove(models, "hello")
    assert "blobs/sha256-a" in models.left()


def test_a_store_that_is_not_there_is_empty(tmp_path: Path) -> None:
    store = ModelStore(str(tmp_path / "none"))
    assert (store.files(), store.owner(), store.parts_of(["hello"])) == (frozenset(), None, frozenset())
