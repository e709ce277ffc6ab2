# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Parsers of /proc and /sys."""

from __future__ import annotations

import pytest

from plugins.module_utils.host import system_text as text

IDENTITY = "5c1b7e7a" + "0" * 56


@pytest.mark.parametrize(
    ("written", "cpus"),
    [
        pytest.param("0-3,8", {0, 1, 2, 3, 8}, id="range-and-single"),
        pytest.param("0,4", {0, 4}, id="two-threads-of-a-core"),
        pytest.param("5", {5}, id="single"),
        pytest.param("", set(), id="empty"),
        pytest.param("none", set(), id="malformed"),
    ],
)
def test_cpu_list(written, cpus):
    assert text.parse_cpu_list(written) == cpus


def test_cpuinfo_of_x86_counts_cores_and_keeps_only_flags_that_count():
    processor = "model name\t: Some CPU\nphysical id\t: 0\ncore id\t\t: {}\nflags\t\t: fpu avx2 fma hypervisor\n"
    info = text.parse_cpuinfo("".join(f"processor\t: {n}\n{processor.format(n // 2)}\n" for n in range(4)))
    assert info == text.CpuInfo("Some CPU", ("avx2", "fma"), 4, (("0", "0"), ("0", "0"), ("0", "1"), ("0", "1")), True)


def test_cpuinfo_of_arm_has_features_and_no_cores():
    info = text.parse_cpuinfo("processor\t: 0\nFeatures\t: fp asimddp i8mm\n\nModel\t\t: Raspberry Pi 5\n")
    assert info == text.CpuInfo("Raspberry Pi 5", ("asimddp", "i8mm"), 1, (), False)


def test_the_board_of_an_old_arm_kernel_is_called_hardware():
    assert text.parse_cpuinfo("processor\t: 0\nnot a pair\nHardware\t: BCM2835\n").model == "BCM2835"
    assert text.parse_cpuinfo("Processor\t: x\nprocessor\t: none\nprocessor\t: 1\n").processors == 1


def test_where_no_fast_core_is_left_all_count():
    assert text.count_cores({0: frozenset({0})}, frozenset({7})).performance == 1


def test_properties_of_a_unit_may_hold_equals_signs_and_other_lines_are_left_out():
    assert text.parse_properties("A=b=c\n\nodd\nD=\n") == {"A": "b=c", "D": ""}


def test_empty_cpuinfo_knows_nothing():
    assert text.parse_cpuinfo("") == text.CpuInfo(None, (), 0, (), False)


def test_hybrid_cores_count_once_and_only_fast_ones_perform():
    siblings = {0: frozenset({0, 1}), 1: frozenset({0, 1}), 2: frozenset({2}), 3: frozenset({3})}
    assert text.count_cores(siblings, frozenset({0, 1})) == text.Cores(4, 3, 1, True, 2)


def test_a_sibling_that_is_offline_is_no_thread():
    assert text.count_cores({0: frozenset({0, 1})}, None).threads_per_core == 1


@pytest.mark.parametrize(
    ("strengths", "least", "fast"),
    [
        pytest.param({0: 414, 1: 1024}, 0.6, {1}, id="little-and-big"),
        pytest.param({0: 250, 1: 780, 2: 1024}, 0.6, {1, 2}, id="a-middle-core-is-fast"),
        pytest.param({0: 1800000, 1: 2400000}, 0.8, {1}, id="by-clock"),
        pytest.param({0: 1024, 1: 1024}, 0.6, {0, 1}, id="all-alike"),
    ],
)
def test_fast_cpus(strengths, least, fast):
    assert text.fast_cpus(strengths, least) == fast


def test_meminfo_is_in_bytes_and_skips_what_is_no_size():
    assert text.parse_meminfo("MemTotal:  2 kB\nHugePages_Total:  0\nActive(anon): 3 kB\n") == {"MemTotal": 2048}


