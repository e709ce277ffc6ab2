# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Lines are measured and broken by the columns that a terminal gives to each sign."""

from __future__ import annotations

import pytest

from plugins.module_utils.report.lines import columns, pad, wrap

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("plain", 5, id="latin"),
        pytest.param("\x1b[1mbold\x1b[0m", 4, id="colours-take-none"),
        pytest.param("空は青い", 8, id="japanese"),
        pytest.param("하늘", 4, id="korean"),
        pytest.param("\u1112\u1161\u1102\u1173\u11af", 4, id="korean-in-parts"),
        pytest.param("cafe\u0301", 4, id="an-accent-of-its-own"),
        pytest.param("e\u0301\u0323\u0308", 1, id="three-accents"),
        pytest.param("한국어 and 日本語", 17, id="mixed"),
        pytest.param("नमस्ते", 4, id="hindi-signs-above-and-below-take-none"),
        pytest.param("की", 2, id="a-hindi-sign-beside-takes-one"),
        pytest.param("😀", 2, id="emoji"),
        pytest.param(FAMILY, 2, id="joined-emoji"),
        pytest.param("👍🏽", 2, id="skin-tone"),
        pytest.param("❤\ufe0f", 2, id="as-a-picture"),
        pytest.param("🇯🇵🇩🇪", 4, id="flags"),
        pytest.param("نمی\u200cشود", 6, id="persian-with-a-non-joiner"),
        pytest.param("ब\u200dक", 2, id="a-joiner-between-letters-hides-none"),
        pytest.param("soft\u00adhyphen", 11, id="soft-hyphens-are-shown"),
        pytest.param("ﾊﾝｶｸ", 4, id="half-width-japanese"),
    ],
)
def test_columns(text: str, expected: int) -> None:
    assert columns(text) == expected
    assert columns(pad(text, 20)) == 20


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        pytest.param("", 10, [""], id="nothing-is-one-line"),
        pytest.param("short", 10, ["short"], id="fits"),
        pytest.param("one two three four", 10, ["one two", "three four"], id="at-spaces"),
        pytest.param("exactly ten", 11, ["exactly ten"], id="to-the-last-column"),
        pytest.param("a  b\n c", 10, ["a b c"], id="spaces-are-one"),
        pytest.param("/sys/fs/cgroup/memory.max", 10, ["/sys/fs/cg", "roup/memor", "y.max"], id="a-long-word"),
        pytest.param("see /sys/fs/cgroup", 10, ["see /sys/f", "s/cgroup"], id="a-long-word-fills-the-line"),
        pytest.param("空が青いのは光が散乱するから", 10, ["空が青いの", "は光が散乱", "するから"], id="japanese"),
        pytest.param("天空是蓝色的因为光散射", 10, ["天空是蓝色", "的因为光散", "射"], id="chinese"),
        pytest.param("空は青い、今日も。", 10, ["空は青い、", "今日も。"], id="fits-with-its-comma"),
        pytest.param("空はとても、青い", 10, ["空はとて", "も、青い"], id="no-line-begins-with-a-comma"),
        pytest.param("空は青い「海」です", 10, ["空は青い", "「海」です"], id="no-line-ends-with-a-bracket"),
        pytest.param("하늘은 파랗게 보인다", 10, ["하늘은", "파랗게", "보인다"], id="korean-at-its-spaces"),
        pytest.param("하늘은파랗게보인다", 10, ["하늘은파랗", "게보인다"], id="korean-without-spaces"),
        pytest.param("Ollamaは速いモデルです", 10, ["Ollamaは速", "いモデルで", "す"], id="mixed"),
        pytest.param("速い model 速い", 10, ["速い model", "速い"], id="mixed-with-spaces"),
        pytest.param("空" * 5 + "a", 9, ["空" * 4, "空a"], id="odd-widths-are-not-filled"),
        pytest.param("e\u0301" * 10, 8, ["e\u0301" * 8, "e\u0301" * 2], id="accents-stay-with-their-letter"),
        pytest.param(FAMILY * 5, 8, [FAMILY * 4, FAMILY], id="joined-emoji-stay-whole"),
        pytest.param("🇯🇵" * 5, 8, ["🇯🇵" * 4, "🇯🇵"], id="flags-stay-whole"),
        pytest.param("」" * 9, 8, ["」" * 4, "」" * 4, "」"], id="only-closing-brackets"),
        pytest.param("too narrow for it", 2, ["too", "narrow", "for it"], id="never-below-eight"),
    ],
)
def test_lines_break_by_columns(text: str, width: int, expected: list[str]) -> None:
    assert wrap(text, width) == expected
    assert max(map(columns, wrap(text, width))) <= max(width, 8)
