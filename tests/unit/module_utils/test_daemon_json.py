# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""daemon.json as text: where a fault is, in which words, and what an untouched key looks like afterwards."""

from __future__ import annotations

import json

import pytest

from plugins.module_utils.host.json_text import DaemonJsonError, masked, parse, render, same


@pytest.mark.parametrize(
    ("data", "line", "column", "seen", "cure"),
    [
        pytest.param(b"", 1, 1, "the file is empty", "delete it", id="empty"),
        pytest.param(b" \n\t\n", 1, 1, "the file is empty", "delete it", id="only-space"),
        pytest.param(b"\0" * 64, 1, 1, "the file is empty", "backup", id="zeros-of-a-power-cut"),
        pytest.param(b"\xef\xbb\xbf{}", 1, 1, "byte order mark", "without byte order mark", id="bom"),
        pytest.param("{}".encode("utf-16"), 1, 1, "UTF-16", "UTF-8", id="utf-16"),
        pytest.param(b'{\n  "bip": "\xe4"\n}', 2, 11, "0xe4 is not UTF-8", "UTF-8", id="latin-1"),
        pytest.param(
            b'{\n  // note\n  "debug": true\n}', 2, 3, "a comment", "Remove the comment", id="comment-slashes"
        ),
        pytest.param(b'{"debug": true} # note', 1, 17, "a comment", "Remove the comment", id="comment-hash"),
        pytest.param(b'{"a": 1, /* x */ "b": 2}', 1, 10, "a comment", "Remove the comment", id="comment-block"),
        pytest.param(b'["a"]', 1, 1, "a list (an object in braces", "braces", id="list"),
        pytest.param(b'\n  "a"', 2, 3, "a text (an object", "braces", id="text"),
        pytest.param(b"null", 1, 1, "null (an object", "braces", id="null"),
        pytest.param(
            b'{\n  "a": 1,\n  "b": 2,\n}', 3, 9, "a comma before the closing", "that comma", id="comma-too-many"
        ),
        pytest.param(b'{"dns": ["1.1.1.1",]}', 1, 19, "a comma before the closing", "that comma", id="comma-in-list"),
        pytest.param(b'{\n  "a": 1\n  "b": 2\n}', 2, 9, "a comma is missing after this", "Add a comma", id="no-comma"),
        pytest.param(b'{"a": {"b": 1}', 1, 15, "ends before the last bracket", "Complete it", id="cut-off"),
        pytest.param(b'{"a": ', 1, 6, "ends before the last bracket", "Complete it", id="cut-off-before-value"),
        pytest.param(b'{"a": "b}', 1, 7, "no closing quote", "double quote", id="text-not-closed"),
        pytest.param(b'{"a": "b\n"}', 1, 9, "a line break or tab inside a text", "\\n", id="line-break-in-text"),
        pytest.param(b"{'a': 1}", 1, 2, "the quote '", "around keys", id="single-quotes"),
        pytest.param('{"a": \u201cb\u201d}'.encode(), 1, 7, "the quote \u201c", "around keys", id="curly-quotes"),
        pytest.param(b"{debug: true}", 1, 2, "the word debug without quotes", "double quotes", id="bare-key"),
        pytest.param(b'{"debug": True}', 1, 11, "the word True", "small letters", id="python-true"),
        pytest.param(b'{"log-driver": local}', 1, 16, "the word local without quotes", "double quotes", id="bare-text"),
        pytest.param(b'{"mtu": NaN}', 1, 9, "NaN is not a JSON number", "Write a number", id="nan"),
        pytest.param(b'{"a" 1}', 1, 6, "no colon after the key", "colon", id="no-colon"),
        pytest.param(b'{"a": 1}}', 1, 9, "more text after the closing brace", "Remove it", id="brace-too-many"),
        pytest.param(b'{"a": 1]', 1, 8, "a comma or a closing bracket", "Check the brackets", id="wrong-bracket"),
        pytest.param(b'{"a": }', 1, 7, "'}' where a key or a value", "Check the brackets", id="no-value"),
        pytest.param(b'{"a": "\\d"}', 1, 8, "a backslash", "\\\\", id="backslash"),
        pytest.param(b'{\n"a": 1,\n"a": 2}', 3, 1, "the key 'a' is there twice", "Keep one", id="key-twice"),
        pytest.param(b'{"a":' * 100000, 1, 1, "nested too deep", "backup", id="too-deep"),
    ],
)
def test_fault_is_told_with_line_column_words_and_cure(
    data: bytes, line: int, column: int, seen: str, cure: str
) -> None:
    with pytest.raises(DaemonJsonError) as caught:
        parse(data)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert seen in caught.value.seen
    assert cure in caught.value.cure


