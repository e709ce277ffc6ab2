# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What is written more than once says the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.module_utils.plan.wishes import DEFAULTS
from scripts.reference import made

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def options(role: str) -> dict[str, Any]:
    found: dict[str, Any] = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
    return found


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specs_agree(role: str) -> None:
    specs = options(role)
    defaults = load(f"roles/{role}/defaults/main.yml") or {}
    required = [name for name, spec in specs.items() if spec.get("required")]
    assert [name for name in specs if name not in required] == list(defaults)
    computed = {name for name, value in defaults.items() if isinstance(value, str) and "{{" in value}
    assert {name: value for name, value in defaults.items() if name not in computed} == {
        name: spec["default"] for name, spec in specs.items() if name not in (*computed, *required)
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


def test_what_is_made_of_another_file_is_up_to_date() -> None:
    """`python -m scripts.reference` makes them anew."""
    stale = [str(path.relative_to(ROOT)) for path, text in made().items() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_the_playbooks_only_hand_over() -> None:
    text = (ROOT / "playbooks/vars/wishes.yml").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 25
    for name, value in load("playbooks/vars/wishes.yml").items():
        role = next(role for role in ROLES if name.startswith(f"{role}_"))
        assert name in options(role)
        assert re.fullmatch(r"\{\{ ([\w.]+|lookup\('nogpu\.ollama\.wishes'\)) \}\}", value), value


def test_the_hashes_of_the_default_version_are_in_the_list() -> None:
    hashes = load("roles/ollama_service/vars/main.yml")["__ollama_service_checksums"][DEFAULTS["ollama_version"]]
    wanted = {"ollama-linux-amd64.tar.zst", "ollama-linux-arm64.tar.zst", "ollama-darwin.tgz"}
    assert {name for name, value in hashes.items() if re.fullmatch("[0-9a-f]{64}", value)} == wanted


def test_each_role_has_a_scenario() -> None:
    scenarios = {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")}
    # The store is tested through the two roles that depend on it, the report through the playbooks that show one, the
    # last good server through the changes that fail: switch, upgrade and own_ollama.
    assert set(ROLES) - scenarios == {"ollama_store", "team_report", "last_good_server"}


@pytest.mark.parametrize("playbook", sorted(path.name for path in (ROOT / "playbooks").glob("*.yml")))
def test_a_playbook_stays_a_list_of_roles(playbook: str) -> None:
    assert len((ROOT / "playbooks" / playbook).read_text(encoding="utf-8").splitlines()) < 40
