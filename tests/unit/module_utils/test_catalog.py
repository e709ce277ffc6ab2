# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The catalogue is complete and its numbers hang together; a wrong entry is named."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.filter.plan import builtin_catalogue
from plugins.module_utils.ollama.model_name import ModelRef
from plugins.module_utils.plan.catalog import CatalogError, Model, Variant, read_catalogue

CATALOGUE = read_catalogue(builtin_catalogue())
MODELS = [pytest.param(model, id=model.name) for model in CATALOGUE.models]
VARIANTS = [pytest.param(model, one, id=one.name) for model in CATALOGUE.models for one in model.variants]


def entry(**changes: Any) -> dict[str, Any]:
    return {**builtin_catalogue()[0], **changes}


def tags(**changes: Any) -> dict[str, Any]:
    return entry(quantisations={"0.5b": {"quantisation": "q4_0", "bytes": 352_000_000, **changes}})


@pytest.mark.parametrize(
    ("name", "kib"),
    [
        ("qwen2.5:0.5b", 12),
        ("qwen2.5:1.5b", 28),
        ("qwen2.5:3b", 36),
        ("qwen2.5:7b", 56),
        ("llama3.2:1b", 32),
        ("llama3.2:3b", 112),
        ("qwen3:0.6b", 112),
        ("qwen3:1.7b", 112),
        ("qwen3:4b", 144),
        ("qwen3:8b", 144),
        ("llama3.1:8b", 128),
        ("mistral:7b", 128),
        ("phi3:mini", 384),
    ],
)
def test_a_token_in_the_cache_takes_what_was_measured(name: str, kib: int) -> None:
    found = CATALOGUE.find(name)
    assert found is not None
    assert found[0].kv_bytes_per_token == kib * 1024


@pytest.mark.parametrize(("model", "variant"), VARIANTS)
def test_a_download_is_as_large_as_its_quantisation_says(model: Model, variant: Variant) -> None:
    bits = variant.download_bytes * 8 / model.parameters
    # Small models spend more bits: their word matrix is large and less quantised.
    least, most = {"q2": (2.6, 5.6), "q4": (4.4, 6.6), "q8": (8.4, 8.7)}[variant.quantisation[:2]]
    assert least <= bits <= most


@pytest.mark.parametrize(("model", "variant"), VARIANTS)
def test_a_tag_is_a_complete_name_of_its_model(model: Model, variant: Variant) -> None:
    assert ModelRef.parse(variant.name).canonical == variant.name
    assert variant.name.split(":")[0] == model.name.split(":")[0]
    ModelRef.parse(variant.name).refuse_cloud()


@pytest.mark.parametrize("model", MODELS)
def test_the_first_tag_is_the_model_s_name(model: Model) -> None:
    assert model.variants[0].name == model.name


@pytest.mark.parametrize("model", MODELS)
def test_the_shape_holds_the_parameters(model: Model) -> None:
    words = model.vocabulary * model.hidden_size
    assert 0.015 * model.parameters < words < 0.6 * model.parameters
    assert model.heads % model.kv_heads == 0


def test_the_file_is_in_order_of_size() -> None:
    assert [model.name for model in CATALOGUE.models] == [told["name"] for told in builtin_catalogue()]


def test_auto_chooses_among_one_family_from_half_a_billion_to_seven() -> None:
    chosen = [model.name for model in CATALOGUE.models if model.auto]
    assert chosen == ["qwen2.5:0.5b", "qwen2.5:1.5b", "qwen2.5:3b", "qwen2.5:7b"]


def test_names_are_found_in_upper_case_too() -> None:
    found = CATALOGUE.find("QWEN2.5:0.5B-instruct-Q4_0")
    assert found is not None
    assert found[1].quantisation == "q4_0"


def test_a_name_that_is_not_listed_is_not_found() -> None:
    assert CATALOGUE.find("hello:latest") is None


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        pytest.param("qwen", "saw str (needed: a list of models)", id="no-list"),
        pytest.param(["qwen"], "entry number 1 is str", id="no-dictionary"),
        pytest.param([entry(layers=None)], "qwen2.5:0.5b has no layers", id="no-shape"),
        pytest.param([entry(kv_heads=2.5)], "has kv_heads 2.5 (needed: a whole number above 0)", id="half-a-head"),
        pytest.param([entry(vocabulary=-1)], "has vocabulary -1", id="negative"),
        pytest.param([tags(bytes=398)], "bits for each of its parameters", id="megabytes-for-bytes"),
        pytest.param([tags(bytes=398_000_000_000)], "is the size given in bytes?", id="thousand-times-too-large"),
        pytest.param([tags(bytes="398 MB")], "has bytes '398 MB'", id="size-as-text"),
        pytest.param([tags(bytes=True)], "has bytes True", id="size-true"),
        pytest.param([tags(quantisation="")], "quantisation ''", id="no-quantisation"),
        pytest.param([entry(quantisations={"two words": {}})], "has the tag 'two words'", id="bad-tag"),
        pytest.param([entry(), entry()], "is listed twice", id="twice"),
    ],
)
def test_a_wrong_catalogue_is_refused_and_the_entry_named(entries: Any, words: str) -> None:
    with pytest.raises(CatalogError) as caught:
        read_catalogue(entries)
    assert words in str(caught.value)
    assert str(caught.value).startswith("Could not read the catalogue: ")
