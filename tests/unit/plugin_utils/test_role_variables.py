# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A misspelt variable of a role is named; what belongs to somebody else is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from plugins.plugin_utils.role_variables import known_names, role_names, unknown_role_variables

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("docker_engine_log_max_size", id="of-a-role"),
        pytest.param("capacity_plan_result", id="set-by-a-role"),
        pytest.param("bench_first", id="of-a-playbook"),
        pytest.param("benchmark_of_mine", id="begins-like-a-role"),
        pytest.param("bench_press", id="word-of-a-role-with-one-word"),
        pytest.param("removal", id="a-role-s-name-alone"),
        pytest.param("docker_users", id="half-a-role-s-name"),
        pytest.param("__docker_engine_typo", id="private"),
        pytest.param("nogpu_modles", id="is-not-this-one-s-task"),
    ],
)
def test_what_is_known_or_not_meant_for_us_is_left_alone(name: str) -> None:
    assert unknown_role_variables([name]) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("ollama_stack_enviroment", "did you mean ollama_stack_environment?", id="letter-missing"),
        pytest.param("removal_modles", "did you mean removal_models?", id="role-with-one-word"),
        pytest.param("docker_engine_memberships", "did you mean ", id="private-one-without-its-underscores"),
        pytest.param("ollama_service_", "did you mean ", id="prefix-alone"),
        pytest.param("smoke_test_zzzzzzzzzzzzzzzzzzzzzzz", "docs/variables.md lists them all", id="nothing-near"),
    ],
)
def test_what_no_role_has_is_named(name: str, hint: str) -> None:
    [sentence] = unknown_role_variables([name])
    assert sentence.startswith(f"{name} is not a variable of nogpu ({hint}")
    assert sentence.endswith("). Correct its name where it is set.")


def test_they_are_named_in_alphabetical_order() -> None:
    found = unknown_role_variables({"ollama_stack_x": 1, "docker_engine_x": 2})
    assert [sentence.split()[0] for sentence in found] == ["docker_engine_x", "ollama_stack_x"]


def test_all_roles_and_all_variables_of_roles_and_playbooks_are_known() -> None:
    assert list(role_names()) == sorted(path.name for path in (ROOT / "roles").iterdir())
    specs = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in ROOT.glob("roles/*/meta/argument_specs.yml")]
    assert {name for spec in specs for name in spec["argument_specs"]["main"].get("options", {})} <= known_names()
    assert "bench_first" in known_names()