def test_fault_shows_the_line_without_passwords() -> None:
    with pytest.raises(DaemonJsonError) as caught:
        parse(b'{\n  "proxies": {"http-proxy": "http://anna:secret@proxy:3128",}\n}')
    assert caught.value.shown == '"proxies": {"http-proxy": "http://xxxxx@proxy:3128",}'


@pytest.mark.parametrize(
    "data", [b"{}", b'{"a": {"b": [1, "x", null, 1.5, true]}}\n', '{"labels": ["r\u00e4um=1"]}'.encode()]
)
def test_valid_file_is_read(data: bytes) -> None:
    assert parse(data) == json.loads(data)


@pytest.mark.parametrize(
    ("former", "after", "text"),
    [
        pytest.param("", {"a": 1}, '{\n  "a": 1\n}\n', id="first-file"),
        pytest.param("{}", {"a": 1}, '{\n  "a": 1\n}', id="empty-object"),
        pytest.param(
            '{\n    "a": 1\n}\n',
            {"a": 1, "b": {"c": 2}},
            '{\n    "a": 1,\n    "b": {\n        "c": 2\n    }\n}\n',
            id="four-spaces",
        ),
        pytest.param('{\n\t"a": 1\n}', {"a": 2}, '{\n\t"a": 2\n}', id="tab-and-no-last-line-end"),
        pytest.param('{"a":1,"b":[1,2]}', {"a": 1, "b": [1, 2], "c": True}, '{"a":1,"b":[1,2],"c":true}', id="compact"),
        pytest.param('{"a": 1}\n', {"a": 1, "b": 2}, '{"a": 1, "b": 2}\n', id="one-line"),
        pytest.param('{\r\n  "a": 1\r\n}\r\n', {"a": 1, "b": 2}, '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n', id="windows"),
        pytest.param(
            '{\n  "dns": ["1.1.1.1",  "8.8.8.8"],\n  "x": 1.0\n}',
            {"dns": ["1.1.1.1", "8.8.8.8"], "x": 1.0, "b": 2},
            '{\n  "dns": ["1.1.1.1",  "8.8.8.8"],\n  "x": 1.0,\n  "b": 2\n}',
            id="untouched-keys-letter-by-letter",
        ),
        pytest.param('{\n  "a": 1,\n  "b": 2\n}\n', {"b": 2}, '{\n  "b": 2\n}\n', id="key-taken-out"),
        pytest.param('{\n  "a": 1\n}\n', {}, "{}\n", id="nothing-left"),
        pytest.param('{"l": "\u00e4"}', {"l": "\u00e4", "m": "\u00f6"}, '{"l": "\u00e4", "m": "\u00f6"}', id="umlauts"),
    ],
)
def test_text_keeps_the_hand_of_its_owner(former: str, after: dict, text: str) -> None:
    before = json.loads(former or "{}")
    assert render(former, before, after) == text
    assert json.loads(text) == after


def test_true_is_not_one() -> None:
    assert not same({"debug": True}, {"debug": 1})
    assert same({"a": 1, "b": 2}, {"b": 2, "a": 1})


def test_password_of_an_address_is_masked() -> None:
    assert masked("http://u:p@host/ and https://host/a@b") == "http://xxxxx@host/ and https://host/a@b"
