# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""JSON that people edit: parse it and say where a fault is, and write it in the style of the owner."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator

Settings = Dict[str, Any]


class DaemonJsonError(Exception):
    """The text cannot be used. `line` and `column` count from 1, `shown` is that line, passwords masked."""

    def __init__(self, seen: str, cure: str, line: int = 1, column: int = 1, shown: str = "") -> None:
        super().__init__(f"line {line}, column {column}: {seen}. {cure}")
        self.seen, self.cure, self.line, self.column, self.shown = seen, cure, line, column, masked(shown.strip()[:160])


def masked(text: str) -> str:
    """Hide user and password of addresses (proxies, mirrors)."""
    return re.sub(r"(?<=://)[^@\s\"/]+@", "xxxxx@", text)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1, the order of keys does not count."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def decode(data: bytes) -> str:
    """UTF-8 without byte order mark, or DaemonJsonError with the place."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DaemonJsonError("the file is UTF-16 (UTF-8 was needed)", "Save it as UTF-8 without byte order mark.")
    if data.startswith(b"\xef\xbb\xbf"):
        shown = data[3:].split(b"\n")[0].decode("utf-8", "replace")
        seen = "a byte order mark stands before the text (plain UTF-8 was needed)"
        raise DaemonJsonError(seen, "Save the file without byte order mark.", shown=shown)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].split(b"\n")
        line = data.split(b"\n")[len(before) - 1].decode("utf-8", "replace")
        column = len(before[-1].decode("utf-8", "replace")) + 1
        seen = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise DaemonJsonError(seen, "Save the file as UTF-8.", len(before), column, line) from error


def parse(data: bytes) -> Settings:
    """The settings in a daemon.json, or DaemonJsonError with line, column and the cure."""
    text = decode(data)
    if not text.strip("\0 \t\r\n"):
        seen = "the file is empty (an object, at least {}, was needed)"
        raise DaemonJsonError(seen, "Take its former content from a backup, or delete it.")
    try:
        settings = json.loads(text, object_pairs_hook=_refuse_duplicate_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _fault(text, *_diagnosis(text, error)) from error
    except _Refused as error:
        raise _fault(text, error.place(text), error.seen, error.cure) from error
    except RecursionError as error:
        raise DaemonJsonError("brackets are nested too deep", "Take its former content from a backup.") from error
    if not isinstance(settings, dict):
        kind = {list: "a list", str: "a text", type(None): "null"}.get(type(settings), "a single value")
        start = len(text) - len(text.lstrip())
        raise _fault(text, start, f"the file holds {kind} (an object in braces was needed)", "Put it in braces { }.")
    return settings


class _Refused(Exception):
    """JSON that Python reads and dockerd does not, or that we cannot write back without a loss."""

    def __init__(self, pattern: str, seen: str, cure: str) -> None:
        super().__init__(seen)
        self.pattern, self.seen, self.cure = pattern, seen, cure

    def place(self, text: str) -> int:
        return max((hit.start() for hit in re.finditer(self.pattern, text)), default=0)


def _refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> Settings:
    known: Settings = {}
    for key, value in pairs:
        if key in known:
            pattern = re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:"
            raise _Refused(pattern, f"the key '{key}' is there twice", "Keep one of the two.")
        known[key] = value
    return known


def _refuse_constant(name: str) -> None:
    raise _Refused(rf"(?<!\w){name}\b", f"{name} is not a JSON number", "Write a number.")


def _fault(text: str, place: int, seen: str, cure: str) -> DaemonJsonError:
    before = text[:place]
    line = before.count("\n") + 1
    return DaemonJsonError(seen, cure, line, place - (before.rfind("\n") + 1) + 1, text.split("\n")[line - 1])


_QUOTES = "'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_BY_MESSAGE = (
    ("Unterminated string", "this text has no closing quote", "Close it with a double quote."),
    ("Invalid control", "a line break or tab inside a text", "Close the text before it, or write \\n or \\t."),
    ("Invalid \\", "a backslash that stands for nothing", "Write \\\\ for a backslash."),
    ("Extra data", "more text after the closing brace", "Remove it, or move it into the braces."),
    ("Expecting ':'", "no colon after the key", "Write: key, colon, value."),
    ("Expecting ','", "a comma or a closing bracket was needed here", "Check the brackets and commas before it."),
)


def _diagnosis(text: str, error: json.JSONDecodeError) -> tuple[int, str, str]:
    """Place, what is seen and the cure, for somebody who edits the file and does not know parsers."""
    place, char = error.pos, text[error.pos : error.pos + 1]
    before = text[:place].rstrip()
    comma = place if char == "," else len(before) - 1  # Python 3.13 points at the comma, earlier ones behind it
    if re.match(r",\s*[}\]]", text[comma:] if comma >= 0 else ""):
        return comma, "a comma before the closing bracket", "Remove that comma."
    if char == "#" or text.startswith(("//", "/*"), place):
        return place, "a comment (JSON has none)", "Remove the comment."
    if not text[place:].strip("\0 \t\r\n"):
        seen = "the file ends before the last bracket is closed"
        return len(before), seen, "Complete it, or take its former content from a backup."
    if error.msg.startswith("Expecting ','") and char == '"':
        return len(before), "a comma is missing after this", "Add a comma."
    return (place, *_by_message(error.msg, text[place:]))


def _by_message(message: str, rest: str) -> tuple[str, str]:
    if rest[0] in _QUOTES:
        return f"the quote {rest[0]} (a double quote was needed)", 'Use " around keys and texts.'
    for start, seen, cure in _BY_MESSAGE:
        if message.startswith(start):
            return seen, cure
    word = re.match(r"[\w.+-]+", rest)
    if word and word.group().lower() in ("true", "false", "none", "null"):
        return f"the word {word.group()}", "JSON writes true, false and null in small letters."
    if word:
        return f"the word {word.group()} without quotes", 'Put it in double quotes (").'
    return f"'{rest[0]}' where a key or a value was needed", "Check the brackets and commas before it."


def render(former: str, before: Settings, after: Settings) -> str:
    """`after` in the style of the `former` text ("" = none yet); keys that did not change keep their text as it was."""
    body = former.strip()
    indent = re.match(r"\{[ \t]*\r?\n(?:[ \t]*\r?\n)*([ \t]*)", body)
    inline = bool(before) and indent is None
    colon = ":" if re.search(r'^\{\s*"[^"]*":\S', body) else ": "
    step = indent.group(1) if indent and before else "  "
    unchanged = {key: text for key, text in _members(body) if key in after and _verbatim(before[key], after[key])}
    if inline:
        comma = ", " if colon == ": " else ","
        parts = [_text(key) + colon + unchanged.get(key, _text(value)) for key, value in after.items()]
        text = "{" + comma.join(parts) + "}"
    else:
        parts = [step + _text(key) + colon + unchanged.get(key, _block(value, step)) for key, value in after.items()]
        text = "{\n" + ",\n".join(parts) + "\n}" if parts else "{}"
    if "\r\n" in former:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return text + (former[len(former.rstrip()) :] if former.strip() else "\n")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _block(value: Any, step: str) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=step or 2)
    return text.replace("\n", "\n" + step)


def _verbatim(one: Any, other: Any) -> bool:
    return _text(one) == _text(other)


def _members(body: str) -> Iterator[tuple[str, str]]:
    """Each key of a valid object with the text of its value."""
    decoder = json.JSONDecoder()
    place = _past_space(body, 1)
    while place < len(body) and body[place] == '"':
        key, place = decoder.raw_decode(body, place)
        start = _past_space(body, _past_space(body, place) + 1)
        _, place = decoder.raw_decode(body, start)
        yield key, body[start:place]
        place = _past_space(body, _past_space(body, place) + 1)


def _past_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place
