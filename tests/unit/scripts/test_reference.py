# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What is made of the table of wishes and of the roles' specifications."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.plan.wish import Rule
from scripts.reference import BEGIN, END, cell, default_of, table, values_of, with_table, written


@pytest.mark.parametrize(
    ("name", "default"),
    [
        pytest.param("models", ["auto"], id="list"),
        pytest.param("min_tokens_per_second", 8, id="no-fraction-of-zero"),
        pytest.param("memory_reserve", "", id="none"),
        pytest.param("expose", False, id="switch"),
        pytest.param("port", 11434, id="number"),
    ],
)
def test_a_default_is_as_an_inventory_has_it(name: str, default: Any) -> None:
    found = default_of(name)
    assert (found, type(found)) == (default, type(default))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        pytest.param(Rule("text", ""), "", id="text"),
        pytest.param(Rule("switch", ""), "`true`, `false`", id="switch"),
        pytest.param(Rule("choice", "", choices=("a", "b")), "`a`, `b`", id="choice"),
        pytest.param(Rule("number", "", least=1, most=9), "1 to 9", id="number"),
        pytest.param(Rule("number", "", most=9, unit="cores"), "0 to 9 cores", id="number-with-a-unit"),
        pytest.param(Rule("number", "", most=9, words={"auto": None}), "`auto`, 0 to 9", id="number-or-a-word"),
        pytest.param(Rule("size", "", unit="bytes", words={"auto": None}), "`auto`, bytes", id="size-or-a-word"),
    ],
)
def test_what_a_wish_may_be(rule: Rule, text: str) -> None:
    assert values_of(rule) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("", '""'), ("auto", "auto"), ("0.21", "'0.21'"), (True, "true"), (["auto"], "[auto]"), ([], "[]"), (8, "8")],
)
def test_a_value_is_written_on_one_line_of_yaml(value: Any, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(("value", "text"), [("a|b", "a\\|b"), ("a\nb", "a b"), (["One.", "Two."], "One. Two.")])
def test_text_stays_in_its_cell(value: Any, text: str) -> None:
    assert cell(value) == text


def test_a_role_s_table_takes_the_place_between_its_marks() -> None:
    options = {"a_b": {"default": "x", "description": "One."}, "a_c": {"description": "Two."}}
    readme = with_table(f"Before.\n{BEGIN}\nold\n{END}\nAfter.\n", {"argument_specs": {"main": {"options": options}}})
    assert readme == f"Before.\n{BEGIN}\n{table(options)}\n{END}\nAfter.\n"
    assert table(options).splitlines()[2:] == ['| `a_b` | `"x"` | One. |', "| `a_c` | from facts | Two. |"]


@pytest.mark.parametrize("readme", ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n"])
def test_a_readme_without_both_marks_is_refused(readme: str) -> None:
    with pytest.raises(ValueError, match="has no table of variables"):
        with_table(readme, {"argument_specs": {"main": {}}})
