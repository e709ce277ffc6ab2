# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The checks tell a plain `docker run` from a hardened container, and a stock engine from ours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.posture import INFO, PASS, WARN, Facts, Waiver, faults, judge, read_waivers, score
from tests.lab.posture_checks import CONTAINER, ENGINE, FILES, USER

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests/unit/data/posture"
# Docker 26 calls the profile builtin, which docker-bench does not know: 2.17 is INFO.
INFO_STOCK: dict[str, Any] = {
    "Driver": "overlay2",
    "LoggingDriver": "json-file",
    "LiveRestoreEnabled": False,
    "SecurityOptions": ["name=seccomp,profile=builtin"],
    "ExperimentalBuild": False,
    "Swarm": {"LocalNodeState": "inactive"},
}
PROTECTED = {
    "docker.service": "root:root 644",
    "/etc/docker": "root:root 755",
    "/run/docker.sock": "root:docker 660",
}


def container(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / f"docker-26.1.5-{name}.json").read_text(encoding="utf-8"))
    return found


def facts(name: str = "plain", **different: Any) -> Facts:
    return replace(Facts(INFO_STOCK, container(name), {}, "/usr/sbin/dockerd -H fd://"), **different)


def warned(results: dict[str, str]) -> set[str]:
    return {number for number, result in results.items() if result == WARN}


def test_a_plain_docker_run_scores_6() -> None:
    results = judge(CONTAINER, facts("plain"))
    assert (len(results), score(results)) == (32, 6)
    assert warned(results) == {"5.2", "5.3", "5.9", "5.11", "5.12", "5.13", "5.14", "5.26", "5.27", "5.29"}
    assert judge([USER], facts("plain")) == {"4.1": WARN}


def test_our_container_scores_23() -> None:
    results = judge(CONTAINER, facts("ours"))
    assert (len(results), score(results)) == (32, 23)
    assert warned(results) == {"5.2", "5.9", "5.15"}
    assert judge([USER], facts("ours")) == {"4.1": PASS}


def test_a_stock_engine_scores_minus_1() -> None:
    results = judge(ENGINE, facts())
    assert (len(results), score(results)) == (18, -1)
    assert warned(results) == {"2.2", "2.9", "2.12", "2.13", "2.14", "2.15", "2.16"}


def host(**different: Any) -> dict[str, Any]:
    ours = container("ours")
    return {**ours, "HostConfig": {**ours["HostConfig"], **different}}


def mount(source: str, writable: bool = True, propagation: str = "") -> dict[str, Any]:
    return {**container("ours"), "Mounts": [{"RW": writable, "Source": source, "Propagation": propagation}]}


def port(number: str) -> dict[str, Any]:
    ports = {f"{number}/tcp": [{"HostIp": "127.0.0.1", "HostPort": number}]}
    return {**container("ours"), "NetworkSettings": {"Ports": ports}}


@pytest.mark.parametrize(
    ("number", "changed"),
    [
        pytest.param("5.4", host(CapAdd=["SYS_ADMIN"]), id="capability"),
        pytest.param("5.5", host(Privileged=True), id="privileged"),
        pytest.param("5.6", mount("/etc"), id="etc"),
        pytest.param("5.8", port("80"), id="port-80"),
        pytest.param("5.10", host(NetworkMode="host"), id="network"),
        pytest.param("5.11", host(Memory=0), id="memory"),
        pytest.param("5.12", host(CpuShares=0), id="cpu"),
        pytest.param("5.13", host(ReadonlyRootfs=False), id="writable"),
        pytest.param("5.16", host(PidMode="host"), id="processes"),
        pytest.param("5.17", host(IpcMode="host"), id="memory-of-the-laptop"),
        pytest.param("5.20", mount("/a", propagation="rshared"), id="shared-mount"),
        pytest.param("5.21", host(UTSMode="host"), id="name"),
        pytest.param("5.22", host(SecurityOpt=["no-new-privileges:true", "seccomp:unconfined"]), id="seccomp"),
        pytest.param("5.25", host(CgroupParent="mine"), id="cgroup"),
        pytest.param("5.26", host(SecurityOpt=["apparmor=docker-default"]), id="new-rights"),
        pytest.param("5.27", {**container("ours"), "State": {"Running": True}}, id="no-healthcheck"),
        pytest.param("5.29", host(PidsLimit=-1), id="no-limit-of-processes"),
        pytest.param("5.31", host(UsernsMode="host"), id="users"),
        pytest.param("5.32", mount("/run/docker.sock", False), id="socket"),
    ],
)  # fmt: skip
def test_each_weakness_of_a_container_is_seen(number: str, changed: dict[str, Any]) -> None:
    assert judge(CONTAINER, facts("ours"))[number] == PASS
    assert judge(CONTAINER, facts("ours", container=changed))[number] == WARN


@pytest.mark.parametrize(
    ("name", "count", "result"),
    [("no", 0, INFO), ("on-failure", 5, PASS), ("on-failure", 6, WARN), ("on-failure", 0, WARN), ("always", 0, WARN)],
)
def test_endless_restarts_are_seen(name: str, count: int, result: str) -> None:
    policy = {"Name": name, "MaximumRetryCount": count}
    assert judge(CONTAINER, facts("ours", container=host(RestartPolicy=policy)))["5.15"] == result