@pytest.mark.parametrize(
    ("written", "cores"),
    [("250000 100000", 2.5), ("50000 100000", 0.5), ("max 100000", None), ("", None), ("1000 0", None)],
)
def test_quota_of_version_2(written, cores):
    assert text.parse_quota_v2(written) == cores


@pytest.mark.parametrize(
    ("quota", "period", "cores"),
    [("300000", "100000", 3.0), ("-1", "100000", None), ("", "", None), ("50000", "0", None)],
)
def test_quota_of_version_1(quota, period, cores):
    assert text.parse_quota_v1(quota, period) == cores


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        pytest.param("0::/system.slice/ollama.service", "ollama.service", id="system"),
        pytest.param("4:cpu:/\n1:name=systemd:/ollama.slice/ollama.service", "ollama.service", id="version-1"),
        pytest.param("0::/user.slice/user@1000.service/app.slice/ollama.service", "ollama.service", id="inmost"),
        pytest.param("0::/user.slice/session-3.scope", None, id="a-login"),
    ],
)
def test_unit(written, unit):
    assert text.parse_unit(written) == unit


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        pytest.param(f"0::/system.slice/docker-{IDENTITY}.scope", IDENTITY, id="systemd-driver"),
        pytest.param(f"4:cpu:/docker/{IDENTITY}\n0::/", IDENTITY, id="cgroupfs-driver"),
        pytest.param("0::/system.slice/ollama.service", None, id="no-container"),
    ],
)
def test_container_id(written, identity):
    assert text.parse_container_id(written) == identity


@pytest.mark.parametrize(
    ("hexadecimal", "address"),
    [
        pytest.param("0100007F", "127.0.0.1", id="loopback"),
        pytest.param("00000000", "0.0.0.0", id="everywhere"),
        pytest.param("00000000000000000000000001000000", "::1", id="loopback-6"),
        pytest.param("0000000000000000FFFF00000100007F", "::ffff:7f00:1", id="mapped"),
    ],
)
def test_listeners_have_readable_addresses(hexadecimal, address):
    row = f"   0: {hexadecimal}:2CAA 0:0 0A 0:0 00:0 00000000     0        0 552 1 0 100 0 0 10 0"
    listener = text.parse_listeners(f"header\n{row}\n", 11434)[0]
    assert listener.inode == "552"
    assert listener.address in (address, "::ffff:127.0.0.1" if "ffff" in address else address)


@pytest.mark.parametrize(("state", "port"), [("01", "2CAA"), ("0A", "2CAB")], ids=["a-connection", "another-port"])
def test_other_sockets_are_no_listeners(state, port):
    row = f"   0: 0100007F:{port} 0:0 {state} 0:0 00:0 00000000     0        0 552 1 0 100 0 0 10 0"
    assert text.parse_listeners(f"header\n{row}\n\n", 11434) == []


@pytest.mark.parametrize(
    ("supplies", "power"),
    [
        pytest.param([], None, id="a-machine-without-supplies"),
        pytest.param([{"type": "Mains", "online": "1"}, {"type": "Battery", "status": "Full"}], "mains", id="plugged"),
        pytest.param([{"type": "Mains", "online": "0"}, {"type": "Battery", "status": "Unknown"}], "battery", id="off"),
        pytest.param([{"type": "USB", "online": "1"}, {"type": "Battery", "status": "Discharging"}], "mains", id="usb"),
        pytest.param([{"type": "Battery", "status": "Discharging"}], "battery", id="battery-alone"),
        pytest.param([{"type": "Battery", "status": "Charging"}], "mains", id="charging"),
        pytest.param([{"type": "Mains", "online": "0"}], None, id="a-charger-without-a-battery"),
        pytest.param([{"type": "Battery", "status": "Discharging", "scope": "Device"}], None, id="a-mouse"),
    ],
)
def test_power(supplies, power):
    assert text.parse_power(supplies) == power
