# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Predicted against measured speed: the plan's formula against llama.cpp, which Ollama runs since 0.30.

Models of the catalogue are written in their real shape with random weights, as speed depends on shape and quantisation
alone, and run by Debian's own build of llama.cpp. The memory's speed is measured right before each run, as a laptop's
drifts; what is compared is the ratio. The lab's own Ollama cannot be used for it: its build computes without vectors.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from rich.console import Console

from plugins.module_utils.look.bandwidth import measure
from plugins.module_utils.plan.catalog import Catalogue, Model, read_catalogue
from plugins.module_utils.plan.speed import Bandwidth, tokens_per_second

from . import host, models
from .cache import ROOT, Cache, default_folder
from .progress import Steps
from .recipe import fingerprint

CATALOGUE = ROOT / "roles" / "capacity_plan" / "vars" / "catalogue.yml"
NAMES = ("qwen2.5:0.5b", "llama3.2:1b", "qwen2.5:1.5b", "qwen2.5:3b")
# Debian 13 has no llama.cpp; the program brings the libraries that it was built with.
SUITE, PACKAGES = "sid", ("llama.cpp-tools",)
ROUNDS = 3
PROMPT_TOKENS, TOKENS = 64, 48
# As the plan shows a prediction.
WITHIN = 0.25
BAR = 40  # characters


@dataclass(frozen=True)
class Speed:
    """One shape: bytes read for each token, and for each round the memory's speed (bytes/s) and tokens/s."""

    name: str
    read_bytes: int
    rounds: tuple[tuple[float, float], ...]

    @property
    def ratios(self) -> list[float]:
        """How many times as fast as predicted, round by round."""
        return [seen / predicted(self.read_bytes, memory) for memory, seen in self.rounds]


def predicted(read_bytes: int, memory: float) -> float:
    """Return the plan's tokens/s."""
    found = tokens_per_second(read_bytes, Bandwidth(memory, "measured"))
    assert found is not None  # none of these is too small for the formula
    return found


def shape_of(model: Model) -> models.Shape:
    """Return the shape of a model of the catalogue. The feed-forward's width is what its parameters leave for it."""
    width, width_kv = model.hidden_size, model.kv_heads * model.head_size
    layer = (model.parameters - model.vocabulary * width) / model.layers
    inner = round((layer - 2 * width * (width + width_kv)) / (3 * width) / 256) * 256
    return models.Shape(width, model.layers, model.heads, model.kv_heads, inner, model.vocabulary)


def catalogue() -> Catalogue:
    """Return the models that the plan knows."""
    return read_catalogue(yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["__capacity_plan_catalogue"])


def build_engine(cache: Cache) -> Path:
    """Return a folder with Debian and llama.cpp in it, building it if the cache has none."""

    def make(draft: Path) -> None:
        host.ensure_tools("mmdebstrap")
        options = ["--quiet", "--variant=minbase", "--mode=root", "--format=directory"]
        # sid's signature holds a week; a mirror that keeps one day of it is older. Who signed it is checked as ever.
        options += ['--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=APT::Install-Recommends "false"']
        source = f"deb {host.debian_mirror()} {SUITE} main"
        host.run("mmdebstrap", *options, f"--include={','.join(PACKAGES)}", SUITE, draft, source)

    return cache.ensure("llama", fingerprint(sys.modules[__name__]), make)


def run(engine: Path, model: Path, threads: int) -> float:
    """Return the tokens/s of writing that llama-bench measures. `model` lies in the engine's folder."""
    inside = f"/{model.relative_to(engine)}"
    sizes = ["-p", str(PROMPT_TOKENS), "-n", str(TOKENS), "-t", str(threads), "-r", "3", "-o", "json"]
    said = host.run("chroot", engine, "llama-bench", "-m", inside, *sizes)
    results = json.loads(said[said.index("[\n") :])
    return next(float(each["avg_ts"]) for each in results if each["n_gen"] == TOKENS)


def measure_shape(engine: Path, model: Model) -> Speed:
    """Write one model, run it, and remove it."""
    threads = os.cpu_count() or 1
    with TemporaryDirectory(dir=engine / "srv") as folder:
        file = Path(folder) / "model.gguf"
        models.write_q4_0(file, shape_of(model))
        rounds = tuple((measure(threads, None)[0], run(engine, file, threads)) for _ in range(ROUNDS))
        return Speed(f"{model.name} q4_0", file.stat().st_size, rounds)


def drawn(speed: Speed, fastest: float) -> str:
    """Return three lines for a person; bars are as long as the tokens/s, `fastest` is the longest one's."""
    memory, seen = (statistics.median(each[side] for each in speed.rounds) for side in (0, 1))
    bars = [
        f"  {what:<9} {value:5.1f} tokens/s  {'█' * max(1, round(BAR * value / fastest))}"
        for what, value in (("predicted", predicted(speed.read_bytes, memory)), ("measured", seen))
    ]
    ratio = f"{statistics.median(speed.ratios):.2f} times [{min(speed.ratios):.2f} - {max(speed.ratios):.2f}]"
    head = f"{speed.name}, {speed.read_bytes / 1e6:.0f} MB a token, memory {memory / 1e9:.1f} GB/s: {ratio}"
    return "\n".join([head, *bars])


def main(console: Console) -> None:
    """Measure each shape and show what came out. Raises LabError."""
    host.require_root()
    chosen = [model for model in catalogue().models if model.name in NAMES]
    with Steps(console) as steps:
        engine = steps.do("Debian's llama.cpp", build_engine, Cache(default_folder()))
        speeds = [steps.do(f"{model.name}, random weights", measure_shape, engine, model) for model in chosen]
    fastest = max(seen for speed in speeds for _memory, seen in speed.rounds)
    for speed in speeds:
        console.print(f"\n{drawn(speed, fastest)}", highlight=False)
    off = [speed.name for speed in speeds if abs(statistics.median(speed.ratios) - 1) > WITHIN]
    verdict = f"outside: {', '.join(off)}" if off else "all within"
    console.print(f"\nA prediction is shown as +-{WITHIN:.0%}: {verdict}.", highlight=False)
