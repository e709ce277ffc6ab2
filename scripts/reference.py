# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Write what is made of another file: `./nogpu test` fails while one of them differs (python -m scripts.reference).

- each role's README: the table of its variables, out of its argument_specs;
- docs/variables.md, inventory/group_vars/all.yml and the options of filter plan, out of the table of wishes.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import yaml

from plugins.module_utils.plan.wish import PREFIX, Rule
from plugins.module_utils.plan.wishes import DEFAULTS, RULES

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- variables: made by scripts/reference.py -->"
END = "<!-- end of variables -->"
PLAN_BEGIN = "        # Made by scripts/reference.py out of plugins/module_utils/plan/wishes.py.\n"
PLAN_END = "        # End of what is made.\n"
# Ansible's type for each kind of wish.
TYPES = {"list": "list", "models": "list", "networks": "list", "switch": "bool", "size": "raw"}

VARIABLES = """# Variables

Set them in `inventory/group_vars/all.yml`, beside a host, or with `-e`. A name that is not in this list is
refused, with the nearest one that is. Settings of a single role are in its README: [roles](../README.md#roles).
"""
ALL = """---
# The variables that people change. Each line shows its default; a host in the inventory may differ.
"""


def cell(value: object) -> str:
    """Return text that stays inside one cell of a Markdown table."""
    text = " ".join(value) if isinstance(value, list) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def table(options: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table of a role's options, in the order of its specs."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, option in options.items():
        default = f"`{json.dumps(option['default'])}`" if "default" in option else "from facts"
        rows.append(f"| `{name}` | {cell(default)} | {cell(option['description'])} |")
    return "\n".join(rows)


def with_table(readme: str, specs: dict[str, Any]) -> str:
    """Return `readme` with a new table between its two marks. Raises ValueError if a mark is missing."""
    head, _, rest = readme.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"A role's README has no table of variables: put {BEGIN} and {END} around its place.")
    return f"{head}{BEGIN}\n{table(specs['argument_specs']['main'].get('options', {}))}\n{END}{tail}"


def default_of(name: str) -> Any:
    """Return the default as an inventory holds it: lists for tuples, "" for none, and no fraction of zero."""
    value = DEFAULTS[name]
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, float) and value == int(value):
        return int(value)
    return "" if value is None else value


def sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def values_of(rule: Rule) -> str:
    """Return what a wish may be, beyond its default: words, and numbers with their unit."""
    words = ("true", "false") if rule.kind == "switch" else rule.choices or tuple(rule.words or ())
    numbers = f"{rule.least} to {rule.most} {rule.unit}" if rule.kind == "number" else rule.unit
    return ", ".join([*(f"`{word}`" for word in words), *([numbers.strip()] if numbers else [])])


def written(value: Any) -> str:
    """Return a value as YAML on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, width=1000)
    text = text.replace("\n...", "").strip()
    return '""' if text == "''" else text


def variables_page() -> str:
    """Return docs/variables.md."""
    rows = ["| variable | default | may be | meaning |", "|---|---|---|---|"]
    for name, rule in RULES.items():
        default = json.dumps(default_of(name)) if default_of(name) != "" else ""
        meaning = (
            sentence(rule.meaning) + (f" {rule.more}" if rule.more else "") + (" Only with `-e`." if rule.run else "")
        )
        shown = f"`{cell(default)}`" if default else "empty"
        rows.append(f"| `{PREFIX}{name}` | {shown} | {cell(values_of(rule))} | {cell(meaning)} |")
    return VARIABLES + "\n" + "\n".join(rows) + "\n"


def group_vars() -> str:
    """Return inventory/group_vars/all.yml."""
    parts = [ALL]
    for name, rule in RULES.items():
        if not rule.run:
            parts += ["\n", *(f"# {line}\n" for line in textwrap.wrap(f"{sentence(rule.meaning)} {rule.more}", 117))]
            parts.append(f"{PREFIX}{name}: {written(default_of(name))}\n")
    return "".join(parts)


def plan_options(document: str) -> str:
    """Return plugins/filter/plan.yml with the options that are wishes made anew."""
    head, _, rest = document.partition(PLAN_BEGIN)
    _, _, tail = rest.partition(PLAN_END)
    return head + PLAN_BEGIN + "".join(_option(name, rule) for name, rule in RULES.items()) + PLAN_END + tail


def _option(name: str, rule: Rule) -> str:
    default, kind = DEFAULTS[name], TYPES.get(rule.kind, "str")
    if rule.kind == "number":
        kind = "raw" if rule.words else "int" if rule.whole else "float"
    option: dict[str, Any] = {"description": sentence(rule.meaning), "type": kind}
    if kind == "list":
        option["elements"] = "str"
    if rule.choices:
        option["choices"] = list(rule.choices)
    if default is not None:
        option["default"] = default_of(name)
    return f"        {name}:\n" + "".join(f"          {key}: {written(value)}\n" for key, value in option.items())


def made() -> dict[Path, str]:
    """Return every file that is made of others, with the text that it should have."""
    found = {
        ROOT / "docs/variables.md": variables_page(),
        ROOT / "inventory/group_vars/all.yml": group_vars(),
        ROOT / "plugins/filter/plan.yml": plan_options((ROOT / "plugins/filter/plan.yml").read_text(encoding="utf-8")),
    }
    for specs in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        readme = specs.parents[1] / "README.md"
        found[readme] = with_table(
            readme.read_text(encoding="utf-8"), yaml.safe_load(specs.read_text(encoding="utf-8"))
        )
    return found


def main() -> None:
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
