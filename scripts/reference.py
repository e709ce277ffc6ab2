# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Write the table of variables into each role's README, from its argument_specs: `python scripts/reference.py`.

A unit test fails while a table differs from its specs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- variables: made by scripts/reference.py -->"
END = "<!-- end of variables -->"


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


def main() -> None:
    for specs in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        readme = specs.parents[1] / "README.md"
        readme.write_text(
            with_table(readme.read_text(encoding="utf-8"), yaml.safe_load(specs.read_text(encoding="utf-8"))),
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
