# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What role docker_engine wants in daemon.json, and what it reads in logs and lists."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.filter.docker_engine import FilterModule, engine_settings
from plugins.module_utils.apply.docker_engine.role_text import cause_in_log, ledger_entries, running_containers
from plugins.module_utils.apply.docker_engine.settings import Wanted

ROOT = Path(__file__).resolve().parents[3]
ALWAYS = {
    "live-restore": True,
    "log-driver": "json-file",
    "log-opts": {"max-size": "10m", "max-file": "3"},
}


def ulimit(name: str, soft: Any, hard: Any) -> dict[str, Any]:
    return {name: {"Name": name, "Soft": soft, "Hard": hard}}


def wanted(**changes: Any) -> dict[str, Any]:
    return engine_settings({"log_max_size": "10m", "log_max_file": 3, **changes})


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        pytest.param({}, {}, id="the-defaults"),
        pytest.param({"mirror": "http://m:5000"}, {"registry-mirrors": ["http://m:5000"]}, id="a-mirror"),
        pytest.param(
            {"memlock": "unlimited"}, {"default-ulimits": ulimit("memlock", -1, -1)}, id="memlock-without-a-limit"
        ),
        pytest.param({"memlock": "1024"}, {"default-ulimits": ulimit("memlock", 1024, 1024)}, id="memlock-from-e"),
        pytest.param({"memlock": 1024}, {"default-ulimits": ulimit("memlock", 1024, 1024)}, id="memlock-as-a-number"),
        pytest.param({"nofile": 65536}, {"default-ulimits": ulimit("nofile", 65536, 65536)}, id="nofile-as-a-number"),
        pytest.param({"nofile": "1024:65536"}, {"default-ulimits": ulimit("nofile", 1024, 65536)}, id="soft-and-hard"),
        pytest.param(
            {"nofile": "many"}, {"default-ulimits": ulimit("nofile", "many", "many")}, id="left-to-be-refused"
        ),
        pytest.param(
            {"memlock": "unlimited", "nofile": "64"},
            {"default-ulimits": {**ulimit("memlock", -1, -1), **ulimit("nofile", 64, 64)}},
            id="both-limits",
        ),
        pytest.param({"no_new_privileges": True}, {"no-new-privileges": True}, id="no-new-privileges"),
        pytest.param({"icc": False}, {"icc": False}, id="no-talk-between-containers"),
        pytest.param({"userland_proxy": "false"}, {"userland-proxy": False}, id="userland-proxy-from-e"),
        pytest.param({"userland_proxy": True}, {"userland-proxy": True}, id="userland-proxy"),
        pytest.param({"userland_proxy": "never"}, {"userland-proxy": "never"}, id="a-switch-left-to-be-refused"),
        pytest.param({"settings": {"bip": "10.0.0.1/24"}}, {"bip": "10.0.0.1/24"}, id="further-settings"),
        pytest.param({"settings": {"live-restore": False}}, {"live-restore": False}, id="further-settings-win"),
        pytest.param(
            {"settings": {"log-opts": {"max-file": "9", "compress": "true"}}},
            {"log-opts": {"max-size": "10m", "max-file": "9", "compress": "true"}},
            id="maps-are-merged",
        ),
        pytest.param(
            {"memlock": 5, "settings": {"default-ulimits": ulimit("nofile", 64, 64)}},
            {"default-ulimits": {**ulimit("memlock", 5, 5), **ulimit("nofile", 64, 64)}},
            id="limits-are-merged",
        ),
        pytest.param(
            {"mirror": "http://m", "settings": {"registry-mirrors": ["http://n"]}},
            {"registry-mirrors": ["http://n"]},
            id="lists-are-replaced",
        ),
    ],
)
def test_engine_settings(changes: dict[str, Any], more: dict[str, Any]) -> None:
    assert wanted(**changes) == {**ALWAYS, **more}


def test_keys_come_in_a_fixed_order() -> None:
    given = {"mirror": "m", "memlock": 1, "no_new_privileges": True, "icc": False, "userland_proxy": False}
    assert list(wanted(**given, settings={"bip": "b"})) == [
        *ALWAYS, "registry-mirrors", "default-ulimits", "no-new-privileges", "icc", "userland-proxy", "bip",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        pytest.param(
            ["daemon failed: no space", "docker.service: exited with an error", "Failed to start with an error"],
            "daemon failed: no space",
            id="not-systemd-s-own-lines",
        ),
        pytest.param(["unable to set a", "unable to set b", "Stopping"], "unable to set b", id="the-last-cause"),
        pytest.param(["Starting", "docker.service: failed"], "docker.service: failed", id="no-cause-told"),
        pytest.param(["level=error x", "dockerXservice: failed"], "dockerXservice: failed", id="another-unit"),
        pytest.param([], "", id="an-empty-log"),
    ],
)
def test_cause_in_log(log: list[str], cause: str) -> None:
    assert cause_in_log(log, "docker.service") == cause


def test_running_containers_are_told_from_what_else_there_is() -> None:
    lines = ["image a:1 sha256:1", "volume running", "container web 0a1 running", "container rest 0b2 created", ""]
    assert running_containers([*lines, "container db 0c3 running"]) == ["web", "db"]


def test_each_name_gets_an_entry() -> None:
    assert ledger_entries([], "package", "x") == []
    assert ledger_entries(["a", "b"], "package", "runs it") == [
        {"kind": "package", "name": "a", "why": "runs it"},
        {"kind": "package", "name": "b", "why": "runs it"},
    ]


@pytest.mark.parametrize("name", FilterModule().filters())
def test_each_filter_is_documented(name: str) -> None:
    text = (ROOT / f"plugins/filter/{name}.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["DOCUMENTATION"]["name"] == name


def test_what_is_wanted_is_documented_with_its_defaults() -> None:
    text = (ROOT / "plugins/filter/engine_settings.yml").read_text(encoding="utf-8")
    documented = yaml.safe_load(text)["DOCUMENTATION"]["options"]["_input"]["suboptions"]
    real = {field.name: field.default for field in fields(Wanted) if field.name != "settings"}
    shown = {name: option.get("default", MISSING) for name, option in documented.items() if name != "settings"}
    assert (shown, documented["settings"]["default"]) == (real, {})


def test_the_role_hands_over_each_of_its_variables() -> None:
    variables = yaml.safe_load((ROOT / "roles/docker_engine/vars/main.yml").read_text(encoding="utf-8"))
    handed = variables["__docker_engine_settings"]
    mirror = {"mirror": "{{ __docker_engine_downloads.mirror }}"}
    assert handed == {name: f"{{{{ docker_engine_{name} }}}}" for name in Wanted.__dataclass_fields__} | mirror
