# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Fingerprints as gpg tells them; what is not a key is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.module_utils.source.signing_key import fingerprints, key_fault

# Made and exported by gpg 2.2.40; the fingerprints are those that gpg printed.
KEYS = Path(__file__).resolve().parents[1] / "data/keys"
ONE = (KEYS / "one.asc").read_text()  # RSA with a subkey, as Docker's
TWO = (KEYS / "two.asc").read_text()  # Ed25519
ONE_IS, TWO_IS = "C95B100A6BEF1CF172D1B3A543F99AC6ADAA2415", "4D0AEB77F61471D00C6716ADCB665AC4B81B9703"


@pytest.mark.parametrize(("text", "seen"), [(ONE, [ONE_IS]), (TWO, [TWO_IS]), (ONE + TWO, [ONE_IS, TWO_IS])])
def test_fingerprints_are_those_of_the_primary_keys(text: str, seen: list[str]) -> None:
    assert fingerprints(text) == seen


def test_line_ends_of_windows_and_headers_do_no_harm() -> None:
    assert fingerprints(ONE.replace("\n", "\r\n")) == [ONE_IS]
    assert fingerprints(ONE.replace("BLOCK-----\n", "BLOCK-----\nComment: mine\n", 1)) == [ONE_IS]


def test_expected_key_has_no_fault_however_its_fingerprint_is_written() -> None:
    assert key_fault(ONE, "c95b100a 6bef1cf1 72d1b3a5 43f99ac6 adaa2415") == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(TWO, f"its fingerprint is {TWO_IS} (needed: {ONE_IS})", id="another-key"),
        pytest.param(ONE + TWO, f"{ONE_IS} and {TWO_IS} (needed", id="a-second-key-in-the-file"),
        pytest.param("<!DOCTYPE html><html>Sign in</html>", "a web page (a captive portal?", id="captive-portal"),
        pytest.param("", "it is ''", id="empty"),
        pytest.param(ONE[:900], "it is '-----BEGIN PGP", id="end-is-missing"),
        pytest.param(ONE.replace("\n\n", "\n\n!!!!", 1), "cut short or damaged", id="damaged"),
        pytest.param("\n".join(ONE.splitlines()[:12] + ONE.splitlines()[-1:]), "cut short or damaged", id="cut"),
    ],
)
def test_any_other_file_is_named(text: str, words: str) -> None:
    assert words in key_fault(text, ONE_IS)
