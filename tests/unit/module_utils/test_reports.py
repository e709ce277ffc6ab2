# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What people read: the doctor's report and the table of the room."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.prove.smoke import smoke_result
from plugins.module_utils.report.doctor import doctor_text
from plugins.module_utils.report.lines import columns
from plugins.module_utils.report.room import counts, room_text
from plugins.module_utils.report.screen import Screen
from tests.unit.plan_cases import laptop, planned

SCREEN = Screen(100)
IMAGE = {"kind": "image", "name": "ollama/ollama:0.32.7", "present": False, "size_bytes": 1_900_000_000}
SOURCE = "https://registry.ollama.ai"


def estimate(**changes: Any) -> dict[str, Any]:
    values = {"items": [IMAGE], "total_bytes": 1_900_000_000, "seconds": 200.0, "rates": {SOURCE: 9.5e6}, "notes": {}}
    return {**values, **changes}


def record(**changes: Any) -> dict[str, Any]:
    return {"capacity": laptop(), "plan": planned().as_dict(), "estimate": estimate(), **changes}


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_doctor_says_what_the_laptop_is() -> None:
    text = doctor_text({"laptop3": record()}, SCREEN)
    assert "laptop3  Intel(R) Core(TM) i5-1135G7, 4 cores, 16.0 GB memory, 12.0 GB free, read at 35 GB/s" in text
    assert "Docker 28.2.2" in text


def test_the_doctor_says_the_plan_and_why() -> None:
    text = one_line(doctor_text({"laptop3": record()}, SCREEN))
    assert "Runtime docker: the same on every laptop" in text
    assert "Threads 4: 4 performance cores of 4" in text
    assert "qwen2.5:3b, about 13 tokens/s" in text or "qwen2.5:3b, about 14 tokens/s" in text
    assert "Chosen: qwen2.5:3b" in text
    assert "Memory 4.9 GB at most for Ollama, of which the models need 2.6 GB; 3.2 GB are kept" in text
    assert "no swap by memswap_limit" in text


def test_the_doctor_says_what_is_downloaded_and_how_long_that_takes() -> None:
    text = doctor_text({"laptop3": record()}, SCREEN)
    assert "image ollama/ollama:0.32.7: 1.9 GB" in text
    assert f"1.9 GB in all, 3 min 20 s at 9.5 MB/s from {SOURCE}" in text


def test_a_source_out_of_reach_is_named_and_no_time_is_guessed() -> None:
    broken = estimate(seconds=None, rates={SOURCE: None}, notes={SOURCE: f"{SOURCE}/v2/x: Name or service not known"})
    text = one_line(doctor_text({"laptop3": record(estimate=broken)}, SCREEN))
    assert f"1.9 GB in all, time unknown {SOURCE}/v2/x: Name or service not known" in text


def test_what_is_there_needs_no_download() -> None:
    there = estimate(items=[dict(IMAGE, present=True)], total_bytes=0, seconds=0.0)
    assert "Downloads      nothing" in doctor_text({"laptop3": record(estimate=there)}, SCREEN)


def test_placebo_is_shown_with_its_reason() -> None:
    plan = planned({"mem_swappiness": 0}).as_dict()
    assert "mem_swappiness: Docker discards it" in doctor_text({"laptop3": record(plan=plan)}, SCREEN)


def test_a_refusal_is_shown_in_the_plan_s_own_words() -> None:
    refused = record(plan={"refused": "Cannot plan laptop3: too small."}, problem="Cannot plan laptop3: too small.")
    assert "Cannot         Cannot plan laptop3: too small." in doctor_text({"laptop3": refused}, SCREEN)


def test_a_host_out_of_reach_is_shown_too() -> None:
    assert "it was not reached: see above" in doctor_text({"laptop3": {}}, SCREEN)


def test_a_room_gets_a_table_at_the_end() -> None:
    text = doctor_text({"laptop3": record(), "laptop4": {}}, SCREEN)
    assert "host     runtime  model       tokens/s  download  takes       warnings" in text
    assert "laptop4  cannot" in text


OURS = {
    "port": 11434, "address": "127.0.0.1", "pid": 7, "program": "ollama", "command": "ollama serve",
    "unit": None, "container": "ollama-docker", "container_project": "nogpu",
}  # fmt: skip
RUNS = record(capacity=laptop(port_owner=OURS), estimate=estimate(items=[]))
REFUSED = record(plan={"refused": "Cannot plan laptop3: too small."}, problem="Cannot plan laptop3: too small.")
HALF_WAY = record(problem="The source answers nothing.")


