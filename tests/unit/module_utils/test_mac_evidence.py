# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a Mac shows of a native server. Command lines as `ps` prints them, listeners as `lsof -F` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugins.module_utils.ollama.process import LimitsProbeError
from plugins.module_utils.prove.evidence_mac import find_runner, read_mac_evidence
from plugins.module_utils.prove.judge import judge
from tests.unit.capacity_trees import host, says

AGENT = (Path(__file__).parents[1] / "data/launchctl/print-macos-15.txt").read_text(encoding="utf-8")
SERVER = "  812     1 /Users/anna/.nogpu/server/current/ollama serve\n  900     1 /usr/sbin/cfprefsd agent\n"
LLAMA_SERVER = "  850   812 /Users/anna/.nogpu/server/0.32.7/llama-server --model /m/sha256-1 --port 50111\n"
FLAG = "  850   812 /Users/anna/.nogpu/server/0.9.3/ollama runner --model /m/sha256-1 --threads 4 --port 50111\n"
STRANGER = "  851   900 /opt/homebrew/bin/llama-server --threads 9\n"
LOOPBACK = "p812\ncollama\nf3\nn127.0.0.1:11434\nf4\nn[::1]:11434\n"


def evidence(tmp_path: Path, processes: str, lsof: str = LOOPBACK) -> Any:
    told = {"launchctl print gui/501/": says(AGENT), "ps -A": says(processes), "lsof": says(lsof)}
    return read_mac_evidence(host(tmp_path, told), "io.nogpu.ollama", 501, 11434)


@pytest.mark.parametrize(
    ("runner", "verdict", "source"),
    [
        pytest.param(LLAMA_SERVER, "in force", "launchctl print gui/501/io.nogpu.ollama", id="environment"),
        pytest.param(FLAG, "in force", "ps -p 850", id="flag"),
        pytest.param("", "not loaded", "/proc", id="no-model"),
        pytest.param(FLAG.replace("--threads 4", "--threads 8"), "cannot be enforced here", "ps -p 850", id="other"),
    ],
)
def test_threads_are_read_where_they_are_told(tmp_path: Path, runner: str, verdict: str, source: str) -> None:
    seen = evidence(tmp_path, SERVER + runner + STRANGER)
    (row,) = judge({"threads": 4}, seen.readings)
    assert (row.verdict, row.source) == (verdict, source)
    assert (seen.pid, seen.runner_pid) == (812, 850 if runner else None)


def test_somebody_s_runner_is_not_ours() -> None:
    assert find_runner(SERVER + STRANGER, 812) is None


@pytest.mark.parametrize(
    ("lsof", "verdict", "note"),
    [
        (LOOPBACK, "in force", ""),
        ("p812\nn*:11434\n", "failed", "others can reach it at 0.0.0.0"),
        ("", "failed", "nothing listens on the port"),
    ],
)
def test_listeners_are_lsof_s(tmp_path: Path, lsof: str, verdict: str, note: str) -> None:
    (row,) = judge({"listen": "127.0.0.1"}, evidence(tmp_path, SERVER, lsof).readings)
    assert (row.verdict, row.note) == (verdict, note)


def test_an_agent_that_does_not_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(LimitsProbeError, match=r"launch agent io\.nogpu\.ollama: it is not loaded"):
        read_mac_evidence(host(tmp_path), "io.nogpu.ollama", 501, 11434)
