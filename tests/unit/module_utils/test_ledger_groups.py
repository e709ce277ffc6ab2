# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""How removal does the steps of a plan: each in its group, in the order of the plan."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from plugins.module_utils.apply.ledger.groups import group_steps
from plugins.module_utils.apply.ledger.states import ABSENT
from plugins.modules import ledger

DAEMON = "/etc/docker/daemon.json"
MAC = "/Users/anna/Library/Group Containers/group.com.docker"
LINUX = "/home/anna/.docker/desktop"
UNIT = "/etc/systemd/system/ollama.service"
KERNEL = ["docker0 and Docker's firewall rules: the kernel forgets them at the next start."]
WINDOWS = ["WSL2's limits: they go with its next start. Close your work in Linux, then on Windows run: wsl --shutdown."]
ON = {"state": "present", "enabled": True, "active": True}
OFF = {"state": "present", "enabled": False, "active": False}
CAME = {"state": "present", "chosen": False}
CHOSEN = {"state": "present", "chosen": True}
COPY = {"state": "file", "backup": "/var/lib/nogpu/backup/3-x"}
BACK = "/var/lib/nogpu/backup/3-x"


def step(action: str, kind: str, name: str, before: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"action": action, "kind": kind, "name": name, "before": before or ABSENT}


def stop(name: str) -> dict[str, Any]:
    return step("stop_and_disable_service", "service", name)


