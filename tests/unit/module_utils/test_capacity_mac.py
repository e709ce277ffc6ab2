# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Macs."""

from __future__ import annotations

import os
import plistlib

import pytest

from plugins.module_utils.look import mac
from plugins.module_utils.look.docker_text import Container
from plugins.module_utils.look.probe import Wishes, probe
from tests.unit.capacity_trees import DATA, host, record, says, write

ELSEWHERE = {"disk_path", "disk_free_bytes", "store", "docker", "port_owner"}
NOT_MEASURED = {"memory_bandwidth_bytes_per_second", "memory_bandwidth_method"}
LOOK = Wishes(11434, "/var/lib/nogpu", docker=False, measure_bandwidth=False)


def answers(name, **more):
    programs = {"sysctl": "sysctl.txt", "vm_stat": "vm_stat.txt", "pmset": "pmset.txt"}
    return {**{program: says((DATA / name / file).read_text()) for program, file in programs.items()}, **more}


@pytest.mark.parametrize("laptop", ["apple-m1", "apple-m3"])
def test_a_mac_is_seen_as_it_is(laptop, tmp_path):
    wanted = record(laptop)
    seen = probe(host(tmp_path, answers(laptop)), "darwin", "arm64", LOOK).as_dict()
    for key in ELSEWHERE | NOT_MEASURED:
        wanted.pop(key), seen.pop(key)
    assert seen == wanted


def test_a_mac_that_tells_nothing_is_no_failure(tmp_path):
    reader = host(tmp_path)
    seen = probe(reader, "darwin", "arm64", LOOK)
    assert (seen.cores_logical, seen.core_kinds_known, seen.memory_total_bytes, seen.power) == (1, False, None, None)
    assert reader.notes == ["Could not read hw.memsize with sysctl: memory and cores of this Mac are not known."]


def test_an_intel_mac_has_one_kind_of_cores(tmp_path):
    told = "machdep.cpu.brand_string: Intel(R) Core(TM) i7 CPU\nhw.logicalcpu: 8\nhw.physicalcpu: 4\nhw.memsize: 1\n"
    seen = probe(host(tmp_path, {"sysctl": says(told)}), "darwin", "x86_64", LOOK)
    assert (seen.cores_performance, seen.core_kinds_known, seen.threads_per_core) == (4, True, 2)


@pytest.mark.parametrize(
    ("text", "power"),
    [("Now drawing from 'AC Power'\n", "mains"), ("Now drawing from 'Battery Power'\n", "battery"), ("", None)],
)
def test_power(text, power):
    assert mac.parse_pmset(text) == power


def test_the_owner_of_a_port_is_asked_of_lsof(tmp_path):
    told = {
        "lsof": says((DATA / "apple-m3/lsof.txt").read_text()),
        "ps -o command= -p 612": says("/opt/homebrew/opt/ollama/bin/ollama serve\n"),
    }
    owner = mac.read_port_owner(host(tmp_path, told), 11434, ())
    assert (owner.address, owner.pid, owner.program) == ("127.0.0.1", 612, "ollama")
    assert owner.command == "/opt/homebrew/opt/ollama/bin/ollama serve"
    assert owner.unit is None


@pytest.mark.parametrize("label", ["io.nogpu.ollama", "homebrew.mxcl.ollama"])
def test_an_agent_that_holds_the_port_is_named(label, tmp_path):
    told = {
        "lsof": says((DATA / "apple-m3/lsof.txt").read_text()),
        f"launchctl print gui/{os.getuid()}/{label}": says("gui/501/x = {\n\tpid = 612\n}\n"),
    }
    assert mac.read_port_owner(host(tmp_path, told), 11434, ()).unit == label


def test_homebrew_s_service_is_somebody_s_own(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/Users/anna")
    path = "/Users/anna/Library/LaunchAgents/homebrew.mxcl.ollama.plist"
    words = "<array>\n<string>/opt/homebrew/opt/ollama/bin/ollama</string>\n<string>serve</string>\n</array>"
    write(tmp_path, path, f"<plist><dict><key>ProgramArguments</key>\n{words}</dict></plist>")
    told = {f"launchctl print user/{os.getuid()}/homebrew": says("x = {\n\tpid = 612\n}\n")}
    own = mac.read_own_ollama(host(tmp_path, told))
    assert (own.unit_path, own.command) == (path, "/opt/homebrew/opt/ollama/bin/ollama serve")
    assert (own.enabled, own.active, own.pid) == (True, True, 612)
    assert mac.read_own_ollama(host(tmp_path)).active is False


COMMAND = {"Label": "x", "ProgramArguments": ["/opt/my ollama", "serve", "--a=<b>"]}


@pytest.mark.parametrize(
    ("content", "command"),
    [
        pytest.param(plistlib.dumps(COMMAND), "/opt/my ollama serve --a=<b>", id="xml"),
        pytest.param(plistlib.dumps(COMMAND, fmt=plistlib.FMT_BINARY), "/opt/my ollama serve --a=<b>", id="binary"),
        pytest.param(plistlib.dumps({"Label": "x"}), "", id="names-no-command"),
        pytest.param(plistlib.dumps(["x"]), "", id="a-list"),
        pytest.param(b"<plist><dict><key>", "", id="cut-short"),
        pytest.param(b"bplist00\x00", "", id="binary-cut-short"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_the_command_of_an_agent_s_file(content, command):
    assert mac.parse_command(content) == command


def test_homebrew_s_service_is_seen_in_a_binary_file_too(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/Users/anna")
    file = tmp_path / "Users/anna/Library/LaunchAgents/homebrew.mxcl.ollama.plist"
    file.parent.mkdir(parents=True)
    file.write_bytes(plistlib.dumps(COMMAND, fmt=plistlib.FMT_BINARY))
    assert mac.read_own_ollama(host(tmp_path)).command == "/opt/my ollama serve --a=<b>"


def test_our_agent_is_known_by_its_file(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/Users/anna")
    assert mac.read_ours(host(tmp_path), ()).unit is False
    write(tmp_path, "/Users/anna/Library/LaunchAgents/io.nogpu.ollama.plist", "x")
    assert mac.read_ours(host(tmp_path), ()).unit is True


def test_a_mac_without_one_has_none(tmp_path):
    assert mac.read_own_ollama(host(tmp_path)) is None


def test_docker_desktop_listens_for_its_container(tmp_path):
    told = {"lsof": says("p99\nccom.docker\nn*:11434\n")}
    container = Container("a", "ollama-docker", "nogpu", (("0.0.0.0", 11434, 11434),))
    owner = mac.read_port_owner(host(tmp_path, told), 11434, (container,))
    assert (owner.address, owner.container, owner.container_project) == ("0.0.0.0", "ollama-docker", "nogpu")


def test_a_free_port_has_no_owner(tmp_path):
    assert mac.read_port_owner(host(tmp_path), 11434, ()) is None
