# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Which models a host runs: those that were named, or the largest that fits and is fast enough."""

from __future__ import annotations

from dataclasses import dataclass

from . import choice_words as words
from .candidates import Candidate, Room, candidate, named
from .catalog import Catalogue, Model
from .wish import AUTO
from .wishes import Wishes

# The first model to try. If it is good, larger ones are tried while they are good; if not, smaller ones until one is.
START_PARAMETERS = 3 * 10**9
# The prediction is right within +-25 %. A model that is here stays while it may be fast enough, and a larger one takes
# its place only if it is certainly fast enough. Otherwise the choice would change with each measurement of the memory.
KEEP_MARGIN = 0.75
CHANGE_MARGIN = 1.25
# Up to here q4_0 reads prompts 2.9 times and writes 1.3 times as fast as q4_K_M: the rows are too short for K-quants.
SMALL_PARAMETERS = 10**9


@dataclass(frozen=True)
class Choice:
    """The models, why they were chosen, what to know about them, and what is wrong with them."""

    models: tuple[Candidate, ...]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]


def choose(catalogue: Catalogue, room: Room) -> Choice:
    """Choose the models of a host."""
    asked = [named(catalogue, name, room) for name in room.wishes.models if name != AUTO]
    problems = [words.named_problem(catalogue, one, room) for one in asked if not one.fits_memory(room)]
    reasons = [words.bandwidth(room), *(words.named_reason(one, room) for one in asked)]
    warnings = [text for one in asked for text in words.named_warnings(one, room)]
    models = list(asked)
    if AUTO in room.wishes.models:
        walk = _Walk(room, sum(one.missing_bytes for one in asked))
        best = walk.best(walk.ladder(catalogue))
        reasons += walk.reasons
        warnings += walk.warnings
        problems += walk.problems
        models += [best] if best and best.name not in [one.name for one in asked] else []
    if not problems and not room.has_disk_for(sum(one.missing_bytes for one in models)):
        problems.append(words.disk_problem(models, room))
    warnings += words.low_bits_warning(models)
    return Choice(tuple(models), tuple(reasons), tuple(warnings), tuple(problems))


class _Walk:
    """Tries larger or smaller models of `auto`, one after another, with a sentence for each."""

    def __init__(self, room: Room, other_downloads: int) -> None:
        self.room = room
        self.other_downloads = other_downloads
        self.here = 0
        self.reasons: list[str] = []
        self.warnings: list[str] = []
        self.problems: list[str] = []

    def ladder(self, catalogue: Catalogue) -> list[Candidate]:
        """Return one tag of each model that `auto` may choose, smallest first."""
        found = []
        for model in (model for model in catalogue.models if model.auto):
            quantisation = _quantisation(model, self.room.wishes)
            variant = model.variant(quantisation)
            if variant is None:
                self.reasons.append(f"{model.name} is not offered in {quantisation}.")
            else:
                found.append(candidate(model, variant, self.room))
        self.here = max((one.parameters for one in found if one.present), default=0)
        return found

    def best(self, ladder: list[Candidate]) -> Candidate | None:
        """Return the largest good one, else the smallest that fits, else None and a problem."""
        if not ladder:
            self.problems.append(words.nothing_offered(self.room))
            return None
        found = self.largest_good(ladder) or self.smallest_fitting(ladder)
        if found is None:
            self.problems.append(words.nothing_fits(ladder[0], self.room))
            return None
        self.reasons.append(words.chosen(found))
        self.warnings += words.licence_warning(found)
        return found

    def largest_good(self, ladder: list[Candidate]) -> Candidate | None:
        start = min(range(len(ladder)), key=lambda step: abs(ladder[step].parameters - START_PARAMETERS))
        if not self.is_good(ladder[start]):
            return next((one for one in reversed(ladder[:start]) if self.is_good(one)), None)
        found = ladder[start]
        for one in ladder[start + 1 :]:
            if not self.is_good(one):
                break
            found = one
        return found

    def is_good(self, one: Candidate) -> bool:
        verdict = ""
        if not one.fits_memory(self.room):
            verdict = "does not fit"
        elif not self.has_disk(one):
            verdict = "does not fit on the disk"
        elif not one.is_fast_enough(self.room, self.margin(one)):
            verdict = "too slow"
            verdict += " to replace the one that is on the laptop" if one.is_fast_enough(self.room) else ""
        good = "good" if one.is_fast_enough(self.room) else "good enough, as it is already on the laptop"
        self.reasons.append(f"{words.numbers(one, self.room)}: {verdict or good}.")
        return not verdict

    def margin(self, one: Candidate) -> float:
        if one.present:
            return KEEP_MARGIN
        return CHANGE_MARGIN if 0 < self.here < one.parameters else 1.0

    def smallest_fitting(self, ladder: list[Candidate]) -> Candidate | None:
        found = next((one for one in ladder if one.fits_memory(self.room) and self.has_disk(one)), None)
        if found is not None:
            self.warnings.append(words.none_fast_enough(found, self.room))
        return found

    def has_disk(self, one: Candidate) -> bool:
        return self.room.has_disk_for(self.other_downloads + one.missing_bytes)


def _quantisation(model: Model, wishes: Wishes) -> str:
    """Return the quantisation to take: the one that was asked for, else the fastest of 4 bits."""
    if wishes.quantisation:
        return wishes.quantisation
    small = model.parameters <= SMALL_PARAMETERS and model.variant("q4_0") is not None
    return "q4_0" if small else "q4_K_M"
