# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Fingerprints of recipes: what is in the cache is used as long as the code that makes it stays the same."""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Union

# Python 3.11 counts the depth of all threads' syntax trees together and fails ("recursion depth mismatch",
# github.com/python/cpython/issues/106905): one tree at a time, until 3.12 is the oldest.
_TREE = threading.Lock()

Ingredient = Union[str, bytes, int, ModuleType, "Callable[..., object]", "tuple[Ingredient, ...]"]


def fingerprint(*ingredients: Ingredient) -> str:
    """Return twelve hex digits of constants, and of the source of functions and modules without its comments."""
    digest = hashlib.sha256()
    for ingredient in ingredients:
        digest.update(_text(ingredient).encode() + b"\0")
    return digest.hexdigest()[:12]


def _text(ingredient: Ingredient) -> str:
    if isinstance(ingredient, (str, bytes, int)):
        return repr(ingredient)
    if isinstance(ingredient, tuple):
        return "(" + ",".join(_text(part) for part in ingredient) + ")"
    with _TREE:
        return ast.unparse(ast.parse(textwrap.dedent(inspect.getsource(ingredient))))
