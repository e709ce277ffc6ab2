# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""How many columns of a terminal text takes, and where a line of it may end, in any script.

It uses only tables of the standard library. Terminals differ in the width of joined emoji: here one takes two columns.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Iterator

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
NARROWEST = 8

_JOINER = "\u200d"  # makes one picture of two emoji
_AS_PICTURE = "\ufe0f"  # asks for the coloured form of a sign, which is two columns wide
_SOFT_HYPHEN = "\u00ad"  # a format character, but terminals show it
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)
# Korean vowels and final consonants that are written into the syllable before them.
_KOREAN_PARTS = (range(0x1160, 0x1200), range(0xD7B0, 0xD800))

_NOT_FIRST = ("Pe", "Pf", "Po", "Lm")  # closing brackets and quotes, full stops, the Japanese long vowel
_NOT_LAST = ("Ps", "Pi")  # opening brackets and quotes


def columns(text: str) -> int:
    """Return how many columns text takes: colours none, Chinese characters two each, accents none."""
    return sum(_width(sign) for sign in _signs(_ESCAPES.sub("", text)))


def pad(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` columns; never returns no line.

    A line ends at a space or beside a Chinese or Japanese character. A word that is longer than a line is cut.
    """
    room = max(width, NARROWEST)
    lines, line = [], ""
    for piece in _pieces(text):
        too_long = columns(piece.lstrip()) > room
        for part in _signs(piece) if too_long else [piece]:
            if columns(line + part) > room:
                lines.append(line.rstrip())
                line = ""
            line += part if line else part.lstrip()
    return [*lines, line.rstrip()] if line or not lines else lines


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts that a line may end between; a space stands before the part that follows it."""
    for number, word in enumerate(text.split()):
        piece, last = " " if number else "", ""
        for sign in _signs(word):
            if last and _may_part(last, sign):
                yield piece
                piece = ""
            piece, last = piece + sign, sign
        yield piece


def _may_part(left: str, right: str) -> bool:
    """Return whether a line may end between two signs of a word."""
    if unicodedata.category(left[0]) in _NOT_LAST or unicodedata.category(right[0]) in _NOT_FIRST:
        return False
    return _stands_alone(left) or _stands_alone(right)


def _stands_alone(sign: str) -> bool:
    """Return whether a sign is of a script without spaces; Korean is wide but has spaces."""
    return _width(sign) == 2 and not unicodedata.name(sign[0], "").startswith("HANGUL")


def _signs(text: str) -> list[str]:
    """Split text into what is shown as one sign: a letter with its accents, a joined emoji, a flag."""
    found: list[str] = []
    for char in text:
        if found and _belongs_to(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def _belongs_to(sign: str, char: str) -> bool:
    if sign.endswith(_JOINER) and unicodedata.category(char) == "So":
        return True
    if ord(char) in _FLAG_LETTERS:
        return len(sign) == 1 and ord(sign) in _FLAG_LETTERS
    return _takes_no_room(char) or unicodedata.category(char) == "Mc" or ord(char) in _SKIN_TONES


def _takes_no_room(char: str) -> bool:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return char != _SOFT_HYPHEN
    return any(ord(char) in part for part in _KOREAN_PARTS)


def _width(sign: str) -> int:
    first = sign[0]
    if unicodedata.east_asian_width(first) in "WF" or _AS_PICTURE in sign or ord(sign[-1]) in _FLAG_LETTERS:
        return 2
    # Vowel signs that stand beside their letter, as in Hindi, take a column of their own.
    beside = sum(unicodedata.category(char) == "Mc" for char in sign[1:])
    return beside + (0 if _takes_no_room(first) else 1)