def test_an_sshd_inside_and_a_swarm_are_seen() -> None:
    swarm = {**INFO_STOCK, "Swarm": {"LocalNodeState": "active"}}
    results = judge(CONTAINER, facts("ours", programs="12 ollama\n13 sshd", info=swarm))
    assert (results["5.1"], results["5.7"]) == (WARN, WARN)


@pytest.mark.parametrize(
    ("number", "settings", "result"),
    [
        pytest.param("2.2", {"icc": False}, PASS, id="icc"),
        pytest.param("2.3", {"log-level": "debug"}, WARN, id="debug"),
        pytest.param("2.4", {"iptables": False}, WARN, id="no-firewall-rules"),
        pytest.param("2.5", {"insecure-registries": ["a:5000"]}, WARN, id="insecure"),
        pytest.param("2.5", {"insecure-registries": []}, PASS, id="none-insecure"),
        pytest.param("2.7", {"hosts": ["tcp://0.0.0.0:2375"]}, WARN, id="open-to-all"),
        pytest.param("2.7", {"hosts": ["tcp://0.0.0.0:2376"], "tlsverify": True}, PASS, id="certificates"),
        pytest.param("2.7", {}, INFO, id="not-on-tcp"),
        pytest.param("2.8", {"default-ulimits": {"nofile": {}}}, PASS, id="limits"),
        pytest.param("2.9", {"userns-remap": "default"}, PASS, id="users"),
        pytest.param("2.10", {"cgroup-parent": "/a"}, WARN, id="cgroup"),
        pytest.param("2.11", {"storage-opts": ["dm.basesize=20G"]}, WARN, id="base-size"),
        pytest.param("2.12", {"authorization-plugins": ["a"]}, PASS, id="plugin"),
        pytest.param("2.14", {"no-new-privileges": True}, PASS, id="new-rights"),
        pytest.param("2.16", {"userland-proxy": False}, PASS, id="proxy"),
        pytest.param("2.16", {"userland-proxy": True}, WARN, id="proxy-as-usual"),
    ],
)
def test_the_engines_settings_are_judged(number: str, settings: dict[str, Any], result: str) -> None:
    assert judge(ENGINE, facts(settings=settings))[number] == result


def test_the_command_line_counts_as_well_as_the_file() -> None:
    command = "/usr/sbin/dockerd -H tcp://0.0.0.0:2375 --userland-proxy=false --no-new-privileges --icc=false"
    results = judge(ENGINE, facts(command=command))
    assert [results[number] for number in ("2.2", "2.7", "2.14", "2.16")] == [PASS, WARN, PASS, PASS]


@pytest.mark.parametrize(
    ("number", "path", "rights"),
    [
        pytest.param("3.1-2", "docker.service", "root:root 664", id="group-may-write"),
        pytest.param("3.5-6", "/etc/docker", "teammate:root 755", id="owner"),
        pytest.param("3.15-16", "/run/docker.sock", "root:docker 666", id="all-may-write"),
    ],
)
def test_a_file_that_somebody_else_may_write_is_seen(number: str, path: str, rights: str) -> None:
    assert warned(judge(FILES, facts(files=PROTECTED))) == set()
    assert warned(judge(FILES, facts(files={**PROTECTED, path: rights}))) == {number}


def test_stricter_rights_are_no_fault() -> None:
    assert judge(FILES, facts(files={"/etc/docker": "root:root 700"}))["3.5-6"] == PASS


def test_a_container_that_does_not_run_is_not_judged() -> None:
    stopped = {**container("ours"), "State": {"Running": False}}
    with pytest.raises(ValueError, match="does not run: nothing was judged"):
        judge(CONTAINER, facts(container=stopped))


def test_a_warning_needs_a_waiver_and_a_waiver_a_warning() -> None:
    waivers = [Waiver("5.9", "because"), Waiver("5.4", "because")]
    assert faults({"5.2": WARN, "5.4": PASS, "5.9": WARN}, waivers) == [
        "5.2 warns, and no waiver says why",
        "5.4 is waived, but says PASS: drop the waiver",
    ]


def test_a_waiver_for_a_kernel_without_apparmor_does_not_count_where_there_is_one() -> None:
    waiver = Waiver("5.2", "because", "name=apparmor")
    assert faults({"5.2": WARN}, [waiver], ["name=seccomp"]) == []
    assert faults({"5.2": PASS}, [waiver], ["name=apparmor"]) == []
    assert faults({"5.2": WARN}, [waiver], ["name=apparmor"]) == ["5.2 warns, and no waiver says why"]


def test_waivers_that_grow_or_say_not_why_are_refused() -> None:
    with pytest.raises(ValueError, match="16 waivers"):
        read_waivers([{"check": str(number), "reason": "it is so because"} for number in range(16)])
    with pytest.raises(ValueError, match=r"no reason for 5\.9"):
        read_waivers([{"check": "5.9", "reason": "-"}])


def test_the_waivers_in_use_are_few_and_reasoned() -> None:
    path = ROOT / "molecule/site_docker/files/waivers.yml"
    assert len(read_waivers(yaml.safe_load(path.read_text(encoding="utf-8")))) == 8
