# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""No setting is lost on its way: each wish reaches a record, and roles read only fields that a record has."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import reduce
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from plugins.module_utils.plan.records import Plan
from plugins.module_utils.plan.wishes import RULES
from tests.unit.plan_cases import DOCKER, MAC, STRANGER_ON_THE_PORT, planned

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = ["192.168.1.0/24"]
EXPOSED = {"listen": "192.168.1.5", "expose": True, "allowed_networks": NETWORKS}
NEW = {"ollama_version": "0.33.1", "kv_cache_type": "q8_0"}
DESKTOP = {"docker": {**DOCKER, "desktop": True}}
OURS = {**STRANGER_ON_THE_PORT, "unit": "ollama.service", "program": "ollama"}
CONTAINER = {**OURS, "unit": None, "container": "ollama-docker", "container_project": "nogpu"}

# What a wish does, as (wish, all wishes, field of the plan, its value then).
ARRIVES: list[tuple[str, dict[str, Any], str, Any]] = [
    ("runtime", {"runtime": "native"}, "server.runtime", "native"),
    ("runtime", {"runtime": "native"}, "proof.runtime", "native"),
    ("models", {"models": ["qwen2.5:1.5b"]}, "models.names", ("qwen2.5:1.5b",)),
    ("ollama_version", NEW, "server.version", "0.33.1"),
    ("mirror", {"mirror": "http://192.168.1.5:5000"}, "models.mirror", "http://192.168.1.5:5000"),
    ("port", {"port": 11500}, "server.port", 11500),
    ("port", {"port": 11500}, "exposure.port", 11500),
    ("port", {"port": 11500}, "proof.port", 11500),
    ("port", {"port": 11500}, "proof.url", "http://127.0.0.1:11500"),
    ("port", {"port": 11500}, "models.url", "http://127.0.0.1:11500"),
    ("listen", {"listen": "::1"}, "server.bind_address", "[::1]"),
    ("listen", {"listen": "::1"}, "server.api_address", "[::1]"),
    ("listen", {"listen": "::1"}, "proof.promises.listen", "::1"),
    ("expose", EXPOSED, "server.bind_address", "192.168.1.5"),
    ("allowed_networks", EXPOSED, "exposure.networks", tuple(NETWORKS)),
    ("allowed_networks", EXPOSED, "proof.promises.allowed_networks", NETWORKS),
    ("host_network", {"host_network": True}, "server.host_network", True),
    ("min_tokens_per_second", {"min_tokens_per_second": 20}, "models.names", ("qwen2.5:1.5b",)),
    ("context_length", {"context_length": 8192}, "server.environment.OLLAMA_CONTEXT_LENGTH", "8192"),
    ("parallel", {"parallel": 2}, "server.environment.OLLAMA_NUM_PARALLEL", "2"),
    ("keep_alive", {"keep_alive": "5m"}, "server.environment.OLLAMA_KEEP_ALIVE", "5m"),
    ("kv_cache_type", NEW, "server.environment.OLLAMA_KV_CACHE_TYPE", "q8_0"),
    ("quantisation", {"quantisation": "q2_K"}, "models.names", ("qwen2.5:7b-instruct-q2_K",)),
    ("memory_reserve", {"memory_reserve": "3GiB"}, "engine.memory_reserve", 3 * 1024**3),
    ("memory_reserve", {"memory_reserve": "3GiB"}, "why.memory_reserve_bytes", 3 * 1024**3),
    ("cpu_weight", {"cpu_weight": 400}, "server.cpu_weight", 400),
    ("cpu_weight", {"cpu_weight": 400}, "proof.promises.cpu_weight", 400),
    ("memlock", {"memlock": "8MiB"}, "server.memlock", 8 * 1024**2),
    ("docker_source", {"docker_source": "distro"}, "engine.source", "distro"),
    ("docker_repository", {"docker_repository": "http://a/linux"}, "engine.repository_url", "http://a/linux"),
    ("docker_users", {"docker_users": ["alice"]}, "engine.users", ("alice",)),
    ("adopt_ollama", {"adopt_ollama": True}, "server.replaces_own", True),
]  # fmt: skip
# Those that would do nothing, or only refuse.
SAID = {"cpu_limit", "mem_swappiness", "ollama_floor_version"}
# Those that roles and playbooks read themselves.
READ = {
    "https_proxy", "http_proxy", "no_proxy", "measure_memory", "state", "remove_models", "report", "page", "hosts",
}  # fmt: skip


def value(plan: Plan, path: str) -> Any:
    """Return a field by its path through records and dictionaries."""
    record, name, *keys = path.split(".")
    return reduce(lambda found, key: found[key], keys, getattr(getattr(plan, record), name))


