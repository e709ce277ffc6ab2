# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The inventory and the known hosts that the lab writes."""

from __future__ import annotations

from typing import Any

import yaml

from tests.lab import inventory
from tests.lab.laptops import known_hosts

HOSTS = {"laptop1": "172.29.7.11", "laptop2": "172.29.7.12"}


def variables(memlock: str | int = 8388608, ssh_folder: str = "/ssh") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(inventory.render(HOSTS, memlock, ssh_folder))["laptops"]["vars"]
    return found


def test_each_laptop_has_its_address() -> None:
    hosts = yaml.safe_load(inventory.render(HOSTS, 1, "ssh"))["laptops"]["hosts"]
    assert hosts == {name: {"ansible_host": address} for name, address in HOSTS.items()}


def test_a_machine_finds_out_itself_what_it_may_lock() -> None:
    hosts = yaml.safe_load(inventory.render(HOSTS, 1, "ssh", ["laptop2"]))["laptops"]["hosts"]
    assert hosts["laptop1"] == {"ansible_host": "172.29.7.11"}
    assert hosts["laptop2"] == {"ansible_host": "172.29.7.12", "nogpu_memlock": "auto"}


def test_a_lab_without_laptops_is_still_an_inventory() -> None:
    assert yaml.safe_load(inventory.render({}, 1, "ssh"))["laptops"]["hosts"] is None


def test_ssh_checks_host_keys_against_the_sets_own_file() -> None:
    found = variables(ssh_folder="/a room/ssh")
    assert "StrictHostKeyChecking=yes" in found["ansible_ssh_common_args"]
    assert 'UserKnownHostsFile="/a room/ssh/known_hosts"' in found["ansible_ssh_common_args"]
    assert found["ansible_ssh_private_key_file"] == "/a room/ssh/id_ed25519"


def test_the_variables_reach_the_laptops_and_not_localhost() -> None:
    assert list(yaml.safe_load(inventory.render(HOSTS, 1, "ssh"))) == ["laptops"]


def test_the_lab_hands_nogpu_its_mirror_version_and_model() -> None:
    found = variables()
    assert found["nogpu_mirror"] == "http://172.29.7.2:5000"
    assert found["nogpu_ollama_version"] == found["nogpu_ollama_floor_version"] == "0.9.3"
    assert found["nogpu_models"] == ["hello:latest"]
    assert found["nogpu_min_tokens_per_second"] == 1


def test_memlock_is_what_the_machine_may_lock() -> None:
    assert variables(8388608)["nogpu_memlock"] == 8388608
    assert variables("unlimited")["nogpu_memlock"] == "unlimited"


def test_known_hosts_has_a_line_for_each_address() -> None:
    keys = {"172.29.7.11": "ssh-ed25519 AAAA", "172.29.7.12": "ssh-ed25519 BBBB"}
    assert known_hosts(keys) == "172.29.7.11 ssh-ed25519 AAAA\n172.29.7.12 ssh-ed25519 BBBB\n"
