# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Variables from each place where Ansible lets them be set: they reach the role, on top of what the plan says."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
OWN = {"OLLAMA_KEEP_ALIVE": "7h"}
PLANNED = {"OLLAMA_KEEP_ALIVE": "24h", "OLLAMA_VULKAN": "0"}
# For each host of the inventory, the place where its variables stand.
PLACES = ("all_file", "group", "group_file", "host_line", "host_file")
# The roles' variables without their tasks, and everything that the playbooks hand over.
PLAY: list[dict[str, Any]] = [
    {
        "name": "Show what the roles would take",
        "hosts": "{{ show_hosts | default('places') }}",
        "gather_facts": False,
        "vars_files": [str(ROOT / "playbooks/vars/wishes.yml")],
        "vars": {"capacity_plan_result": {"server": {"environment": PLANNED}, "engine": {"source": "distro"}}},
        "tasks": [
            {"import_role": {"name": f"nogpu.ollama.{role}"}, "when": False}
            for role in ("ollama_stack", "ollama_service", "docker_engine")
        ]
        + [
            {
                "name": "Write it down",
                "delegate_to": "localhost",
                "copy": {
                    "dest": "{{ show_folder }}/{{ inventory_hostname }}.json",
                    "content": "{{ {'stack': __ollama_stack_environment, 'service': __ollama_service_environment, "
                    "'source': docker_engine_source, 'log': docker_engine_log_max_size, "
                    "'wishes': capacity_plan_wishes} | to_json }}",
                },
            }
        ],
    }
]
ROLE_VARIABLES = {
    "ollama_stack_environment": OWN,
    "ollama_service_environment": OWN,
    "docker_engine_log_max_size": "5m",
    "nogpu_port": 11500,
}
WRONG = {
    "nogpu_modles": "x",
    "ollama_stack_enviroment": {},
    "removal_modles": True,
    "benchmark_of_mine": 1,
    "bench_press": 1,
}


def run(folder: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """Run the play and return what each host would take."""
    (folder / "play.yml").write_text(json.dumps(PLAY), encoding="utf-8")
    where = ["-i", str(folder / "inventory"), str(folder / "play.yml"), "-e", f"show_folder={folder}"]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "temp"),
    }
    environment |= {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"), "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
    done = subprocess.run(
        ["ansible-playbook", *where, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an inventory whose hosts have the same variables, each from another place."""
    folder = tmp_path_factory.mktemp("variables")
    local = {"ansible_connection": "local"}
    inventory = {
        "all": {"hosts": {"plain": local, "wrong": {**local, **WRONG}}},
        "places": {
            "children": {
                "by_all": {"hosts": {"all_file": local}},
                "by_group": {"hosts": {"group": local}, "vars": ROLE_VARIABLES},
                "by_group_file": {"hosts": {"group_file": local}},
                "by_host": {"hosts": {"host_line": {**local, **ROLE_VARIABLES}, "host_file": local}},
            }
        },
    }
    files = {
        "hosts.yml": inventory,
        "group_vars/by_all.yml": ROLE_VARIABLES,
        "group_vars/by_group_file.yml": ROLE_VARIABLES,
    }
    for name, content in {**files, "host_vars/host_file.yml": ROLE_VARIABLES}.items():
        path = folder / "inventory" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def taken(folder: Path) -> dict[str, dict[str, Any]]:
    return run(folder, "-e", "show_hosts=all")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("runtime", ["stack", "service"])
def test_the_owner_s_settings_come_on_top_of_the_plan_s(
    taken: dict[str, dict[str, Any]], place: str, runtime: str
) -> None:
    assert taken[place][runtime] == {**PLANNED, **OWN}


@pytest.mark.parametrize("place", PLACES)
def test_other_variables_of_a_role_count_too(taken: dict[str, dict[str, Any]], place: str) -> None:
    assert taken[place]["log"] == "5m"
    assert taken[place]["wishes"]["port"] == 11500
    assert taken[place]["wishes"]["problems"] == []


def test_without_an_owner_s_setting_the_plan_s_count(taken: dict[str, dict[str, Any]]) -> None:
    assert taken["plain"]["stack"] == taken["plain"]["service"] == PLANNED
    assert (taken["plain"]["source"], taken["plain"]["log"], taken["plain"]["wishes"]["port"]) == (
        "distro",
        "10m",
        11434,
    )


def test_on_the_command_line_they_come_on_top_too(folder: Path) -> None:
    found = run(
        folder, "-e", "show_hosts=plain", "-e", json.dumps({**ROLE_VARIABLES, "docker_engine_source": "docker"})
    )
    assert found["plain"]["stack"] == found["plain"]["service"] == {**PLANNED, **OWN}
    assert (found["plain"]["source"], found["plain"]["log"], found["plain"]["wishes"]["port"]) == (
        "docker",
        "5m",
        11500,
    )


def test_misspelt_variables_are_named_with_the_nearest(taken: dict[str, dict[str, Any]]) -> None:
    assert taken["wrong"]["wishes"]["problems"] == [
        "nogpu_modles is not a variable of nogpu (did you mean nogpu_models?). Correct its name where it is set.",
        "ollama_stack_enviroment is not a variable of nogpu (did you mean ollama_stack_environment?). "
        "Correct its name where it is set.",
        "removal_modles is not a variable of nogpu (did you mean removal_models?). Correct its name where it is set.",
    ]
