# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Which models are in a store and how large others are; only the registry's answers are made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from plugins.module_utils.look.models import ModelSizes, read_models
from plugins.module_utils.source.client import Source, SourceError
from tests.unit.capacity_trees import host, write

STORE = "/var/lib/nogpu/ollama"
MANIFEST = {"config": {"size": 500}, "layers": [{"size": 2_000, "digest": "sha256:a"}]}


class Registry(Source):
    """Answers by name; everything else gets the refusal. `asked` is what was asked for."""

    refusal = "connection refused"

    def __init__(self, **answers: dict[str, Any]) -> None:
        super().__init__(timeout=1)
        self.asked: list[str] = []
        self.answers = answers

    def manifest(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        name = url.split("/")[-3]
        if name not in self.answers:
            raise SourceError(f"{url}: {self.refusal}", self.refusal.startswith("HTTP"))
        return self.answers[name]


def stored(root: Path, model: str = "hello/latest", text: str = json.dumps(MANIFEST)) -> None:
    write(root, f"{STORE}/manifests/registry.ollama.ai/library/{model}", text)


def test_a_model_in_the_store_is_not_asked_of_its_registry(tmp_path: Path) -> None:
    stored(tmp_path)
    registry = Registry()
    assert read_models(host(tmp_path), STORE, ["hello"], registry, "") == ModelSizes(
        {"hello:latest": 2_500}, ("hello:latest",)
    )
    assert registry.asked == []


def test_the_others_are_asked_of_the_mirror(tmp_path: Path) -> None:
    registry = Registry(**{"qwen2.5": MANIFEST})
    found = read_models(host(tmp_path), STORE, ["qwen2.5:3b"], registry, "http://192.168.1.5:5000")
    assert found == ModelSizes({"qwen2.5:3b": 2_500}, ())
    assert registry.asked == ["http://192.168.1.5:5000/v2/library/qwen2.5/manifests/3b"]


def test_a_model_that_is_in_the_store_counts_though_nobody_asked(tmp_path: Path) -> None:
    stored(tmp_path, "qwen2.5/3b")
    assert read_models(host(tmp_path), STORE, ["auto"], Registry(), "").present == ("qwen2.5:3b",)


def test_half_a_manifest_is_no_model(tmp_path: Path) -> None:
    stored(tmp_path, text=json.dumps(MANIFEST)[:30])
    stored(tmp_path, "list/latest", "[]")
    assert read_models(host(tmp_path), STORE, [], Registry(), "") == ModelSizes({}, ())


def test_a_registry_that_is_silent_is_asked_once_and_named(tmp_path: Path) -> None:
    registry, reader = Registry(), host(tmp_path)
    assert read_models(reader, STORE, ["one", "two"], registry, "").sizes == {}
    assert len(registry.asked) == 1
    assert reader.notes == [
        "Could not read how large one:latest is: https://registry.ollama.ai/v2/library/one/manifests/latest: "
        "connection refused."
    ]


def test_a_registry_that_lacks_one_model_is_asked_for_the_next(tmp_path: Path) -> None:
    registry = Registry(hello=MANIFEST)
    registry.refusal = "HTTP 404 Not Found"
    assert read_models(host(tmp_path), STORE, ["no-such", "hello"], registry, "").sizes == {"hello:latest": 2_500}


def test_an_answer_that_is_no_manifest_is_named(tmp_path: Path) -> None:
    reader = host(tmp_path)
    read_models(reader, STORE, ["hello"], Registry(hello={"error": "log in"}), "")
    said = "the answer is not a manifest: it lists no layers"
    assert reader.notes == [f"Could not read how large hello:latest is: {said}."]


def test_bad_names_and_cloud_models_are_left_to_the_plan(tmp_path: Path) -> None:
    registry = Registry()
    read_models(host(tmp_path), STORE, ["../x", "big:cloud", "auto"], registry, "")
    assert registry.asked == []
