# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What must be done so that a server has a model, or no longer has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from ...ollama.api import Installed
from ...ollama.model_name import ModelRef


@dataclass(frozen=True)
class Step:
    """One change: "pull" or "delete" `name`, "adopt" it (copy it to `target`), "drop" the long name of a mirror."""

    action: str
    name: str
    target: str = ""


@dataclass(frozen=True)
class ModelPlan:
    """What to do. `certain` is False if only the registry knows whether a pull will change anything."""

    steps: tuple[Step, ...]
    before: Installed | None
    certain: bool = True


def find(ref: ModelRef, installed: Iterable[Installed]) -> Installed | None:
    """Return the entry of this model, or None. Ollama takes names that differ only in case as the same model."""
    wanted = ref.canonical.lower()
    return next((entry for entry in installed if entry.name.lower() == wanted), None)


def plan(wanted: ModelRef, source: ModelRef, installed: Iterable[Installed], state: str) -> ModelPlan:
    """Decide everything about one model.

    `source` is `wanted` in the registry that it is pulled from. If the two differ, the pull leaves the model under
    the registry's long name; it is then copied to the wanted name, and the long name is deleted. A long name that an
    interrupted run left is used (the manifest is written last, so the model is complete) or deleted.
    Raises ModelNameError for a cloud model, unless `state` is "absent".
    """
    entries = tuple(installed)
    here = find(wanted, entries)
    mirrored = source != wanted
    left_over = find(source, entries) if mirrored else None
    drop = (Step("drop", source.canonical),)
    if state == "absent":
        steps = (Step("delete", here.name),) if here else ()
        return ModelPlan(steps + (drop if left_over else ()), here)
    wanted.refuse_cloud()
    adopt = (Step("adopt", source.canonical, wanted.canonical), *drop) if mirrored else ()
    pull = (Step("pull", source.canonical), *adopt)
    if state == "latest":
        return ModelPlan(pull, here, certain=here is None or left_over is not None)
    if here:
        return ModelPlan(drop if left_over else (), here)
    return ModelPlan(adopt if left_over else pull, here)
