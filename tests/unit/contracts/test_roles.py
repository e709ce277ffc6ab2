# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What is written more than once says the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.reference import with_table

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
PREFIX = "nogpu_"


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def options(role: str) -> dict[str, Any]:
    found: dict[str, Any] = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
    return found


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specs_agree(role: str) -> None:
    specs = options(role)
    defaults = load(f"roles/{role}/defaults/main.yml") or {}
    assert list(defaults) == list(specs)
    computed = {name for name, value in defaults.items() if isinstance(value, str) and "{{" in value}
    assert {name: value for name, value in defaults.items() if name not in computed} == {
        name: spec["default"] for name, spec in specs.items() if name not in computed
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_s_variables_carry_its_name(role: str) -> None:
    assert [name for name in options(role) if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_each_default_is_explained_by_a_comment_above_it(role: str) -> None:
    text = (ROOT / f"roles/{role}/defaults/main.yml").read_text(encoding="utf-8")
    paragraphs = text.removeprefix("---\n").strip().split("\n\n")
    assert [paragraph for paragraph in paragraphs if paragraph and not paragraph.startswith("#")] == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_not_know_the_playbooks_variables(role: str) -> None:
    # Messages may name them: that is what the person typed.
    lines = [
        line
        for path in (ROOT / "roles" / role).rglob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\{\{[^}]*\bnogpu_", line)
    ]
    assert lines == []


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_has_the_table_of_the_specs(role: str) -> None:
    readme = (ROOT / f"roles/{role}/README.md").read_text(encoding="utf-8")
    assert readme == with_table(readme, load(f"roles/{role}/meta/argument_specs.yml"))


def test_the_playbooks_defaults_are_those_that_people_see() -> None:
    handed = " ".join(str(value) for value in load("playbooks/vars/wishes.yml").values())
    found = dict(re.findall(r"(nogpu_\w+) \| default\((.*?)\) \}\}", handed))
    shown = load("inventory/group_vars/all.yml")
    assert {name: yaml.safe_load(default) for name, default in found.items()} == {name: shown[name] for name in found}
    assert set(shown) - set(found) <= {"nogpu_state"}


@pytest.mark.parametrize("role", ROLES)
def test_the_playbooks_defaults_are_the_roles_defaults(role: str) -> None:
    defaults = load(f"roles/{role}/defaults/main.yml") or {}
    for name, value in load("playbooks/vars/wishes.yml").items():
        if name.startswith(f"{role}_"):
            assert name in defaults
            if simple := re.fullmatch(r"\{\{ nogpu_\w+ \| default\((.*)\) \}\}", str(value)):
                assert defaults[name] == yaml.safe_load(simple[1])


def test_each_role_has_a_scenario() -> None:
    scenarios = {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")}
    # The store is tested through the two roles that depend on it, the report through the playbooks that show one, the
    # last good server through the changes that fail: switch, upgrade and own_ollama.
    assert set(ROLES) - scenarios == {"ollama_store", "team_report", "last_good_server"}


@pytest.mark.parametrize("playbook", sorted(path.name for path in (ROOT / "playbooks").glob("*.yml")))
def test_a_playbook_stays_a_list_of_roles(playbook: str) -> None:
    assert len((ROOT / "playbooks" / playbook).read_text(encoding="utf-8").splitlines()) < 40
