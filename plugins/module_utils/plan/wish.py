# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""How a wish is described: the kinds of values, and the words that more than one file needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

AUTO = "auto"
UNLIMITED = "unlimited"
PREFIX = "nogpu_"
RUNTIMES = (AUTO, "docker", "native")
KV_CACHE_TYPES = ("f16", "q8_0", "q4_0")
QUANTISATIONS = ("q2_K", "q3_K_S", "q3_K_M", "q3_K_L", "q4_0", "q4_K_S", "q4_K_M", "q5_K_M", "q6_K", "q8_0", "f16")


@dataclass(frozen=True)
class Rule:
    """How a wish is read and what it means.

    `kind` is how it is written: text, list, switch, choice, number, size, version, duration, address, networks or
    models. `choices` are the words that it may be; `least` and `most` limit a number, `whole` numbers have no fraction.
    `words` stand for a value of a size or number. `more` is what a person may want to know beyond `meaning`. `run`: it
    is set for one run, with -e, as an inventory cannot hold it.
    """

    kind: str
    meaning: str
    more: str = ""
    unit: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    whole: bool = False
    words: Mapping[str, Any] | None = None
    run: bool = False


def wish(default: Any, kind: str, meaning: str, **rule: Any) -> Any:
    """Return the field of a variable `nogpu_*`."""
    return field(default=default, metadata={"rule": Rule(kind, meaning, **rule)})
