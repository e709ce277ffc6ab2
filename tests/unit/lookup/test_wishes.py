# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The lookup takes all variables nogpu_* of a host, and names each that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleUndefinedVariable

from plugins.lookup.wishes import RETURN, LookupModule, read
from plugins.module_utils.plan.wish_reader import wish_values
from plugins.module_utils.plan.wishes import DEFAULTS


def template(value: Any) -> Any:
    """Work out `{{ lan }}` and nothing else."""
    if value == "{{ lan }}":
        return "http://192.168.1.5:5000"
    if "{{" in str(value):
        raise AnsibleUndefinedVariable("'nope' is undefined.")
    return value


def test_without_variables_the_defaults_count() -> None:
    assert read({}, template) == wish_values({})


def test_a_value_is_worked_out_and_read() -> None:
    found = read({"nogpu_mirror": "{{ lan }}", "nogpu_port": "11500", "other": "{{ nope }}"}, template)
    assert found == wish_values({"mirror": "http://192.168.1.5:5000", "port": 11500})


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        pytest.param(
            {"nogpu_port": "{{ nope }}"},
            "nogpu_port cannot be read: 'nope' is undefined. Correct it where it is set.",
            id="undefined",
        ),
        pytest.param(
            {"nogpu_modles": "{{ nope }}"},
            "nogpu_modles is not a variable of nogpu (did you mean nogpu_models?)",
            id="misspelt-is-not-worked-out",
        ),
        pytest.param(
            {"NOGPU_port": 1}, "NOGPU_port is not a variable of nogpu (did you mean nogpu_port?", id="capitals"
        ),
        pytest.param(
            {"nogpu_Port": 1}, "nogpu_Port is not a variable of nogpu (did you mean nogpu_port?", id="capital"
        ),
        pytest.param({"nogpu_": 1}, "nogpu_ is not a variable of nogpu (", id="prefix-alone"),
        pytest.param(
            {"nogpu_host": "a"}, "nogpu_host is not a variable of nogpu (did you mean nogpu_hosts?", id="host"
        ),
        pytest.param({"nogpu_store_user": "a"}, "nogpu_store_user is not a variable of nogpu (", id="set-at-a-role"),
        pytest.param({"nogpu_problems": ["a"]}, "nogpu_problems is not a variable of nogpu (", id="problems"),
        pytest.param({"nogpu_downloads": {}}, "nogpu_downloads is not a variable of nogpu (", id="downloads"),
        pytest.param({"nogpu_port": 0}, "nogpu_port is 0 (needed: a whole number", id="wrong"),
        pytest.param(
            {"ollama_stack_enviroment": {}},
            "ollama_stack_enviroment is not a variable of nogpu (did you mean ollama_stack_environment?)",
            id="of-a-role",
        ),
    ],
)
def test_what_is_wrong_is_a_problem_and_nothing_else_changes(variables: dict[str, Any], problem: str) -> None:
    found = read(variables, template)
    assert [problem in each for each in found.pop("problems")] == [True]
    assert found == {name: value for name, value in wish_values({}).items() if name != "problems"}


def test_ansible_gets_one_dictionary() -> None:
    class Templar:
        def template(self, value: Any) -> Any:
            return template(value)

    assert LookupModule(templar=Templar()).run([], {"nogpu_port": 11500}) == [wish_values({"port": 11500})]


def test_the_documentation_names_what_is_added() -> None:
    told = " ".join(yaml.safe_load(RETURN)["_raw"]["description"])
    assert [key for key in wish_values({}) if key not in DEFAULTS and f"C({key})" not in told] == []
