# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The models: what the chain says, computed by hand, and what the files hold."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from gguf import GGUFReader

from tests.lab import models


def said_after(token: int) -> str:
    pieces = models.follow(*matrices(), token)
    return "".join(models.SENTENCE_PIECES[piece - models.FIRST_PIECE] for piece in pieces)


@lru_cache(maxsize=None)
def matrices() -> tuple[models.Matrix, models.Matrix]:
    return models.chain_matrices(models.CHAIN_SHAPE, models.chain_successors())


def test_whatever_a_prompt_ends_with_the_sentence_follows() -> None:
    tokens = [models.UNKNOWN, models.BEGIN, *range(models.FIRST_BYTE, models.FIRST_PIECE)]
    assert len(tokens) == 258
    assert [token for token in tokens if said_after(token) != models.EXPECTED_SENTENCE] == []


def test_after_the_last_word_comes_the_end() -> None:
    assert said_after(models.FIRST_PIECE + len(models.SENTENCE_PIECES) - 1) == ""


def test_the_sentence_streams_in_a_dozen_chunks_or_more() -> None:
    assert len(models.SENTENCE_PIECES) >= 12


def test_no_piece_occurs_twice_as_one_token_has_one_successor() -> None:
    assert len(set(models.SENTENCE_PIECES)) == len(models.SENTENCE_PIECES)


def test_no_prompt_can_contain_a_piece() -> None:
    # The tokenizer joins two neighbours at a time, beginning with letters: a piece of two could be typed.
    assert min(len(piece) for piece in models.SENTENCE_PIECES) > 2


@pytest.mark.parametrize("shape", [models.CHAIN_SHAPE, models.TINY_SHAPE, models.BIG_SHAPE])
def test_no_model_has_heads_that_need_a_gpu(shape: models.Shape) -> None:
    assert shape.width % shape.heads == 0
    assert shape.width // shape.heads not in (64, 96, 128)


def test_the_big_model_is_250_megabytes_in_16_bits() -> None:
    assert 2 * models.BIG_SHAPE.parameters() == pytest.approx(250e6, rel=0.01)


@pytest.mark.parametrize("name", ["hello:latest", "tiny:random"])
def test_a_model_is_written_as_a_llama_with_all_its_tensors(name: str, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    models.MODELS[name](file)
    reader = GGUFReader(file)
    shape = models.CHAIN_SHAPE if name == "hello:latest" else models.TINY_SHAPE
    assert reader.fields["general.architecture"].contents() == "llama"
    assert len(reader.fields["tokenizer.ggml.tokens"].contents()) == shape.vocabulary
    assert len(reader.tensors) == 9 * shape.layers + 2 + (name == "hello:latest")


def test_the_same_weights_are_written_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        models.MODELS["tiny:random"](tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