@pytest.mark.parametrize(
    ("steps", "groups"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param(
            [stop("ollama.service"), stop("ollama.slice"), stop("nogpu-exposure.service")],
            {
                "services": ["ollama.service"],
                "slices": ["ollama.slice"],
                "exposure": ["nogpu-exposure.service"],
                "unit_files": True,
            },
            id="the-port-is-guarded-until-last-and-a-slice-outlives-what-is-in-it",
        ),
        pytest.param([stop("my.slice.service")], {"services": ["my.slice.service"], "unit_files": True}, id="no-slice"),
        pytest.param(
            [step("nothing", "service", "ollama.service", ON)], {"unit_files": True}, id="a-service-as-it-was"
        ),
        pytest.param(
            [step("restore_file", "file", UNIT, COPY), step("nothing", "service", "ollama.service", ON)],
            {"services_back": [{"name": "ollama.service", "enabled": True, "active": True}], "unit_files": True},
            id="the-owners-unit-file-comes-back",
        ),
        pytest.param(
            [step("restore_service", "service", "ollama.service", OFF)],
            {"services_back": [{"name": "ollama.service", "enabled": False, "active": False}], "unit_files": True},
            id="the-owners-service-that-we-stopped",
        ),
        pytest.param(
            [step("restore_file", "file", UNIT, COPY), stop("ollama.service")],
            {"services": ["ollama.service"], "unit_files": True},
            id="a-unit-file-without-a-service-of-the-owner",
        ),
        pytest.param([step("remove_file", "file", UNIT)], {}, id="our-unit-file"),
        pytest.param(
            [
                step("remove_container", "container", "ollama-docker"),
                step("remove_network", "network", "nogpu_default"),
                step("hold", "volume", "held"),
                step("remove_volume", "volume", "ollama-data"),
                step("remove_image", "image", "ollama/ollama:1"),
            ],
            {
                "docker": [
                    {"kind": "container", "name": "ollama-docker"},
                    {"kind": "network", "name": "nogpu_default"},
                    {"kind": "volume", "name": "ollama-data"},
                    {"kind": "image", "name": "ollama/ollama:1"},
                ]
            },
            id="docker-in-the-order-of-the-plan",
        ),
        pytest.param(
            [
                step("remove_package", "package", "zstd"),
                step("remove_package", "package", "docker.io"),
                step("mark_package_automatic", "package", "iptables", CAME),
            ],
            {"packages": ["zstd", "docker.io"], "automatic": ["iptables"], "kept_by_kernel": KERNEL},
            id="an-engine-leaves",
        ),
        pytest.param([step("remove_package", "package", "zstd")], {"packages": ["zstd"]}, id="no-engine"),
        pytest.param([step("hold", "package", "docker.io")], {}, id="an-engine-that-is-held"),
        pytest.param(
            [
                step("install_package", "package", "docker.io", CHOSEN),
                step("install_package", "package", "runc", CAME),
                step("install_package", "package", "old-ledger", {"state": "present"}),
                step("remove_package", "package", "docker-ce"),
            ],
            {"packages": ["docker-ce"], "packages_back": ["docker.io", "runc", "old-ledger"], "automatic": ["runc"]},
            id="the-owners-engine-comes-back",
        ),
        pytest.param(
            [step("restore_file", "file", DAEMON, COPY)],
            {"daemon_json": [{"name": DAEMON, "former_file": BACK}]},
            id="daemon.json-comes-back",
        ),
        pytest.param(
            [step("remove_file", "file", DAEMON)],
            {"daemon_json": [{"name": DAEMON, "former_file": "/dev/null"}]},
            id="there-was-no-daemon.json",
        ),
        pytest.param(
            [step("restore_link", "file", DAEMON, COPY)],
            {"daemon_json": [{"name": DAEMON, "former_file": BACK}]},
            id="daemon.json-behind-a-link",
        ),
        pytest.param([step("keep", "file", DAEMON, COPY)], {}, id="daemon.json-of-somebody"),
        pytest.param([step("restore_file", "file", f"/srv{DAEMON}", COPY)], {}, id="another-daemon.json"),
        pytest.param(
            [
                step("restore_file", "file", f"{MAC}/settings-store.json", COPY),
                step("remove_file", "file", f"{LINUX}/settings.json"),
                step("remove_file", "file", f"{LINUX}/other.json"),
                step("remove_file", "file", f"{LINUX}/settings.json.old"),
                step("restore_file", "file", "/home/anna/settings.json", COPY),
                step("keep", "file", f"{MAC}/settings.json", COPY),
            ],
            {
                "desktop_settings": [
                    {"name": f"{MAC}/settings-store.json", "former_file": BACK},
                    {"name": f"{LINUX}/settings.json", "former_file": "/dev/null"},
                ]
            },
            id="docker-desktop's-settings-and-no-others",
        ),
        pytest.param(
            [step("restore_file", "file", "/mnt/c/Users/anna/.wslconfig", COPY)],
            {"kept_by_windows": WINDOWS},
            id="wslconfig-comes-back",
        ),
        pytest.param([step("keep", "file", "/mnt/c/Users/anna/.wslconfig", COPY)], {}, id="wslconfig-of-somebody"),
        pytest.param([step("nothing", "file", "/mnt/c/Users/anna/.wslconfig", COPY)], {}, id="wslconfig-as-it-was"),
        pytest.param(
            [
                step("remove_launch_agent", "launch_agent", "io.nogpu.ollama"),
                step("remove_cask", "cask", "docker-desktop"),
                step("remove_membership", "membership", "anna:docker"),
                step("remove_user", "user", "ollama"),
                step("remove_group", "group", "docker"),
                step("remove_model", "model", "hello:latest"),
                step("remove_tree", "tree", "/opt/nogpu/ollama/1"),
            ],
            {
                "launch_agents": ["io.nogpu.ollama"],
                "casks": ["docker-desktop"],
                "memberships": ["anna:docker"],
                "users": ["ollama"],
                "user_groups": ["docker"],
            },
            id="one-of-each-other-kind",
        ),
    ],
)
def test_each_step_is_in_its_group(steps: list[dict[str, Any]], groups: dict[str, Any]) -> None:
    assert {name: group for name, group in group_steps(steps).items() if group} == groups


def test_each_group_is_there_even_without_steps_and_is_documented() -> None:
    groups = group_steps([])
    assert not any(groups.values())
    documented = set(re.findall(r"C\((\w+)\)", " ".join(yaml.safe_load(ledger.RETURN)["groups"]["description"])))
    inside = {"steps", "removal", "name", "kind", "enabled", "active", "former_file"}
    assert set(groups) == documented - inside
