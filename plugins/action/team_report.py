# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Shows on the control node what the roles have found. Documented in the module of the same name."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Callable, Mapping

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils import color
from ansible.utils.display import Display

from ..module_utils.bench.page import page
from ..module_utils.bench.text import bench_text
from ..module_utils.report.doctor import doctor_text
from ..module_utils.report.room import room_text
from ..module_utils.report.screen import Screen

NARROWEST, WIDEST = 80, 140

# For each kind of report: how it is written, and which variable of a host holds which part.
REPORTS: dict[str, tuple[Callable[[Mapping[str, Any], Screen], str], dict[str, str]]] = {
    "bench": (bench_text, {"bench": "bench_result", "capacity": "capacity_plan_capacity"}),
    "run": (room_text, {"plan": "capacity_plan_result", "smoke": "smoke_test_result"}),
    "doctor": (
        doctor_text,
        {
            "capacity": "capacity_plan_capacity",
            "notes": "capacity_plan_notes",
            "plan": "capacity_plan_result",
            "estimate": "doctor_estimate",
            "problem": "doctor_problem",
        },
    ),
}
SPEC = {
    "about": {"type": "str", "choices": sorted(REPORTS), "default": "run"},
    "json_path": {"type": "path"},
    "page_path": {"type": "path"},
}


def screen() -> Screen:
    """Return the terminal's width and whether Ansible uses colours."""
    columns = int(os.environ.get("COLUMNS") or 0) or shutil.get_terminal_size((100, 24)).columns
    return Screen(min(max(columns, NARROWEST), WIDEST), bool(color.ANSIBLE_COLOR))


def collect(task_vars: Mapping[str, Any], parts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the parts of each host of the play; a part is None if the run stopped before it."""
    hostvars = task_vars["hostvars"]
    return {
        host: {part: hostvars[host].get(variable) for part, variable in parts.items()}
        for host in task_vars["ansible_play_hosts_all"]
    }


def write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise AnsibleActionFail(
            f"Could not write the report to {path}: {error.strerror}. Name a file in a folder that exists."
        ) from error


class ActionModule(ActionBase):
    """See the module of the same name for its options."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _, options = self.validate_argument_spec(argument_spec=SPEC)
        render, parts = REPORTS[options["about"]]
        hosts = collect(task_vars or {}, parts)
        Display().display(render(hosts, screen()))
        if options["json_path"] and not self._task.check_mode:
            write(options["json_path"], json.dumps(hosts, indent=2, default=str) + "\n")
        if options["page_path"] and not self._task.check_mode:
            write(options["page_path"], page(hosts))
            Display().display(f"The same as a page with pictures: {options['page_path']}\n")
        return {"changed": False, "hosts": hosts}
