# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the README and docs/ say exists: files, headings, roles, verbs, rooms and variables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from scripts.reference import default_of

ROOT = Path(__file__).resolve().parents[3]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("roles/*/README.md"))]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(path: Path) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text_of(path)) if "://" not in link]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_is_short() -> None:
    assert len(text_of(README).splitlines()) < 160


def test_the_readme_lists_each_role() -> None:
    listed = re.findall(r"^\| \[(\w+)\]\(roles/\1/README\.md\) \|", text_of(README), re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in (ROOT / "roles").iterdir())


def test_the_readme_s_variables_are_variables() -> None:
    named = set(re.findall(r"\bnogpu_[a-z]\w*", text_of(README)))
    assert named <= set(yaml.safe_load(text_of(ROOT / "inventory/group_vars/all.yml")))


def test_the_readme_s_defaults_are_the_real_ones() -> None:
    rows = re.findall(r"^\| `nogpu_(\w+)` \| (\S+) \|", text_of(README), re.MULTILINE)
    shown = {name: yaml.safe_load("''" if default == "empty" else default.strip("`")) for name, default in rows}
    assert len(shown) >= 6
    assert shown == {name: default_of(name) for name in shown}


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir()))
def test_the_examples_of_a_role_set_its_variables(role: str) -> None:
    examples = "".join(re.findall(r"```yaml\n(.*?)```", text_of(ROOT / f"roles/{role}/README.md"), re.DOTALL))
    specs = yaml.safe_load(text_of(ROOT / f"roles/{role}/meta/argument_specs.yml"))["argument_specs"]["main"]["options"]
    assert f"nogpu.ollama.{role}" in examples
    assert set(re.findall(rf"^ *({role}_\w+):", examples, re.MULTILINE)) <= set(specs)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_verb_is_one_of_the_script(path: Path) -> None:
    usage = text_of(ROOT / "nogpu").split("TEXT")[1]
    verbs = set(re.findall(r"^  (\w+) {2,}\S", usage, re.MULTILINE))
    assert len(verbs) == 7
    assert set(re.findall(r"\./nogpu (\w+)", text_of(path))) - verbs == set()


def test_the_tree_of_the_design_is_the_tree_of_the_code() -> None:
    code = ROOT / "plugins/module_utils"
    drawn = re.findall(r"^(?:│   )?[├└]── (\w+)/ {2,}\S", text_of(ROOT / "docs/design.md"), re.MULTILINE)
    rooms = {file.parent.name for file in code.rglob("*.py")} | {"apply"}
    assert sorted(drawn) == sorted(rooms)
