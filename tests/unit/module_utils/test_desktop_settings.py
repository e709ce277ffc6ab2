# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT

from __future__ import annotations

import json
from typing import Any

import pytest

from plugins.module_utils.apply.docker_desktop.resources import (
    Host,
    ResourceError,
    cores,
    host,
    memory_mib,
    size_mib,
    swap_mib,
)
from plugins.module_utils.apply.docker_desktop.settings import Disk, SettingsError, change, merge, read, value, wanted
from plugins.module_utils.host.values import MIB
from plugins.module_utils.plan.wish_reader import read_wishes

LAPTOP = Host(16 * 2**30, 8)
UNKNOWN = Host()


def wishes(**given: Any) -> dict[str, Any]:
    names = ("cpus", "memory", "swap", "disk", "autostart", "resource_saver", "host_networking")
    return {**dict.fromkeys(names), **given}


@pytest.mark.parametrize(
    ("wish", "machine", "figure"),
    [
        pytest.param("max", LAPTOP, 13107, id="max-leaves-a-fifth"),
        pytest.param("max", Host(8 * 2**30), 6144, id="max-leaves-at-least-2-gib"),
        pytest.param("max", Host(16 * 2**30, None, 4 * 2**30), 12288, id="max-leaves-the-reserve-asked-for"),
        pytest.param("8GiB", LAPTOP, 8192, id="a-figure"),
        pytest.param("13107MiB", LAPTOP, 13107, id="the-greatest-figure"),
        pytest.param("8GiB", UNKNOWN, 8192, id="a-figure-for-an-unknown-host"),
    ],
)
def test_memory(wish: str, machine: Host, figure: int) -> None:
    assert memory_mib(wish, machine, "MemoryMiB") == figure


@pytest.mark.parametrize(
    ("wish", "machine", "message"),
    [
        pytest.param(
            "15GiB",
            LAPTOP,
            "MemoryMiB 15360 of 16384 leaves 1024 MiB for the system (needed: 3277). Set 'memory' to 13107MiB or less, "
            "or lower 'memory_reserve'.",
            id="too-much",
        ),
        pytest.param("13108MiB", LAPTOP, "leaves 3276 MiB for the system (needed: 3277)", id="one-too-much"),
        pytest.param("32GiB", LAPTOP, "leaves -16384 MiB", id="more-than-there-is"),
        pytest.param("max", UNKNOWN, "the host's memory is unknown", id="max-of-the-unknown"),
        pytest.param("max", Host(2 * 2**30), "MemoryMiB 0 is too little for Docker (needed: at least 512)", id="tiny"),
        pytest.param("8", LAPTOP, "'memory' is \"8\": less than 1 MiB (such as 8GiB was needed)", id="no-unit"),
        pytest.param("lots", LAPTOP, "'memory' is \"lots\": not a size (such as 8GiB was needed)", id="a-word"),
        pytest.param("-1GiB", LAPTOP, "not a size", id="negative"),
    ],
)
def test_memory_that_is_refused(wish: str, machine: Host, message: str) -> None:
    with pytest.raises(ResourceError) as refused:
        memory_mib(wish, machine, "MemoryMiB")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "mib"),
    [
        ("0", 0), ("1.5GiB", 1536), ("8gb", 7629), ("8GB", 7629), ("3GB", 2861), ("8G", 8192), ("512 MiB", 512),
        (str(3 * MIB), 3), ("1TiB", 2**20),
    ],
)  # fmt: skip
def test_sizes(text: str, mib: int) -> None:
    assert size_mib(text, "memory") == mib


def test_cores_and_swap() -> None:
    assert cores("max", LAPTOP, "cpus", "Cpus") == 8
    assert cores("4", UNKNOWN, "cpus", "Cpus") == 4
    assert swap_mib("max", 8192) == 8192
    assert swap_mib("0", None) == 0


def test_the_reserve_is_read_as_a_size() -> None:
    assert host(1, 2, "3GiB") == Host(1, 2, 3 * 2**30)
    with pytest.raises(ResourceError, match="'memory_reserve' is \"much\""):
        host(1, 2, "much")


@pytest.mark.parametrize("written", ["3GB", "3GiB", "3 gb", "2.5G", "4096M", "3221225472", "auto"])
def test_the_plan_and_docker_desktop_keep_the_same_for_the_system(written: str) -> None:
    wishes, problems = read_wishes({"memory_reserve": written})
    assert problems == []
    assert wishes.memory_reserve == host(1, 2, written).reserve_bytes


