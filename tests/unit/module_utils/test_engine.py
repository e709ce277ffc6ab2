# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Whose Docker a host uses, and what brings it there."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.plan.engine import engine, engine_roles
from tests.unit.plan_cases import DOCKER, MAC, host, planned

WSL = {"virtualization": "wsl2"}
DESKTOP = {"docker": {**DOCKER, "desktop": True, "memlock_unlimited": None}}


@pytest.mark.parametrize(
    ("there", "runtime", "whose", "roles"),
    [
        pytest.param({}, "docker", "engine", ("docker_engine",), id="linux"),
        pytest.param({"docker": None}, "docker", "engine", ("docker_engine",), id="linux-without-docker"),
        pytest.param({}, "native", "none", (), id="native"),
        pytest.param(DESKTOP, "docker", "desktop", ("docker_desktop",), id="desktop-on-linux"),
        pytest.param(MAC, "docker", "desktop", ("docker_desktop",), id="mac"),
        pytest.param(MAC, "native", "none", (), id="native-on-a-mac"),
        pytest.param(WSL, "docker", "engine", ("docker_desktop", "docker_engine"), id="wsl2"),
        pytest.param({**WSL, **DESKTOP}, "docker", "desktop", ("docker_desktop",), id="wsl2-with-desktop"),
        pytest.param(WSL, "native", "none", ("docker_desktop",), id="native-in-wsl2-gets-its-memory-too"),
    ],
)
def test_whose_docker_it_is_and_which_roles_bring_it(
    there: dict[str, Any], runtime: str, whose: str, roles: tuple[str, ...]
) -> None:
    assert engine(host(**there), runtime) == whose
    assert engine_roles(host(**there), runtime) == roles


def test_the_plan_carries_both() -> None:
    plan = planned({"runtime": "docker"}, **MAC)
    assert (plan.engine.kind, plan.engine.roles) == ("desktop", ("docker_desktop",))


def test_desktop_s_sliders_are_placebo_with_wsl2() -> None:
    plan = planned(**WSL, **DESKTOP)
    found = {each["setting"]: each["reason"] for each in plan.proof.placebo}
    assert "[wsl2] in .wslconfig sets it" in found["Docker Desktop's MemoryMiB"]
    assert {"Docker Desktop's Cpus", "Docker Desktop's SwapMiB"} <= set(found)


def test_desktop_s_sliders_are_in_force_on_a_mac() -> None:
    plan = planned({"runtime": "docker"}, **{**MAC, **DESKTOP})
    assert not [each for each in plan.proof.placebo if each["setting"].startswith("Docker Desktop's")]
    assert "Docker Desktop is stopped and started" in " ".join(plan.why.warnings)


def test_a_container_on_a_mac_has_the_limits_of_linux() -> None:
    plan = planned({"runtime": "docker"}, **{**MAC, **DESKTOP})
    assert plan.proof.promises["memory_limit_bytes"] == plan.server.memory_limit_bytes
    assert (plan.proof.promises["swap_limit_bytes"], plan.proof.promises["capabilities"]) == (0, "none")
    assert plan.why.swap_means == "memswap_limit"


def test_a_native_server_on_a_mac_has_none() -> None:
    assert set(planned({"runtime": "native"}, **MAC).proof.promises) == {"threads", "listen"}


def test_wsl2_without_systemd_is_enough_for_desktop() -> None:
    assert planned(**WSL, **DESKTOP, service_manager="init").engine.kind == "desktop"


def test_without_desktop_no_slider_of_it_is_named() -> None:
    assert not [each for each in planned(**WSL).proof.placebo if each["setting"].startswith("Docker Desktop's")]