@pytest.mark.parametrize(
    ("hosts", "end"),
    [
        pytest.param({"a": record()}, "Nothing was changed. ./nogpu up makes these changes.", id="all-planned"),
        pytest.param(
            {"a": record(), "b": REFUSED, "c": record()},
            "Nothing was changed. ./nogpu up makes these changes on a, c.",
            id="one-refused",
        ),
        pytest.param({"a": REFUSED}, "Nothing was changed.", id="refused"),
        pytest.param({"a": HALF_WAY}, "Nothing was changed.", id="planned-and-then-failed"),
        pytest.param({"a": {}}, "Nothing was changed.", id="not-reached"),
        pytest.param({"a": RUNS}, "Nothing was changed.", id="nothing-to-change"),
    ],
)
def test_the_doctor_promises_a_run_only_where_it_could_plan_one(hosts: dict[str, Any], end: str) -> None:
    lines = doctor_text(hosts, SCREEN).splitlines()
    assert lines[-1] == end
    assert "./nogpu up" not in "\n".join(lines[:-1])


ROWS = [
    {
        "setting": "memory_limit_bytes", "requested_text": "4.6 GiB", "effective_text": "4.6 GiB", "effective": 1,
        "verdict": "in force", "source": "/sys/fs/cgroup/x/memory.max", "note": "",
    },
    {
        "setting": "memlock_bytes", "requested_text": "8.0 MiB", "effective_text": "unknown", "effective": None,
        "verdict": "placebo", "source": "", "note": "Ollama locks no memory",
    },
]  # fmt: skip
ANSWER = {"text": "Blue scatters.", "first_token_seconds": 0.31, "tokens_per_second": 5.2, "activity": {}}


def smoke(predicted: float = 0) -> dict[str, Any]:
    return smoke_result(ANSWER, ROWS, "qwen2.5:3b", "docker", predicted, 4)


def test_the_room_shows_speed_prediction_and_limits() -> None:
    text = room_text({"laptop3": {"plan": {}, "smoke": smoke(6.0)}}, Screen(120))
    assert "laptop3  docker   qwen2.5:3b  0.31 s       5.2       6.0 +-25 %  1 in force, 1 placebo" in text


def test_each_limit_is_shown_with_where_it_was_read() -> None:
    text = room_text({"laptop3": {"plan": {}, "smoke": smoke()}}, Screen(120))
    assert "memory_limit_bytes  4.6 GiB    4.6 GiB    in force  /sys/fs/cgroup/x/memory.max" in text
    assert "memlock_bytes       8.0 MiB               placebo   (Ollama locks no memory)" in text
    assert "Blue scatters." in text


def test_the_time_without_a_server_is_shown_where_one_was_exchanged() -> None:
    exchanged = smoke_result(ANSWER, ROWS, "qwen2.5:3b", "docker", 0, 4, 3.21)
    assert "exchange  no server answered for 3.2 s" in room_text({"laptop3": {"plan": {}, "smoke": exchanged}}, SCREEN)
    assert "exchange" not in room_text({"laptop3": {"plan": {}, "smoke": smoke()}}, SCREEN)


def test_a_slow_answer_is_explained_below() -> None:
    text = room_text({"laptop3": {"plan": {}, "smoke": smoke(20.0)}}, SCREEN)
    assert "26% of the 20 predicted" in text


def test_a_host_that_did_not_get_there_has_a_row() -> None:
    text = room_text({"laptop3": {"plan": {"server": {"runtime": "native"}}, "smoke": None}}, SCREEN)
    assert "laptop3  native   not done: see above" in text


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        pytest.param([], "-", id="none"),
        pytest.param(["failed", "in force", "in force", "clamped"], "2 in force, 1 clamped, 1 failed", id="in order"),
        pytest.param(["not loaded"], "1 not loaded", id="others too"),
    ],
)
def test_limits_are_counted_by_verdict(verdicts: list[str], text: str) -> None:
    assert counts([{"verdict": verdict} for verdict in verdicts]) == text


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    screen = Screen(width, colour=True)
    text = doctor_text({"laptop3": record(), "laptop4": {}}, screen) + room_text(
        {"laptop3": {"plan": {}, "smoke": smoke(20.0)}}, screen
    )
    assert max(columns(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("colour", [True, False])
def test_a_japanese_answer_stays_on_a_terminal_of_80_columns(colour: bool) -> None:
    said = "空が青く見えるのは、太陽の光が大気の分子によって散乱され、波長の短い青い光ほど強く散らばるからです。"
    record = smoke_result(dict(ANSWER, text=said), ROWS, "qwen2.5:3b", "docker", 20.0, 4)
    text = room_text({"会議室の白い検証用端末": {"plan": {}, "smoke": record}}, Screen(80, colour))
    assert max(columns(line) for line in text.splitlines()) <= 80
    assert said in text.replace("\n" + " " * 10, "")


def test_a_container_s_long_name_is_cut() -> None:
    rows = [dict(ROWS[0], source=f"/sys/fs/cgroup/memory/docker/{'0123456789ab' + 'c' * 52}/memory.max")]
    text = room_text({"laptop3": {"plan": {}, "smoke": smoke_result({}, rows, "m", "docker")}}, Screen(120))
    assert "/docker/0123456789ab.../memory.max" in text
