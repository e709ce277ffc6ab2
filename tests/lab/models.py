# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The lab's models, written in GGUF: one that says a known sentence, one that is big, one that is tiny.

The sentence comes from a chain. With attention and feed-forward at zero, a llama's output depends on the last token
only: logits = output matrix x normalised embedding. Each word of the sentence gets a direction of its own and the
output matrix turns it into the next word; every other token shares one direction, which leads to the first word. So any
prompt is answered with the sentence, and after its last word comes the end of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from gguf.constants import GGML_QUANT_SIZES
from numpy.typing import NDArray

Matrix = NDArray[np.floating]
Blocks = NDArray[np.uint8]

# Each is one streamed chunk. No two are equal, as one token has one successor. A prompt never becomes one of them: the
# vocabulary has no single letters to build it from, so a prompt becomes bytes.
SENTENCE_PIECES = (
    "A small", " model", " on", " your", " laptop", " still", " answers,",
    " word", " by", " word,", " without", " any", " GPU", " at all.",
)  # fmt: skip
EXPECTED_SENTENCE = "".join(SENTENCE_PIECES)

BEGIN, END, UNKNOWN = 1, 2, 0
FIRST_BYTE = 3
FIRST_PIECE = FIRST_BYTE + 256

MODELFILE = """\
FROM {file}
TEMPLATE "{{{{ .Prompt }}}}"
PARAMETER temperature 0
LICENSE "MIT"
"""


@dataclass(frozen=True)
class Shape:
    """Sizes of a llama: `width` is the embedding's length, `inner` the feed-forward's."""

    width: int
    layers: int
    heads: int
    heads_kv: int
    inner: int
    vocabulary: int
    context: int = 2048

    @property
    def width_kv(self) -> int:
        return self.width // self.heads * self.heads_kv

    def parameters(self) -> int:
        """Return the number of weights, the embedding counted once."""
        attention = 2 * self.width * (self.width + self.width_kv)
        layer = attention + 3 * self.width * self.inner + 2 * self.width
        return self.layers * layer + self.vocabulary * self.width + self.width


CHAIN_SHAPE = Shape(width=64, layers=1, heads=4, heads_kv=4, inner=64, vocabulary=FIRST_PIECE + len(SENTENCE_PIECES))
TINY_SHAPE = Shape(width=64, layers=2, heads=4, heads_kv=4, inner=128, vocabulary=FIRST_PIECE + 16, context=512)
# As SmolLM2-135M, with a smaller vocabulary: 250 MB in 16 bits. Twelve heads instead of nine: with heads 64, 96 or 128
# wide this build of Ollama chooses a fused operation that only its GPU library has, unless OLLAMA_NUM_GPU=0 is set.
BIG_SHAPE = Shape(width=576, layers=30, heads=12, heads_kv=4, inner=1536, vocabulary=32000)


def chain_successors(pieces: int = len(SENTENCE_PIECES)) -> dict[int, int]:
    """Return each token's successor in the chain; every token that is missing is followed by the first piece."""
    tokens = [FIRST_PIECE + index for index in range(pieces)]
    return dict(zip(tokens, [*tokens[1:], END]))


def chain_matrices(shape: Shape, successors: dict[int, int]) -> tuple[Matrix, Matrix]:
    """Return (embedding, output) in which `argmax(output @ embedding[token])` is the token's successor.

    Direction 0 stands for "not in the sentence", direction n for the n-th piece.
    """
    embedding = np.zeros((shape.vocabulary, shape.width), np.float32)
    output = np.zeros((shape.vocabulary, shape.width), np.float32)
    embedding[:, 0] = 1
    output[FIRST_PIECE, 0] = 1
    for direction, (token, successor) in enumerate(successors.items(), start=1):
        embedding[token] = np.eye(shape.width)[direction]
        output[successor, direction] = 1
    return embedding, output


def follow(embedding: Matrix, output: Matrix, token: int, limit: int = 100) -> list[int]:
    """Return what a llama without attention says after `token`, up to its end: the chain computed by hand."""
    said: list[int] = []
    while len(said) < limit:
        token = int(np.argmax(output @ embedding[token]))
        if token == END:
            break
        said.append(token)
    return said


def write_chain(path: Path) -> None:
    """Write the model that answers EXPECTED_SENTENCE, 0.4 MB."""
    embedding, output = chain_matrices(CHAIN_SHAPE, chain_successors())
    weights: dict[str, Matrix] = {
        name: np.zeros(size, np.float32) for name, size in _layer_shapes(CHAIN_SHAPE, 0).items()
    }
    weights["token_embd.weight"] = embedding
    # The norm makes each embedding sqrt(64) long. Times 4, the right token is 32 logits ahead: sure at any temperature.
    weights["output.weight"] = 4 * output
    _write(path, "hello", CHAIN_SHAPE, list(SENTENCE_PIECES), weights)


