# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The record HostCapacity and its JSON form."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from plugins.module_utils.look.capacity import CapacityError, DockerEngine, HostCapacity, PortOwner
from tests.unit.capacity_trees import DATA, record

KEYS = [
    "system",
    "architecture",
    "virtualization",
    "service_manager",
    "hostname",
    "cpu_model",
    "cpu_flags",
    "cores_logical",
    "cores_physical",
    "cores_performance",
    "core_kinds_known",
    "threads_per_core",
    "cpu_quota_cores",
    "cpuset_cores",
    "memory_total_bytes",
    "memory_available_bytes",
    "memory_limit_bytes",
    "swap_total_bytes",
    "swap_used_bytes",
    "zram_bytes",
    "cgroup_version",
    "swap_accounting",
    "disk_path",
    "disk_free_bytes",
    "power",
    "cpu_governor",
    "load_1m",
    "docker",
    "port_owner",
    "memory_bandwidth_bytes_per_second",
    "memory_bandwidth_method",
    "own_ollama",
    "ours",
    "store",
]
DOCKER_KEYS = [
    "version",
    "api_version",
    "cgroup_version",
    "cgroup_driver",
    "compose_version",
    "storage_driver",
    "rootless",
    "desktop",
    "memlock_unlimited",
    "swap_limit",
]
OWNER_KEYS = ["port", "address", "pid", "program", "command", "unit", "container", "container_project"]
LAPTOPS = sorted(path.stem for path in DATA.glob("*.json"))


@pytest.mark.parametrize("laptop", LAPTOPS)
def test_every_laptop_comes_back_unchanged_from_its_json_form(laptop):
    assert HostCapacity.from_dict(record(laptop)).as_dict() == record(laptop)


@pytest.mark.parametrize("laptop", LAPTOPS)
def test_every_laptop_has_exactly_the_keys_that_were_agreed(laptop):
    seen = HostCapacity.from_dict(record(laptop)).as_dict()
    assert list(seen) == KEYS
    assert seen["docker"] is None or list(seen["docker"]) == DOCKER_KEYS
    assert seen["port_owner"] is None or list(seen["port_owner"]) == OWNER_KEYS


def test_parts_are_records_too_and_nothing_can_be_changed():
    capacity = HostCapacity.from_dict(record("port-taken"))
    assert isinstance(capacity.docker, DockerEngine)
    assert isinstance(capacity.port_owner, PortOwner)
    with pytest.raises(FrozenInstanceError):
        capacity.cores_logical = 1


def test_a_key_of_a_newer_version_is_ignored():
    assert HostCapacity.from_dict(dict(record("wsl2"), colour="blue")).as_dict() == record("wsl2")


def test_missing_keys_are_named_with_what_to_do():
    short = {key: value for key, value in record("wsl2").items() if key not in ("cores_logical", "power")}
    with pytest.raises(CapacityError) as error:
        HostCapacity.from_dict(short)
    assert str(error.value) == (
        "Could not read host capacity: cores_logical, power missing (all keys are needed, null where unknown). "
        "Give it the value 'capacity' that module host_capacity returned."
    )


def test_missing_keys_of_the_engine_are_named_with_their_place():
    with pytest.raises(CapacityError, match=r"^Could not read host capacity, docker: .*version.* missing"):
        HostCapacity.from_dict(dict(record("wsl2"), docker={}))


def test_something_else_than_a_dictionary_is_named():
    with pytest.raises(CapacityError, match=r"host capacity: str was seen \(a dictionary is needed\)\. Give it"):
        HostCapacity.from_dict("8 GB")
