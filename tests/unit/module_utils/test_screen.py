# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from plugins.module_utils.report.lines import columns
from plugins.module_utils.report.screen import (
    BAD,
    BOLD,
    DIM,
    PLAIN,
    Screen,
    clean,
    duration,
    field,
    heading,
    table,
    titled,
)

PLAIN_SCREEN = Screen(40)
ROWS = [[("laptop1", BOLD), ("docker", PLAIN), ("9", PLAIN)], [("mac", BOLD), ("native", PLAIN), ("12.5", PLAIN)]]


def test_a_table_has_a_line_below_its_head_and_aligns_numbers_right() -> None:
    assert table(["host", "runtime", "tokens/s"], ROWS, PLAIN_SCREEN, numbers=[2]) == [
        "host     runtime  tokens/s",
        "───────  ───────  ────────",
        "laptop1  docker          9",
        "mac      native       12.5",
    ]


def test_the_widest_column_wraps_so_that_the_table_fits() -> None:
    rows = [[("threads", PLAIN), ("one two three four five six seven eight nine", DIM)]]
    lines = table(["setting", "why"], rows, PLAIN_SCREEN)
    assert max(map(columns, lines)) <= 40
    assert lines[2:] == ["threads  one two three four five six", "         seven eight nine"]


def test_a_chinese_name_takes_two_columns_each() -> None:
    rows = [[("老王", PLAIN), ("x", PLAIN)], [("wang", PLAIN), ("y", PLAIN)]]
    lines = table(["host", "model"], rows, PLAIN_SCREEN)
    assert [columns(line) for line in lines[2:]] == [7, 7]


def test_colours_take_no_room() -> None:
    coloured = table(["host", "runtime", "tokens/s"], ROWS, Screen(40, colour=True))
    assert "\x1b[1mlaptop1\x1b[0m" in coloured[2]
    assert [columns(line) for line in coloured] == [
        columns(line) for line in table(["host", "runtime", "tokens/s"], ROWS, PLAIN_SCREEN)
    ]


def test_nothing_is_painted_without_colours() -> None:
    assert PLAIN_SCREEN.paint("no", BAD) == "no"


def test_a_host_cannot_send_commands_to_the_terminal() -> None:
    assert clean("an\x1b[2J answer\nin two\tlines\x9b") == "an [2J answer in two lines"
    assert "\x1b" not in "".join(table(["said"], [[("\x1b]0;gotcha\x07", PLAIN)]], PLAIN_SCREEN))


def test_a_field_wraps_beside_its_label() -> None:
    cells = [("a reason that is longer than a line is", PLAIN), ("another", PLAIN)]
    assert field("Threads", cells, PLAIN_SCREEN, 10, lead="4: ") == [
        "Threads   4: a reason that is longer",
        "          than a line is",
        "          another",
    ]


def test_the_answer_of_a_field_is_bold() -> None:
    line = field("Threads", [("cores", PLAIN)], Screen(40, colour=True), 10, lead="4: ")[0]
    assert line.endswith("\x1b[1m4:\x1b[0m cores")


def test_a_field_without_texts_is_not_shown() -> None:
    assert field("Warnings", [], PLAIN_SCREEN, 10) == []


def test_a_title_that_leaves_no_room_has_its_remark_below() -> None:
    title = "製品管理課第二開発"
    assert titled(title * 2, ("4 cores", DIM), PLAIN_SCREEN) == [title * 2, "4 cores"]
    assert titled(title, ("one two three four five", DIM), PLAIN_SCREEN) == [
        f"{title}  one two three four",
        f"{' ' * 18}  five",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("空が青いのは光が散乱するからです。" * 4, id="japanese"),
        pytest.param("x" * 90, id="a-long-word"),
        pytest.param("cafe\u0301 " * 20, id="accents"),
        pytest.param("👨\u200d👩\u200d👧" * 30, id="joined-emoji"),
    ],
)
def test_a_table_keeps_its_width_and_its_shape_in_any_script(text: str) -> None:
    rows = [[("answer", BOLD), (text, PLAIN), ("in force", DIM)], [("model", BOLD), ("m", PLAIN), ("failed", DIM)]]
    lines = table(["what", "said", "verdict"], rows, PLAIN_SCREEN)
    assert max(map(columns, lines)) <= 40
    assert columns(lines[2].partition("in force")[0]) == columns(lines[-1].partition("failed")[0])


def test_a_heading_is_underlined_over_the_whole_width() -> None:
    assert heading("laptop1", "4 cores", PLAIN_SCREEN) == ["laptop1  4 cores", "─" * 40]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(0.2, "1 s", id="never nothing"),
        pytest.param(89, "89 s", id="seconds"),
        pytest.param(200, "3 min 20 s", id="minutes"),
        pytest.param(180, "3 min", id="even minutes"),
        pytest.param(1500, "25 min", id="many minutes"),
        pytest.param(3900, "1 h 5 min", id="hours"),
    ],
)
def test_a_duration_is_written_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text
