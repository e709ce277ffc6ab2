# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Compute the fingerprints of an OpenPGP key file, as RFC 4880 defines them.

The filter that uses this runs on the control node, where only ansible-core is certain: gpg or a Python package for
OpenPGP may be missing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Iterator

_BEGIN, _END = "-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----END PGP PUBLIC KEY BLOCK-----"
_PUBLIC_KEY = 6


class KeyFileError(ValueError):
    """A text that is not a key file; the error says what it is instead."""


def fingerprints(text: str) -> list[str]:
    """Return the fingerprints of all primary keys in an armoured file, in upper case. Raises KeyFileError."""
    if _BEGIN not in text or _END not in text:
        page = "<html" in text[:2000].lower() or "<!doctype" in text[:200].lower()
        seen = "a web page (a captive portal? open a browser and sign in)" if page else f"{text[:40]!r}"
        raise KeyFileError(f"it is {seen}")
    found = []
    for block in text.split(_BEGIN)[1:]:
        armour = block.split(_END)[0]
        body = armour.replace("\r", "").strip("\n").split("\n\n", 1)[-1]
        lines = [line.strip() for line in body.splitlines() if line.strip() and not line.startswith("=")]
        try:
            data = base64.b64decode("".join(lines), validate=True)
            found += [_fingerprint(packet) for tag, packet in _packets(data) if tag == _PUBLIC_KEY]
        except (binascii.Error, IndexError) as error:
            raise KeyFileError(f"it is cut short or damaged ({error})") from error
    return found


def key_fault(text: str, fingerprint: str) -> str:
    """Return what is wrong with a file that should hold one key with this fingerprint; empty if nothing is."""
    wanted = fingerprint.replace(" ", "").upper()
    try:
        seen = fingerprints(text)
    except KeyFileError as error:
        return str(error)
    # apt trusts every key in the file, so a second key is as bad as a wrong one.
    return "" if seen == [wanted] else f"its fingerprint is {' and '.join(seen) or 'none'} (needed: {wanted})"


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        head = data[at]
        if not head & 0x80:
            raise IndexError(f"no OpenPGP packet at byte {at}")
        tag, at, length = (_new if head & 0x40 else _old)(data, at)
        if at + length > len(data):
            raise IndexError(f"{at + length - len(data)} bytes are missing")
        yield tag, data[at : at + length]
        at += length


def _new(data: bytes, at: int) -> tuple[int, int, int]:
    tag, first = data[at] & 0x3F, data[at + 1]
    if first < 192:
        return tag, at + 2, first
    if first < 224:
        return tag, at + 3, ((first - 192) << 8) + data[at + 2] + 192
    if first == 255:
        return tag, at + 6, int.from_bytes(data[at + 2 : at + 6], "big")
    raise IndexError("a packet of unknown length")


def _old(data: bytes, at: int) -> tuple[int, int, int]:
    tag, size = data[at] >> 2 & 0x0F, (1, 2, 4, 0)[data[at] & 0x03]
    if not size:
        raise IndexError("a packet of unknown length")
    return tag, at + 1 + size, int.from_bytes(data[at + 1 : at + 1 + size], "big")


def _fingerprint(packet: bytes) -> str:
    if packet[0] != 4:
        raise IndexError(f"a key of version {packet[0]} (4 was needed)")
    return hashlib.sha1(b"\x99" + len(packet).to_bytes(2, "big") + packet).hexdigest().upper()  # noqa: S324 - RFC 4880