@pytest.mark.parametrize(
    ("wish", "machine", "message"),
    [
        pytest.param("9", LAPTOP, "Cpus 9 is more than the host has (8). Set 'cpus' to max or less.", id="too-many"),
        pytest.param("max", UNKNOWN, "the number of the host's cores is unknown", id="max-of-the-unknown"),
        pytest.param("0", LAPTOP, "(a whole number from 1, or max, was needed)", id="none"),
        pytest.param("1.5", LAPTOP, "(a whole number from 1, or max, was needed)", id="a-fraction"),
    ],
)
def test_cores_that_are_refused(wish: str, machine: Host, message: str) -> None:
    with pytest.raises(ResourceError) as refused:
        cores(wish, machine, "cpus", "Cpus")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("given", "settings", "disk", "keys"),
    [
        pytest.param({}, {}, Disk(), {}, id="nothing-asked"),
        pytest.param(
            {"cpus": "max", "memory": "max", "swap": "0"},
            {},
            Disk(),
            {"Cpus": 8, "MemoryMiB": 13107, "SwapMiB": 0},
            id="all-of-it",
        ),
        pytest.param(
            {"autostart": True, "resource_saver": False, "host_networking": True},
            {},
            Disk(),
            {"AutoStart": True, "UseResourceSaver": False, "HostNetworkingEnabled": True},
            id="switches",
        ),
        pytest.param({"swap": "max"}, {"memoryMiB": 4096}, Disk(), {"SwapMiB": 4096}, id="swap-as-the-file-s-memory"),
        pytest.param({"disk": "max"}, {}, Disk(None, 100000), {"DiskSizeMiB": 80000}, id="disk-max"),
        pytest.param(
            {"disk": "max"}, {"DiskSizeMiB": 90000}, Disk(None, 100000), {"DiskSizeMiB": 90000}, id="max-never-shrinks"
        ),
        pytest.param({"disk": "60GiB"}, {"DiskSizeMiB": 61440}, Disk(), {"DiskSizeMiB": 61440}, id="the-present-disk"),
        pytest.param(
            {"disk": "61440MiB"}, {"DiskSizeMiB": 61035}, Disk(99999, None), {"DiskSizeMiB": 61440}, id="file-wins"
        ),
    ],
)
def test_wishes_become_keys(given: dict[str, Any], settings: dict[str, Any], disk: Disk, keys: dict[str, Any]) -> None:
    assert wanted(wishes(**given), settings, LAPTOP, disk) == keys


@pytest.mark.parametrize(
    ("given", "settings", "disk", "message"),
    [
        pytest.param(
            {"disk": "32GiB"},
            {"diskSizeMiB": 61035},
            Disk(),
            "DiskSizeMiB 32768 is less than the present 61035: Docker Desktop would make a new, empty disk, and all "
            "images, containers and volumes would be lost. Set 'disk' to 61035MiB or more",
            id="smaller-than-the-file-says",
        ),
        pytest.param({"disk": "32GiB"}, {}, Disk(61035), "less than the present 61035", id="smaller-than-the-image"),
        pytest.param({"disk": "1TiB"}, {}, Disk(None, 500000), "more than its file system has (500000)", id="too-big"),
        pytest.param({"disk": "max"}, {}, Disk(), "the size of its file system is unknown", id="disk-max-unknown"),
        pytest.param({"swap": "max"}, {"MemoryMiB": True}, Disk(), "but no memory is set", id="swap-max-of-nothing"),
    ],
)
def test_wishes_that_are_refused(given: dict[str, Any], settings: dict[str, Any], disk: Disk, message: str) -> None:
    with pytest.raises(ResourceError) as refused:
        wanted(wishes(**given), settings, LAPTOP, disk)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "merged"),
    [
        pytest.param({}, {"Cpus": 8}, id="a-new-file-is-pascal-case"),
        pytest.param({"Other": 1, "Cpus": 2, "Z": 3}, {"Other": 1, "Cpus": 8, "Z": 3}, id="order-stays"),
        pytest.param({"cpus": 2}, {"cpus": 8}, id="camel-case-stays"),
        pytest.param({"CPUs": 2}, {"CPUs": 8}, id="any-case-is-matched"),
        pytest.param({"memoryMiB": 1, "autoStart": True}, {"memoryMiB": 1, "autoStart": True, "cpus": 8}, id="camel"),
        pytest.param({"cpus": 2, "Cpus": 4}, {"cpus": 8, "Cpus": 8}, id="twins-are-both-set"),
    ],
)
def test_merge(settings: dict[str, Any], merged: dict[str, Any]) -> None:
    found = merge(settings, {"Cpus": 8})
    assert found == merged
    assert list(found) == list(merged)


def test_a_switch_is_not_a_number() -> None:
    settings = {"AutoStart": 1}
    assert change(b'{"AutoStart": 1}', settings, {"AutoStart": True}).after == '{"AutoStart": true}'


def test_what_is_said_already_stays_to_the_letter() -> None:
    data = b'{ "Cpus" : 8,\r\n"Proxy":"http://u:p@x" }'
    todo = change(data, read(data, "x"), {"Cpus": 8})
    assert not todo.needed
    assert todo.after == data.decode()


def test_other_keys_keep_their_text() -> None:
    data = b'{\n  "Big": 1.50e3,\n  "Cpus": 2,\n  "Name": "J\\u00fcrgen"\n}\n'
    todo = change(data, read(data, "x"), {"Cpus": 8})
    assert todo.after == data.decode().replace('"Cpus": 2', '"Cpus": 8')
    assert json.loads(todo.after)["Big"] == 1500


@pytest.mark.parametrize(
    ("data", "place"),
    [
        pytest.param(b"", "line 1, column 1: the file is empty", id="empty"),
        pytest.param(b'{\n "Cpus": 2,\n}', "line 2, column 11: a comma before the closing bracket", id="comma"),
        pytest.param(b"<html>", "line 1, column 1", id="html"),
        pytest.param(b"[]", "the file holds a list", id="a-list"),
        pytest.param(b'{"A": 1, "A": 2}', "the key 'A' is there twice", id="a-key-twice"),
    ],
)
def test_a_file_that_is_no_settings_is_refused_with_the_place(data: bytes, place: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(data, "/x/settings-store.json")
    assert "Could not read Docker Desktop's settings /x/settings-store.json" in str(refused.value)
    assert place in str(refused.value)
    assert str(refused.value).endswith("It was left as it is.")


def test_no_file_yet_is_an_empty_set() -> None:
    assert read(None, "x") == {}
    assert value({"DATAFOLDER": "/d"}, "DataFolder") == "/d"
    assert change(None, {}, {"Cpus": 8}).after == '{\n  "Cpus": 8\n}\n'
