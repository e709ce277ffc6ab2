# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The doctor knew what was there and what was not. That it changed nothing is compared in converge.yml."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from plugins.module_utils.report.doctor import doctor_text
from plugins.module_utils.report.screen import Screen


def reported(name: str) -> dict[str, Any]:
    """Return what a report said of the laptop."""
    path = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["laptop1"]
    return found


def shown(name: str) -> str:
    return " ".join(doctor_text({"laptop1": reported(name)}, Screen(100)).split())


def test_a_bare_laptop_would_get_everything() -> None:
    for words in ("install Docker Engine", "start container ollama-docker", "pull model hello:latest"):
        assert words in shown("bare")


def test_its_memory_was_measured() -> None:
    assert reported("bare")["capacity"]["memory_bandwidth_bytes_per_second"] > 1e9


def test_sizes_and_time_come_from_the_source() -> None:
    estimate = reported("bare")["estimate"]
    assert {item["kind"]: item["present"] for item in estimate["items"]} == {"image": False, "model": False}
    assert estimate["total_bytes"] > 10e6
    assert 0 < estimate["seconds"] < 60


def test_what_runs_is_recognised() -> None:
    present = {item["name"]: item["present"] for item in reported("running")["estimate"]["items"]}
    assert present == {"Ollama 0.9.3": True, "hello:latest": True, "qwen2.5:0.5b": False}


def test_a_source_out_of_reach_is_named_and_its_time_left_open() -> None:
    assert reported("running")["estimate"]["seconds"] is None
    assert "398 MB in all, time unknown http://127.0.0.1:9/" in shown("running")
    assert "Would change pull model qwen2.5:0.5b" in shown("running")


@pytest.mark.parametrize("key", ["answer", "tokens_per_second", "first_token_seconds", "rows"])
def test_the_room_s_report_holds_answer_speed_and_limits(key: str) -> None:
    assert reported("room")["smoke"][key]
