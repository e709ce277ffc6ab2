# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What each laptop of tests/unit/data/capacity gets: the plan, or the sentence that refuses it.

After a wished change: `python -m tests.unit.module_utils.test_plan_laptops` writes the plans anew; read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plugins.filter.plan import builtin_catalogue
from plugins.module_utils.plan.plan import plan
from plugins.module_utils.plan.wishes import PlanError

DATA = Path(__file__).resolve().parents[1] / "data"
LAPTOPS = sorted(path.stem for path in (DATA / "capacity").glob("*.json"))


def capacity_of(laptop: str) -> dict[str, Any]:
    capacity: dict[str, Any] = json.loads((DATA / "capacity" / f"{laptop}.json").read_text(encoding="utf-8"))
    return capacity


def outcome(laptop: str) -> dict[str, Any]:
    """Return the plan without wishes, or {"refused": sentence}."""
    capacity = capacity_of(laptop)
    try:
        return plan(capacity, {"host": laptop, "catalogue": builtin_catalogue()}).as_dict()
    except PlanError as error:
        return {"refused": str(error)}


@pytest.mark.parametrize("laptop", LAPTOPS)
def test_the_laptop_gets_its_plan(laptop: str) -> None:
    assert outcome(laptop) == json.loads((DATA / "plans" / f"{laptop}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("laptop", "threads", "model"),
    [
        ("cgroup-v1-limit", 3, "qwen2.5:3b"),
        ("container-cpuset", 2, "qwen2.5:3b"),
        ("container-quota", 2, "qwen2.5:3b"),
        ("vm-2-cores", 2, "qwen2.5:3b"),
    ],
)
def test_with_systemd_a_container_gets_what_its_group_leaves(laptop: str, threads: int, model: str) -> None:
    capacity = {**capacity_of(laptop), "service_manager": "systemd"}
    wishes = {"catalogue": builtin_catalogue(), "memory_reserve": "1GiB"}
    found = plan(capacity, wishes)
    assert (found.server.threads, found.models.names) == (threads, (model,))
    assert found.server.memory_limit_bytes <= capacity["memory_available_bytes"] - 1024**3


def test_no_plan_is_left_over() -> None:
    assert sorted(path.stem for path in (DATA / "plans").glob("*.json")) == LAPTOPS


if __name__ == "__main__":
    for name in LAPTOPS:
        (DATA / "plans" / f"{name}.json").write_text(json.dumps(outcome(name), indent=2) + "\n", encoding="utf-8")
