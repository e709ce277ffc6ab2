# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Names and addresses of the lab."""

from __future__ import annotations

import ipaddress

import pytest

from tests.lab import names
from tests.lab.errors import LabError
from tests.lab.names import LaptopName


def test_main_laptops_count_up_from_11() -> None:
    assert names.choose_address(LaptopName("main", 1), []) == "172.29.7.11"
    assert names.choose_address(LaptopName("main", 3), ["172.29.7.11", "172.29.7.12"]) == "172.29.7.13"


def test_other_sets_take_the_first_free_address_and_never_one_of_the_main_set() -> None:
    assert names.choose_address(LaptopName("room", 1), []) == "172.29.7.64"
    assert names.choose_address(LaptopName("room", 2), ["172.29.7.64"]) == "172.29.7.65"


def test_a_machine_leaves_the_main_sets_addresses_to_its_laptops() -> None:
    assert names.choose_address(LaptopName("main", 1, "vm"), []) == "172.29.7.64"


def test_a_full_network_is_refused_with_a_way_out() -> None:
    taken = [f"172.29.7.{host}" for host in range(64, 192)]
    with pytest.raises(LabError, match=r"no address is free in 172.29.7.0/24.*down --name"):
        names.choose_address(LaptopName("room", 1), taken)


def test_addresses_that_docker_gives_out_never_meet_ours() -> None:
    automatic = ipaddress.ip_network(names.AUTOMATIC)
    ours = [names.MIRROR_ADDRESS, "172.29.7.11", "172.29.7.63", "172.29.7.64", "172.29.7.191"]
    assert not [address for address in ours if ipaddress.ip_address(address) in automatic]


@pytest.mark.parametrize(
    ("name", "container"),
    [
        pytest.param(LaptopName("main", 1), "nogpu-lab-laptop1", id="main"),
        pytest.param(LaptopName("room", 2), "nogpu-lab-room-laptop2", id="other-set"),
        pytest.param(LaptopName("main", 1, "vm"), "nogpu-lab-vm1", id="machine"),
    ],
)
def test_a_laptop_has_a_short_name_for_ansible_and_carries_its_set_in_docker(name: LaptopName, container: str) -> None:
    assert name.host == f"{name.kind}{name.number}"
    assert name.container == container
    assert name.volume == f"{container}-docker"


@pytest.mark.parametrize("name", ["main", "ollama_stack", "a-1"])
def test_a_scenario_name_is_a_set_name(name: str) -> None:
    assert names.check_set_name(name) == name


@pytest.mark.parametrize("name", ["", "shared", "Room", "../x", "-x", "a b", "x" * 32])
def test_a_name_that_docker_or_the_disk_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="Cannot name a lab"):
        names.check_set_name(name)
