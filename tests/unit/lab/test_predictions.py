# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Shapes are those that the publishers give, and what is drawn says what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from gguf import GGMLQuantizationType, GGUFReader

from tests.lab import models, predictions

# config.json of each model's publisher: intermediate_size.
INNER = {"qwen2.5:0.5b": 4864, "llama3.2:1b": 8192, "qwen2.5:1.5b": 8960, "qwen2.5:3b": 11008}


@pytest.mark.parametrize("name", predictions.NAMES)
def test_the_feed_forward_s_width_follows_from_the_number_of_parameters(name: str) -> None:
    model = next(each for each in predictions.catalogue().models if each.name == name)
    shape = predictions.shape_of(model)
    assert shape.inner == INNER[name]
    assert shape.parameters() == pytest.approx(model.parameters, rel=0.01)
    assert model.tied_embeddings  # each token reads the whole file


def test_a_model_is_written_as_llama_cpp_quantises_to_q4_0(tmp_path: Path) -> None:
    models.write_q4_0(tmp_path / "model.gguf", models.TINY_SHAPE)
    kinds = {tensor.name: tensor.tensor_type for tensor in GGUFReader(tmp_path / "model.gguf").tensors}
    assert kinds["token_embd.weight"] == GGMLQuantizationType.Q8_0
    assert kinds["blk.1.ffn_down.weight"] == GGMLQuantizationType.Q4_0
    assert kinds["output_norm.weight"] == GGMLQuantizationType.F32


def test_the_ratio_is_that_of_each_round_with_the_memory_s_speed_of_then() -> None:
    speed = predictions.Speed("m", 1_000_000_000, ((20e9, 10.0), (30e9, 30.0), (20e9, 15.0)))
    assert speed.ratios == pytest.approx([10 / 14.7, 30 / 20.8, 15 / 14.7], rel=0.01)
    assert predictions.drawn(speed, 30.0).splitlines() == [
        "m, 1000 MB a token, memory 20.0 GB/s: 1.02 times [0.68 - 1.44]",
        "  predicted  14.7 tokens/s  " + "█" * 20,
        "  measured   15.0 tokens/s  " + "█" * 20,
    ]