def write_random(path: Path, name: str, shape: Shape) -> None:
    """Write a model of random 16-bit weights: nonsense, but as large, as slow and as incompressible as a real one."""
    generator = np.random.default_rng(0)
    tensors = {"token_embd.weight": (shape.vocabulary, shape.width)}
    for layer in range(shape.layers):
        tensors.update(_layer_shapes(shape, layer))
    words = [f" w{number:05}" for number in range(shape.vocabulary - FIRST_PIECE)]
    weights = {
        tensor: ((generator.random(size, np.float32) - 0.5) * 0.1).astype(np.float16)
        for tensor, size in tensors.items()
    }
    # One matrix turns words into numbers and back, so that each word would follow itself, and Ollama stops a text that
    # repeats itself. With random signs in between, no word is similar to itself.
    weights["output_norm.weight"] = generator.choice(np.array([-1, 1], np.float32), shape.width)
    _write(path, name, shape, words, weights)


def write_q4_0(path: Path, shape: Shape) -> None:
    """Write a model of random weights as llama.cpp quantises one to q4_0: its words, turned in and out, in q8_0.

    For measuring: speed depends on shape and quantisation alone.
    """
    generator = np.random.default_rng(0)
    kinds = {"token_embd.weight": GGMLQuantizationType.Q8_0}
    sizes = {"token_embd.weight": (shape.vocabulary, shape.width)}
    for layer in range(shape.layers):
        sizes.update(_layer_shapes(shape, layer))
    weights: dict[str, Matrix | Blocks] = {}
    for tensor, (rows, columns) in sizes.items():
        kind = kinds.setdefault(tensor, GGMLQuantizationType.Q4_0)
        numbers, length = GGML_QUANT_SIZES[kind]
        blocks = generator.integers(0, 256, (rows, columns // numbers, length), np.uint8)
        blocks[:, :, :2] = np.frombuffer(np.float16(0.001).tobytes(), np.uint8)  # each block begins with its scale
        weights[tensor] = blocks.reshape(rows, -1)
    words = [f" w{number:06}" for number in range(shape.vocabulary - FIRST_PIECE)]
    _write(path, "shape", shape, words, weights, kinds)


def _layer_shapes(shape: Shape, layer: int) -> dict[str, tuple[int, int]]:
    prefix = f"blk.{layer}."
    return {
        prefix + "attn_q.weight": (shape.width, shape.width),
        prefix + "attn_k.weight": (shape.width_kv, shape.width),
        prefix + "attn_v.weight": (shape.width_kv, shape.width),
        prefix + "attn_output.weight": (shape.width, shape.width),
        prefix + "ffn_gate.weight": (shape.inner, shape.width),
        prefix + "ffn_up.weight": (shape.inner, shape.width),
        prefix + "ffn_down.weight": (shape.width, shape.inner),
    }


def _write(
    path: Path,
    name: str,
    shape: Shape,
    words: list[str],
    weights: Mapping[str, Matrix | Blocks],
    kinds: Mapping[str, GGMLQuantizationType] = MappingProxyType({}),
) -> None:
    writer = GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads_kv)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(1)
    _write_vocabulary(writer, words)
    norms = ["output_norm", *(f"blk.{layer}.{part}_norm" for layer in range(shape.layers) for part in ("attn", "ffn"))]
    plain = {f"{norm}.weight": np.ones(shape.width, np.float32) for norm in norms}
    for tensor, values in {**plain, **weights}.items():
        writer.add_tensor(tensor, values, raw_dtype=kinds.get(tensor))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_vocabulary(writer: GGUFWriter, words: list[str]) -> None:
    """Write a SentencePiece vocabulary: three marks, the 256 bytes, the words."""
    tokens = [
        "<unk>",
        "<s>",
        "</s>",
        *(f"<0x{byte:02X}>" for byte in range(256)),
        *(word.replace(" ", "▁") for word in words),
    ]
    kinds = (
        [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL]
        + [TokenType.BYTE] * 256
        + [TokenType.NORMAL] * len(words)
    )
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token.encode() for token in tokens])
    writer.add_token_scores([0.0] * FIRST_PIECE + [-float(rank) for rank in range(len(words))])
    writer.add_token_types([int(kind) for kind in kinds])
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(UNKNOWN)


# What the mirror offers below library/, and how it is made.
MODELS: dict[str, Callable[[Path], None]] = {
    "hello:latest": write_chain,
    "tiny:random": lambda path: write_random(path, "tiny", TINY_SHAPE),
    "big:250m": lambda path: write_random(path, "big", BIG_SHAPE),
}
