# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Each distribution's data file of docker_engine is complete, and names packages that exist there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.module_utils.apply.docker_engine.found import PACKAGES

VARS = Path(__file__).resolve().parents[3] / "roles/docker_engine/vars"
FILES = sorted(path.stem for path in VARS.glob("*.yml") if path.stem != "main")
APT_KEY, RPM_KEY = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88", "060A61C51B558A7F742B77AAC52FEB6B621E9F35"
# Package, and where it is: Debian 13, Ubuntu 24.04, Fedora 41, openSUSE Leap 15.6, Arch of 2025.
DISTRO = {
    "debian": ["docker.io", "docker-cli", "docker-compose", "iptables"],
    "ubuntu": ["docker.io", "docker-compose-v2", "iptables"],
    "fedora": ["moby-engine", "docker-compose"],
    "opensuse": ["docker", "docker-compose"],
    "arch": ["docker", "docker-compose"],
}
DOCKER = ["docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin", "iptables"]


def data(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((VARS / f"{name}.yml").read_text(encoding="utf-8"))
    return {key.removeprefix("__docker_engine_"): value for key, value in loaded.items()}


def test_the_distributions_are_these() -> None:
    assert FILES == [
        "arch", "centos", "debian", "debian-bookworm", "fedora", "opensuse", "rhel", "ubuntu", "unknown",
    ]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_data_file_answers_every_question(name: str) -> None:
    assert {key: type(value) for key, value in data(name).items()} == {
        "package_manager": str,
        "distro_packages": list,
        "distro_has_compose": bool,
        "docker_packages": list,
        "repository_path": str,
        "key_fingerprint": str,
        "missing_words": str,
    }


@pytest.mark.parametrize("name", FILES)
def test_its_answers_fit_together(name: str) -> None:
    given = data(name)
    assert given["distro_packages"] == DISTRO.get(name, [])
    assert given["distro_has_compose"] == bool(given["distro_packages"])
    assert given["docker_packages"] in ([], DOCKER)
    assert bool(given["repository_path"]) == bool(given["docker_packages"]) == bool(given["key_fingerprint"])
    if given["docker_packages"]:
        assert given["key_fingerprint"] == {"apt": APT_KEY, "dnf": RPM_KEY}[given["package_manager"]]
        assert re.fullmatch(r"[0-9A-F]{40}", given["key_fingerprint"])
        assert (VARS.parent / f"tasks/repository_{given['package_manager']}.yml").is_file()
    if not given["distro_has_compose"]:
        assert "nogpu_runtime" in given["missing_words"]


@pytest.mark.parametrize("name", FILES)
def test_each_engine_package_is_one_that_the_look_knows(name: str) -> None:
    given = data(name)
    assert set(given["distro_packages"] + given["docker_packages"]) - {"iptables"} <= set(PACKAGES)
