# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""On a machine with cgroup v2 the same promises are in force in Docker and, by the variable alone, natively."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from testinfra.host import Host

from tests.lab.playbooks import ROOT, SITE, Playbooks
from tests.lab.posture import PASS, Facts, faults, judge, read_waivers
from tests.lab.posture_checks import CONTAINER

REPORTS = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", ""))
WAIVERS = ROOT / "molecule" / "site_docker" / "files" / "waivers.yml"

# One call, as each takes seconds on an emulated machine. A name, a tab, and what the kernel says.
LOOK = r"""
say() { printf '%s\t%s\n' "$1" "$(echo $2)"; }
pid=$(pgrep --full --oldest '[o]llama serve')
group=/sys/fs/cgroup$(cut -d: -f3 /proc/$pid/cgroup)
say cgroups "$(stat --file-system --format %T /sys/fs/cgroup)"
say group "$group"
for file in memory.max memory.swap.max; do say $file "$(cat $group/$file)"; done
say cpu.weight "$(cat /sys/fs/cgroup/ollama.slice/cpu.weight)"
say swap "$(tail -n +2 /proc/swaps)"
for field in CapEff NoNewPrivs; do say $field "$(sed -n "s/^$field:\t//p" /proc/$pid/status)"; done
say memlock "$(sed -n 's/^Max locked memory *//p' /proc/$pid/limits)"
say listeners "$(ss -Hltn 'sport = :11434' | awk '{print $4}')"
say servers "$(pgrep --full --count '[o]llama serve')"
say apparmor "$(cat /proc/$pid/attr/current)"
"""
# What the engine, Compose and systemd complain about, which Ansible does not show; the plan's warnings are asked, too.
WARNINGS = {
    # journalctl ends with 1 where it finds nothing.
    "docker": "docker info --format '{{range .Warnings}}{{println .}}{{end}}' && "
    "docker compose --file /etc/nogpu/compose.yaml config --quiet 2>&1 && "
    "{ journalctl --unit docker.service --output cat --no-pager --grep 'level=(warning|error)'; test $? -le 1; }",
    "native": "journalctl --unit ollama.service --unit ollama.slice --output cat --no-pager --priority warning",
}
EXPLAINED = {
    r"health ?check|reading from a closed fifo": "an emulated processor takes long to start a program in a container",
    r"^The laptop is busy": "other scenarios run beside it",
    r"is older than 28: neighbours": "Debian 13 has no newer engine; the plan names nogpu_host_network as the way out",
}
# What has no effect on this machine; the report gives the reason.
PLACEBO = {"LLAMA_ARG_THREADS"}


@pytest.fixture(scope="module", params=["docker", "native"])
def runtime(request: pytest.FixtureRequest, host: Host, playbooks: Playbooks) -> str:
    """Return what runs the server now: Docker after the scenario's converge, and natively after one more run."""
    name: str = request.param
    if name == "native":
        wishes = {"nogpu_runtime": "native", "nogpu_report": f"{REPORTS}/native.json"}
        # An emulated machine takes its time.
        said = playbooks.run(SITE, "--limit", host.backend.host, limit_seconds=3600, **wishes).well().stdout
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(said)  # with the table of what was requested and what is in force
    return name


@pytest.fixture(scope="module")
def seen(host: Host, runtime: str) -> dict[str, str]:
    """Return what the kernel says of the running server."""
    return dict(line.split("\t", 1) for line in host.check_output(LOOK).splitlines())


@pytest.fixture(scope="module")
def report(host: Host, runtime: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REPORTS / f"{runtime}.json").read_text(encoding="utf-8"))["vm1"]
    return found


def test_it_runs_as_the_variable_says(seen: dict[str, str], runtime: str) -> None:
    place = {"docker": r"/ollama\.slice/docker-[0-9a-f]{64}\.scope", "native": r"/ollama\.slice/ollama\.service"}
    assert re.fullmatch("/sys/fs/cgroup" + place[runtime], seen["group"])
    assert seen["servers"] == "1"


def test_the_control_groups_are_version_2_and_there_is_swap_to_keep_out_of(seen: dict[str, str]) -> None:
    assert seen["cgroups"] == "cgroup2fs"
    assert "/swapfile" in seen["swap"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("memory.swap.max", "0", id="no-swap"),
        pytest.param("memlock", "unlimited unlimited bytes", id="memlock"),
        pytest.param("CapEff", "0" * 16, id="no-capability"),
        pytest.param("NoNewPrivs", "1", id="no-new-rights"),
        pytest.param("listeners", "127.0.0.1:11434", id="one-listener-on-loopback"),
        pytest.param("cpu.weight", "2000", id="weight-of-the-slice"),
    ],
)
def test_the_kernel_has_what_was_promised(seen: dict[str, str], name: str, value: str) -> None:
    assert seen[name] == value


def test_the_memory_is_the_planned_one(seen: dict[str, str], report: dict[str, Any]) -> None:
    assert int(seen["memory.max"]) == report["plan"]["server"]["memory_limit_bytes"] > 0


def test_the_proof_agrees_and_each_placebo_has_its_reason(report: dict[str, Any]) -> None:
    rows = report["smoke"]["rows"]
    assert {row["verdict"] for row in rows} == {"in force", "placebo"}
    reasons = {row["setting"]: row["note"] for row in rows if row["verdict"] == "placebo"}
    assert set(reasons) == PLACEBO
    assert all(len(reason.split()) > 5 for reason in reasons.values())
    assert report["smoke"]["answer"]


def test_no_warning_is_left_unexplained(host: Host, runtime: str, report: dict[str, Any]) -> None:
    lines = host.check_output(WARNINGS[runtime]).splitlines() + report["plan"]["why"]["warnings"]
    assert [line for line in lines if line and not any(re.search(each, line) for each in EXPLAINED)] == []


def test_the_container_is_confined_and_each_waiver_of_the_benchmark_holds(
    request: pytest.FixtureRequest, seen: dict[str, str], runtime: str
) -> None:
    if runtime != "docker":
        assert seen["apparmor"] == "unconfined"  # systemd's own means are what confines the unit
        return
    assert seen["apparmor"] == "docker-default (enforce)"
    facts: Facts = request.getfixturevalue("posture")
    results = judge(CONTAINER, facts)
    assert results["5.2"] == PASS
    waivers = read_waivers(yaml.safe_load(WAIVERS.read_text(encoding="utf-8")))
    mine = [each for each in waivers if each.check in results]
    assert faults(results, mine, facts.info["SecurityOptions"]) == []
