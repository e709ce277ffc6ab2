# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Windows' .wslconfig: merge keys into [wsl2], and keep everything else byte for byte.

The grammar is that of WSL's own parser (src/shared/configfile/configfile.cpp in microsoft/WSL, 2.x): names are letters
and digits in any case, `#` starts a comment, `"` quotes, a backslash at the end of a line continues it. If a key is
there twice WSL takes the first; as other programs may take the last, both are set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, Mapping

SECTION = "wsl2"
KEYS = ("memory", "processors", "swap", "networkingMode")
# networkingMode was experimental first, and WSL still takes it from there.
_ALSO = {"networkingmode": "experimental"}
_HEADER = re.compile(r"[ \t]*\[([A-Za-z][A-Za-z0-9]*)\][ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_KEY = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*")
_EOL = re.compile(r"\r\n|\n|\r")
_REST = re.compile(r"[^\r\n]*")
_ESCAPES = {"\\": "\\", '"': '"', "b": "\b", "n": "\n", "t": "\t"}
_SIZE = re.compile(r"[ \t]*(\d+)(?:([BKMGT])|([KMGT])B)?")
_FACTORS = {None: 1, "B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True)
class Entry:
    """A header (`key` "") or a key. The value's text is text[start:stop]; text[end] is the end of its line.

    `value` None: WSL finds it malformed and ignores it.
    """

    section: str
    key: str
    value: str | None
    start: int
    stop: int
    end: int


def entries(text: str) -> Iterator[Entry]:
    """All headers and keys as WSL sees them; comments and lines that it cannot read are left out."""
    place, section = 0, ""
    while place < len(text):
        header, key = _HEADER.match(text, place), _KEY.match(text, place)
        if header:
            section, end = header[1].lower(), header.end()
            yield Entry(section, "", None, end, end, end)
        elif key:
            value, stop, end = _value(text, key.end())
            yield Entry(section, key[1].lower(), value, key.end(), stop, end)
        else:
            end = _line_end(text, place)
        newline = _EOL.match(text, end)
        place = newline.end() if newline else len(text)


def merge(text: str, wanted: Mapping[str, str]) -> str:
    """`text` with each key of `wanted` in [wsl2]; the same text if it says so already, in whatever form."""
    found = list(entries(text))
    missing = {key: value for key, value in wanted.items() if not any(_is(entry, key) for entry in found)}
    for entry in reversed(found):
        for key, value in wanted.items():
            if _is(entry, key) and meaning(key, entry.value) != meaning(key, value):
                text = text[: entry.start] + value + text[entry.stop :]
    return _add(text, [f"{key}={value}" for key, value in missing.items()])


def meaning(key: str, value: str | None) -> int | str | None:
    """What WSL makes of a value: bytes, a number or a word; None for what it ignores."""
    if value is None or key.lower() == "networkingmode":
        return value and value.lower()
    if key.lower() == "processors":
        try:
            return int(value, 0)
        except ValueError:
            return None
    size = _SIZE.fullmatch(value)
    return int(size[1]) * _FACTORS[size[2] or size[3]] if size else None


def present(text: str, key: str) -> int | str | None:
    """The meaning of a key in the file: of the first one, as WSL has it."""
    return next((meaning(key, entry.value) for entry in entries(text) if _is(entry, key)), None)


def size_text(mib: int) -> str:
    """A size as WSL reads it; its units are 1024-based though they are written without an i."""
    if mib == 0:
        return "0"
    return f"{mib}MB" if mib % 1024 else f"{mib // 1024}GB"


def remarks(text: str) -> tuple[str, ...]:
    """Lines that look as if they set our keys and that WSL ignores."""
    notes = []
    for number, line in enumerate(_EOL.split(text), 1):
        if re.fullmatch(r"\[\s*wsl\s*2\s*\]", line.strip().lower()) and not _HEADER.fullmatch(line):
            notes.append(f'line {number}: "{line.strip()}" is not a section to WSL ([wsl2] was needed)')
    ours = {key.lower(): key for key in KEYS}
    for entry in entries(text):
        if entry.key in ours and entry.section not in (SECTION, _ALSO.get(entry.key, SECTION)):
            line_number = len(_EOL.findall(text[: entry.start])) + 1
            where = f"in [{entry.section}]" if entry.section else "before any section"
            notes.append(f"line {line_number}: '{ours[entry.key]}' stands {where}, where WSL ignores it")
    return tuple(notes)


def _value(text: str, place: int) -> tuple[str | None, int, int]:
    """Value, end of its text, end of its line (behind a comment and continued lines)."""
    value, quoted, stop, kept = "", False, place, 0
    while place < len(text) and text[place] not in "\r\n" and (quoted or text[place] != "#"):
        char, follower = text[place], text[place + 1 : place + 2]
        newline = _EOL.match(text, place + 1) if char == "\\" else None
        if newline:
            place = newline.start() + len(newline[0]) - 1
        elif char == "\\" and follower not in _ESCAPES:
            end = _line_end(text, place)
            return None, len(text[:end].rstrip(" \t")), end
        elif char == "\\":
            value, place = value + _ESCAPES[follower], place + 1
        elif char == '"':
            quoted = not quoted
        else:
            value += char
        place += 1
        if char not in " \t":
            stop, kept = place, len(value)
    return None if quoted else value[:kept], stop, _line_end(text, place)


def _line_end(text: str, place: int) -> int:
    rest = _REST.match(text, place)
    return rest.end() if rest else len(text)


def _is(entry: Entry, key: str) -> bool:
    return entry.key == key.lower() and entry.section in (SECTION, _ALSO.get(entry.key, SECTION))


def _add(text: str, lines: list[str]) -> str:
    """New lines behind the last key of the first [wsl2], or in a new one at the end."""
    if not lines:
        return text
    crlf = text.count("\r\n")
    eol = "\r\n" if crlf * 2 >= text.count("\n") else "\n"
    found = list(entries(text))
    first = next((number for number, entry in enumerate(found) if not entry.key and entry.section == SECTION), None)
    if first is None:
        gap = eol if text and not text.endswith(("\n", "\r")) else ""
        return text + gap + (eol if text else "") + eol.join([f"[{SECTION}]", *lines, ""])
    last = first
    while last + 1 < len(found) and found[last + 1].key:
        last += 1
    end = found[last].end
    # A backslash at the end of that line would join it with the new key's line.
    gap = eol * 2 if text[:end].endswith("\\") else eol
    return text[:end] + gap + eol.join(lines) + text[end:]
