# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The report is put together on the control node, out of what the hosts' variables hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from plugins.action import team_report

TASK_VARS: dict[str, Any] = {
    "ansible_play_hosts_all": ["laptop1", "laptop2"],
    "hostvars": {"laptop1": {"smoke_test_result": {"model": "hello"}}, "laptop2": {}, "elsewhere": {}},
}


def test_every_host_of_the_play_is_in_it_also_one_that_failed() -> None:
    parts = {"smoke": "smoke_test_result"}
    found = team_report.collect(TASK_VARS, parts)
    assert found == {"laptop1": {"smoke": {"model": "hello"}}, "laptop2": {"smoke": None}}


@pytest.mark.parametrize(
    ("columns", "width"),
    [pytest.param("40", 80, id="narrow"), pytest.param("100", 100, id="usual"), pytest.param("400", 140, id="wide")],
)
def test_it_is_as_wide_as_the_terminal_within_reason(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert team_report.screen().width == width


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnsibleActionFail, match=r"Could not write the report to .*/no/such: No such file"):
        team_report.write(str(tmp_path / "no/such"), "{}")
