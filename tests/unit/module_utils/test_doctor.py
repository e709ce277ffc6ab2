# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a run would change, from the plan and what is there."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.report.changes import changes
from tests.unit.plan_cases import DOCKER, MAC, laptop

IMAGE = {"kind": "image", "name": "docker.io/ollama/ollama:0.32.7", "present": False}
ARCHIVE = {"kind": "archive", "name": "Ollama 0.32.7", "present": False}
MODEL = {"kind": "model", "name": "qwen2.5:3b", "present": False}


def owner(container: str | None = None, unit: str | None = None) -> dict[str, Any]:
    return {
        "port": 11434, "address": "127.0.0.1", "pid": 7, "program": "ollama", "command": "ollama serve",
        "unit": unit, "container": container, "container_project": "nogpu" if container else None,
    }  # fmt: skip


OUR_CONTAINER, OUR_UNIT = owner(container="ollama-docker"), owner(unit="ollama.service")


def plan_of(runtime: str, adopt_ollama: bool = False) -> dict[str, Any]:
    server = {"runtime": runtime, "port": 11434, "adopt_ollama": adopt_ollama}
    return {"server": server, "why": {"memory_reserve_bytes": 4 * 2**30}}


def would(runtime: str, items: list[dict[str, Any]], **host: Any) -> str:
    return "; ".join(changes(laptop(**host), plan_of(runtime), {"items": items}))


def test_a_bare_laptop_gets_docker_the_stack_and_the_model() -> None:
    text = would("docker", [IMAGE, MODEL], docker=None)
    for words in (
        "create the user ollama",
        "install Docker Engine",
        "start container ollama-docker",
        "pull model qwen",
    ):
        assert words in text


def test_docker_that_is_there_gets_settings_only() -> None:
    text = would("docker", [IMAGE])
    assert "install" not in text
    assert "daemon.json; the owner's keys stay" in text


@pytest.mark.parametrize(
    ("runtime", "port_owner", "kept", "item"),
    [
        pytest.param("docker", OUR_CONTAINER, "ollama-docker", IMAGE, id="docker"),
        pytest.param("native", OUR_UNIT, "ollama.service", ARCHIVE, id="native"),
    ],
)
def test_what_runs_as_planned_is_left_alone(runtime: str, port_owner: Any, kept: str, item: Any) -> None:
    assert would(runtime, [dict(item, present=True)], port_owner=port_owner) == ""
    assert kept not in would(runtime, [dict(MODEL)], port_owner=port_owner)


def test_an_own_ollama_that_may_give_way_is_named() -> None:
    own = {"unit_path": "/u", "command": "c", "enabled": True, "active": True, "pid": 7}
    plan = plan_of("native", adopt_ollama=True)
    found = "; ".join(changes(laptop(own_ollama=own), plan, {}))
    assert "stop and disable the ollama.service that was here before" in found


def test_a_switch_says_what_is_stopped() -> None:
    assert "stop ollama.service, which holds the port; write /etc/nogpu/compose.yaml" in would(
        "docker", [], port_owner=OUR_UNIT
    )
    assert "stop ollama-docker, which holds the port; write ollama.service" in would(
        "native", [ARCHIVE], port_owner=OUR_CONTAINER
    )


def test_native_needs_no_docker() -> None:
    text = would("native", [ARCHIVE], docker=None)
    assert "Docker" not in text
    assert "unpack Ollama 0.32.7" in text


def would_on(runtime: str = "docker", **host: Any) -> str:
    return "; ".join(changes(laptop(**host), plan_of(runtime), {}))


def test_a_mac_gets_desktop_and_its_share() -> None:
    text = would_on(**{**MAC, "memory_total_bytes": 16 * 2**30, "cores_logical": 8})
    assert "install Docker Desktop with Homebrew" in text
    assert "give Docker Desktop 12.9 GB of memory, 8 processors, no swap; it restarts for that" in text
    assert "~/.nogpu/compose.yaml" in text
    assert "/etc/" not in text and "/var/lib" not in text


def test_a_native_mac_gets_a_launch_agent_and_no_docker() -> None:
    text = would_on("native", **MAC)
    assert "write io.nogpu.ollama and start it" in text
    assert "Docker" not in text and "/var/lib" not in text
    running = {**OUR_UNIT, "unit": "io.nogpu.ollama"}
    assert would_on("native", **{**MAC, "port_owner": running}) == ""


def test_wsl2_is_told_when_the_limits_apply() -> None:
    text = would_on(virtualization="wsl2")
    assert "in .wslconfig; it takes effect after 'wsl --shutdown', which you run yourself" in text
    assert "daemon.json" in text
    assert ".wslconfig" in would_on("native", virtualization="wsl2")


def test_desktop_in_wsl2_has_no_daemon_json_of_ours() -> None:
    assert "daemon.json" not in would_on(virtualization="wsl2", docker={**DOCKER, "desktop": True})
