# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What `bench` measured as one HTML page with pictures in SVG. It loads nothing from elsewhere.

Made on the control node, where Jinja2 is there because Ansible needs it. The template escapes every value.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ..report.doctor import hardware
from . import picture
from .arms import RUNTIME
from .compare import compare, whole_rounds
from .text import what
from .words import WORDS, judged, summary

Record = Mapping[str, Any]

_TEMPLATE = "page.html.j2"


def page(hosts: Mapping[str, Record]) -> str:
    """Return the whole page; hosts without a measurement are left out."""
    measured = {name: record for name, record in hosts.items() if record.get("bench") and whole_rounds(record["bench"])}
    kinds = {record["bench"]["what"] for record in measured.values()}
    return _template().render(
        title=", ".join(WORDS[kind].title for kind in sorted(kinds)) or "Bench",
        hosts=[_host(name, record) for name, record in measured.items()],
        size=picture,
    )


def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent)
    return Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    ).get_template(_TEMPLATE)


def _host(name: str, record: Record) -> dict[str, Any]:
    bench = record["bench"]
    found, words = compare(bench), WORDS[bench["what"]]
    return {
        "title": f"{words.title} on {name}",
        "laptop": hardware(record["capacity"]) if record.get("capacity") else "",
        "measured": what(bench),
        "summary": summary(bench["what"], found),
        "words": words,
        "ratios": picture.ratios(found, words, judged(bench["what"], found)),
        "each": "Each pair" if bench["what"] == RUNTIME else f"Each pair, {found[0].unit}",
        "panels": picture.panels(found),
        "panels_height": picture.panels_height(len(found)),
    }
