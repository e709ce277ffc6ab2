# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The plan as a whole: what the roles get, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.module_utils.plan.plan import plan
from plugins.module_utils.plan.wishes import PlanError
from tests.unit.plan_cases import MAC, STRANGER_ON_THE_PORT, laptop, planned

ROOT = Path(__file__).resolve().parents[3]


def test_the_environment_is_the_same_for_container_and_service() -> None:
    expected = {
        "OLLAMA_CONTEXT_LENGTH": "4096",
        "OLLAMA_KEEP_ALIVE": "24h",
        "OLLAMA_MAX_LOADED_MODELS": "1",
        "OLLAMA_NO_CLOUD": "1",
        "OLLAMA_NUM_PARALLEL": "1",
        "OLLAMA_VULKAN": "0",
        "LLAMA_ARG_THREADS": "4",
    }
    assert (
        planned({"runtime": "docker"}).server.environment
        == planned({"runtime": "native"}).server.environment
        == expected
    )


def test_the_environment_follows_the_wishes() -> None:
    wishes = {"parallel": 2, "keep_alive": -1, "kv_cache_type": "q8_0"}
    environment = planned(wishes).server.environment
    assert environment["OLLAMA_NUM_PARALLEL"] == "2"
    assert environment["OLLAMA_KEEP_ALIVE"] == "-1"
    assert environment["OLLAMA_KV_CACHE_TYPE"] == "q8_0"


def test_what_linux_is_promised() -> None:
    one = planned()
    assert one.proof.promises == {
        "threads": 4,
        "listen": "127.0.0.1",
        "memory_limit_bytes": one.server.memory_limit_bytes,
        "swap_limit_bytes": 0,
        "cpu_weight": 2000,
        "stack_bytes": 67108864,
        "nofile": 16384,
        "capabilities": "none",
        "no_new_privileges": True,
        "memlock_bytes": "unlimited",
    }


def test_macos_is_promised_only_what_it_can_show() -> None:
    assert set(planned(**MAC).proof.promises) == {"threads", "listen"}


@pytest.mark.parametrize("role", ["ollama_stack", "ollama_service"])
def test_the_roles_set_what_is_promised(role: str) -> None:
    defaults = yaml.safe_load((ROOT / f"roles/{role}/defaults/main.yml").read_text(encoding="utf-8"))
    promises = planned().proof.promises
    assert defaults[f"{role}_stack_bytes"] == promises["stack_bytes"]
    assert defaults[f"{role}_nofile"] == promises["nofile"]


def test_the_plan_is_plain_data() -> None:
    record = planned({"models": ["qwen2.5:0.5b", "hello"], "mem_swappiness": 0}).as_dict()
    assert json.loads(json.dumps(record)) == record


def test_a_plan_changes_nothing_that_it_was_given() -> None:
    capacity, wishes = laptop(), {"runtime": "dockr", "catalogue": []}
    with pytest.raises(PlanError):
        plan(capacity, wishes)
    assert capacity == laptop()
    assert wishes == {"runtime": "dockr", "catalogue": []}


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        planned(
            {"runtime": "dockr", "models": ["two words", "../x"], "listen": "0.0.0.0"},
            architecture="i686",
            service_manager="openrc",
            port_owner=STRANGER_ON_THE_PORT,
        )
    assert len(caught.value.problems) == 7
    assert str(caught.value).startswith("Cannot plan laptop3: 7 problems. (1) nogpu_runtime is 'dockr'")


@pytest.mark.parametrize(
    ("wishes", "changes", "name"),
    [
        pytest.param({"host": "ada"}, {}, "ada", id="inventory-name"),
        pytest.param({}, {}, "laptop3", id="own-name"),
        pytest.param({}, {"hostname": ""}, "this host", id="nameless"),
    ],
)
def test_the_host_is_named(wishes: dict[str, Any], changes: dict[str, Any], name: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned({**wishes, "runtime": "dockr"}, **changes)
    assert str(caught.value).startswith(f"Cannot plan {name}: nogpu_runtime is 'dockr'")


@pytest.mark.parametrize(
    ("capacity", "words"),
    [
        pytest.param({}, "missing (all keys are needed", id="empty"),
        pytest.param("text", "str was seen (a dictionary is needed)", id="text"),
        pytest.param({**laptop(), "docker": {}}, "host capacity, docker", id="half-an-engine"),
    ],
)
def test_what_is_no_capacity_is_refused(capacity: Any, words: str) -> None:
    with pytest.raises(PlanError, match="Could not read host capacity") as caught:
        plan(capacity, {"catalogue": []})
    assert words in str(caught.value)


def test_a_host_that_hides_everything_it_may_is_still_planned() -> None:
    hidden: dict[str, Any] = {"core_kinds_known": False, "cpu_flags": []}
    for key in (
        "cpu_model",
        "cpuset_cores",
        "swap_total_bytes",
        "swap_used_bytes",
        "zram_bytes",
        "cgroup_version",
        "power",
    ):
        hidden[key] = None
    for key in ("swap_accounting", "disk_free_bytes", "load_1m", "docker", "memory_bandwidth_bytes_per_second"):
        hidden[key] = None
    one = planned(**hidden)
    assert one.models.names == ("qwen2.5:1.5b",)
    assert one.server.threads == 4
