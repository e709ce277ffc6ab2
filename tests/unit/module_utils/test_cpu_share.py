# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The server is put where its weight counts, and a place where it cannot count is named."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.look.capacity import HostCapacity
from plugins.module_utils.plan.cpu_share import share
from plugins.module_utils.plan.plan import Plan
from tests.unit.plan_cases import DOCKER, MAC, laptop, planned


@pytest.mark.parametrize(
    ("changes", "parent"),
    [
        pytest.param({}, "ollama.slice", id="systemd-driver"),
        pytest.param({"docker": {**DOCKER, "cgroup_version": 1}}, "ollama.slice", id="systemd-driver-v1"),
        pytest.param({"docker": None}, "ollama.slice", id="an-engine-to-come"),
        pytest.param({"docker": None, "cgroup_version": 1}, "/ollama.slice", id="an-engine-to-come-v1"),
        pytest.param(
            {"docker": {**DOCKER, "cgroup_driver": "cgroupfs", "cgroup_version": 1}}, "/ollama.slice", id="cgroupfs-v1"
        ),
    ],
)
def test_a_container_goes_below_the_slice(changes: dict[str, Any], parent: str) -> None:
    assert share(HostCapacity.from_dict(laptop(**changes)), "docker").cgroup_parent == parent
    plan = planned(**changes)
    assert (plan.server.cgroup_parent, plan.proof.promises["cpu_weight"]) == (parent, 2000)


def reasons(plan: Plan) -> list[str]:
    return [str(one["reason"]) for one in plan.proof.placebo if one["setting"] == "cpu_weight"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"docker": {**DOCKER, "desktop": True}}, "inside its virtual machine", id="desktop"),
        pytest.param({"docker": {**DOCKER, "rootless": True}}, "share of the user who runs it", id="rootless"),
        pytest.param({"docker": {**DOCKER, "cgroup_driver": "cgroupfs"}}, "driver is cgroupfs", id="cgroupfs-v2"),
        pytest.param(MAC, "macOS has no weights", id="macos"),
    ],
)
def test_a_weight_that_would_do_nothing_is_not_promised(changes: dict[str, Any], words: str) -> None:
    plan = planned(**changes)
    assert plan.server.cgroup_parent == ""
    assert "cpu_weight" not in plan.proof.promises
    assert len(reasons(plan)) == 1
    assert words in reasons(plan)[0]


def test_a_native_server_is_promised_the_wished_weight() -> None:
    plan = planned({"runtime": "native", "cpu_weight": "400"})
    assert (plan.server.cgroup_parent, plan.server.cpu_weight, plan.proof.promises["cpu_weight"]) == ("", 400, 400)
