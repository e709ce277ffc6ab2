# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Text for a terminal: colours, fields, tables.

Written here and not taken from a package: the control node then needs only ansible-core, also if the collection was
installed without our checkout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Tuple

from .lines import NARROWEST, columns, pad, wrap

GOOD, WARN, BAD, DIM, BOLD, PLAIN = "good", "warn", "bad", "dim", "bold", ""
_CODES = {GOOD: "32", WARN: "33", BAD: "31", DIM: "2", BOLD: "1"}
# Text from a host is not trusted: a terminal would obey control characters.
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")

Cell = Tuple[str, str]  # the text and its kind, one of the above

_GAP = "  "


@dataclass(frozen=True)
class Screen:
    """The terminal: its `width` in columns, and `colour` if it understands colours."""

    width: int = 100
    colour: bool = False

    def paint(self, text: str, kind: str) -> str:
        return f"\x1b[{_CODES[kind]}m{text}\x1b[0m" if self.colour and kind and text else text


def clean(text: object) -> str:
    """Return text on one line, without control characters."""
    return " ".join(str(text).translate(_CONTROLS).split())


def heading(title: str, rest: str, screen: Screen) -> list[str]:
    """A title in bold with a remark, and a line below."""
    return [*titled(title, (rest, PLAIN), screen), screen.paint("─" * screen.width, DIM)]


def titled(title: str, remark: Cell, screen: Screen) -> list[str]:
    """A title in bold and a remark, which wraps beside it; below it if the title leaves no room."""
    margin = columns(title) + len(_GAP)
    if margin > screen.width // 2:
        return [*paragraph((title, BOLD), screen), *paragraph(remark, screen)]
    first, *more = paragraph(remark, Screen(screen.width - margin, screen.colour))
    return [screen.paint(title, BOLD) + _GAP + first, *(" " * margin + line for line in more)]


def paragraph(cell: Cell, screen: Screen) -> list[str]:
    """A text over the whole width."""
    return [screen.paint(line, cell[1]) for line in wrap(clean(cell[0]), screen.width)]


def field(label: str, cells: Sequence[Cell], screen: Screen, label_width: int, lead: str = "") -> list[str]:
    """A label and its texts below one another, each wrapped beside the label; nothing without texts.

    `lead`: the short answer, in bold before the first text.
    """
    lines = []
    for text, kind in cells:
        first, *more = wrap(f"{lead}{clean(text)}", screen.width - label_width)
        held = len(lead.rstrip())
        lines += [screen.paint(first[:held], BOLD) + screen.paint(first[held:], kind)]
        lines += [screen.paint(part, kind) for part in more]
        lead = ""
    margin = [pad(screen.paint(label, DIM), label_width), *[" " * label_width] * len(lines)]
    return [left + line for left, line in zip(margin, lines)]


def table(
    headers: Sequence[str], rows: Sequence[Sequence[Cell]], screen: Screen, numbers: Sequence[int] = ()
) -> list[str]:
    """A table with a line below its head. Columns in `numbers` are aligned right; the widest wrap if it is too wide."""
    clear = [[(clean(text), kind) for text, kind in row] for row in rows]
    texts = [list(headers), *[[text for text, _kind in row] for row in clear]]
    widths = _shrink([max(columns(row[at]) for row in texts) for at in range(len(headers))], screen.width)
    head = _row([(title, BOLD) for title in headers], widths, screen, numbers)
    rule = screen.paint(_GAP.join("─" * width for width in widths), DIM)
    return [*head, rule, *(line for row in clear for line in _row(row, widths, screen, numbers))]


def _shrink(widths: list[int], most: int) -> list[int]:
    """Make the widest columns narrower until all fit."""
    room = most - len(_GAP) * (len(widths) - 1)
    found = list(widths)
    while sum(found) > room and max(found) > NARROWEST:
        found[found.index(max(found))] -= 1
    return found


def _row(cells: Sequence[Cell], widths: Sequence[int], screen: Screen, numbers: Sequence[int]) -> list[str]:
    broken = [wrap(text, width) if columns(text) > width else [text] for (text, _kind), width in zip(cells, widths)]
    lines = []
    for number in range(max(len(parts) for parts in broken)):
        line = []
        for at, (parts, width) in enumerate(zip(broken, widths)):
            text = parts[number] if number < len(parts) else ""
            blank = " " * (width - columns(text))
            painted = screen.paint(text, cells[at][1])
            line.append(blank + painted if at in numbers else painted + blank)
        lines.append(_GAP.join(line).rstrip())
    return lines


def duration(seconds: float) -> str:
    """Return "8 s", "3 min 20 s", "1 h 5 min"."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
