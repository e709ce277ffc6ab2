# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""How the text of .wslconfig is stored: the encodings that WSL reads, kept as they are."""

from __future__ import annotations

from dataclasses import dataclass

_UTF8_MARK, _UTF16_MARK = b"\xef\xbb\xbf", b"\xff\xfe"


class WslConfigError(ValueError):
    """The file cannot be used; the text says what was seen and what to do."""


@dataclass(frozen=True)
class Document:
    """The text of the file and how it is stored."""

    text: str
    codec: str = "utf-8"
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        return self.mark + text.encode(self.codec)


def decode(data: bytes | None) -> Document:
    """Read UTF-8 with or without byte order mark, or UTF-16LE with it, as WSL does. Raises WslConfigError."""
    data = data or b""
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        raise _encoding("it is UTF-32")
    if data.startswith(b"\xfe\xff"):
        raise _encoding("it is UTF-16 big endian")
    mark = next((mark for mark in (_UTF8_MARK, _UTF16_MARK) if data.startswith(mark)), b"")
    codec = "utf-16-le" if mark == _UTF16_MARK else "utf-8"
    body = data[len(mark) :]
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise _encoding(f"line {line} has the byte 0x{body[error.start]:02x}, which is not {codec.upper()}") from error
    if "\0" in text:
        raise _encoding("it holds NUL bytes, as UTF-16 without byte order mark does")
    return Document(text, codec, mark)


def _encoding(seen: str) -> WslConfigError:
    return WslConfigError(f"{seen} (UTF-8, or UTF-16LE with byte order mark, was needed). Save it in Notepad as UTF-8.")