@pytest.mark.parametrize(("wish", "wishes", "path", "expected"), ARRIVES, ids=lambda each: str(each)[:40])
def test_a_wish_reaches_its_record(wish: str, wishes: dict[str, Any], path: str, expected: Any) -> None:
    assert wish in wishes
    assert value(planned(wishes), path) == expected


def test_each_wish_reaches_something() -> None:
    assert {wish for wish, *_rest in ARRIVES} | SAID | READ == set(RULES)


@pytest.mark.parametrize("wish", sorted(SAID - {"ollama_floor_version"}))
def test_a_wish_that_would_do_nothing_is_a_placebo(wish: str) -> None:
    assert [row["setting"] for row in planned({wish: 8}).proof.placebo] == [wish]


@pytest.mark.parametrize(
    ("owner", "running"),
    [
        pytest.param(None, "", id="nobody"),
        pytest.param(OURS, "native", id="unit"),
        pytest.param(CONTAINER, "docker", id="container"),
    ],
)
def test_which_of_ours_runs_now(owner: dict[str, Any] | None, running: str) -> None:
    assert planned(port_owner=owner).server.running == running


@pytest.mark.parametrize(
    ("wishes", "changes", "expected"),
    [
        pytest.param({}, {}, (False, False, True, "ollama-docker", "ollama.service"), id="linux"),
        pytest.param({}, DESKTOP, (True, True, False, "ollama-docker", "ollama.service"), id="desktop-on-linux"),
        pytest.param(
            {"runtime": "native"}, DESKTOP, (False, False, True, "ollama-docker", "ollama.service"),
            id="native-beside-desktop",
        ),
        pytest.param(
            {"runtime": "native"}, MAC, (False, False, False, "ollama-docker", "io.nogpu.ollama"), id="native-on-a-mac"
        ),
    ],
)  # fmt: skip
def test_where_the_server_is_and_how_it_is_looked_at(
    wishes: dict[str, Any], changes: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    plan = planned(wishes, **changes)
    proof = plan.proof
    assert (plan.server.bind_store, proof.inside, proof.remembered, proof.container, proof.unit) == expected


@pytest.mark.parametrize(
    ("wishes", "left"),
    [
        pytest.param({}, (11434, 11500), id="nothing-is-exposed-any-more"),
        pytest.param(EXPOSED, (11500,), id="the-new-port-stays-guarded-by-the-new-rules"),
        pytest.param({**EXPOSED, "port": 11600}, (11434, 11500), id="another-port"),
    ],
)
def test_which_ports_stay_guarded_until_the_server_has_left_them(wishes: dict[str, Any], left: tuple[int, ...]) -> None:
    assert planned({**wishes, "exposed_ports": [11434, 11500]}).exposure.former_ports == left


# In playbooks/vars/wishes.yml: which record a role gets.
HANDED = re.compile(r'^(\w+)_plan: "\{\{ capacity_plan_result\.(\w+) \}\}"$', re.MULTILINE)
RECORDS = {each.name: set(get_type_hints(get_type_hints(Plan)[each.name])) for each in fields(Plan)}
ALIASES = {"ollama_store": "server"}  # the two roles that depend on it hand theirs on


def texts(*patterns: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for each in patterns for path in sorted(ROOT.glob(each)))


def handed() -> dict[str, str]:
    """Return the record that each role gets."""
    return {**dict(HANDED.findall(texts("playbooks/vars/wishes.yml"))), **ALIASES}


def read() -> set[tuple[str, str]]:
    """Return what roles and playbooks read, as (record, field)."""
    text = texts("roles/**/*.yml", "roles/**/*.j2", "playbooks/**/*.yml")
    found = {(handed()[role], name) for role, name in re.findall(r"\b(\w+)_plan\.(\w+)", text) if role in handed()}
    return found | set(re.findall(r"\bcapacity_plan_result\.(\w+)\.(\w+)", text))


def test_roles_and_playbooks_read_only_what_a_record_has() -> None:
    assert len(handed()) == 10  # so that the search finds them
    assert len(read()) > 30
    assert [(record, name) for record, name in sorted(read()) if name not in RECORDS[record]] == []


@pytest.mark.parametrize("wish", sorted(READ - {"https_proxy", "http_proxy", "no_proxy", "hosts"}))
def test_what_goes_past_the_plan_is_read_by_a_role_or_a_playbook(wish: str) -> None:
    assert re.search(rf"capacity_plan_wishes\.{wish}\b", texts("roles/**/*.yml", "playbooks/**/*.yml"))


def test_each_role_that_takes_a_record_or_the_way_of_downloads_is_given_it() -> None:
    taken = set(re.findall(r"^      (\w+_(?:plan|downloads)):", texts("roles/*/meta/argument_specs.yml"), re.MULTILINE))
    given = set(re.findall(r"^(\w+):", texts("playbooks/vars/wishes.yml"), re.MULTILINE))
    assert len(taken) > 10
    assert {name for name in taken if not name.startswith(tuple(ALIASES))} <= given
