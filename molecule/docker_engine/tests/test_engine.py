# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The engine runs with our settings, and the owner's settings are still there."""

from __future__ import annotations

import json

from testinfra.host import Host

from tests.lab.posture import Facts, judge, score
from tests.lab.posture_checks import ENGINE


def test_the_engine_runs_and_comes_back_at_boot(host: Host) -> None:
    engine = host.service("docker.service")
    assert engine.is_running
    assert engine.is_enabled


def test_compose_v2_is_there(host: Host) -> None:
    assert host.check_output("docker compose version --short").startswith("2.")


def test_the_running_engine_has_our_settings(host: Host) -> None:
    info = json.loads(host.check_output("docker info --format '{{json .}}'"))
    assert info["LiveRestoreEnabled"] is True
    assert info["LoggingDriver"] == "json-file"
    assert "http://172.29.7.2:5000/" in info["RegistryConfig"]["Mirrors"]


def test_the_owner_keeps_what_the_owner_said(host: Host) -> None:
    settings = json.loads(host.file("/etc/docker/daemon.json").content_string)
    assert settings["dns"] == ["192.0.2.53"]
    assert settings["log-opts"] == {"max-size": "1m", "labels": "owner", "max-file": "3"}


def test_daemon_json_can_be_read_by_all_and_written_by_root(host: Host) -> None:
    file = host.file("/etc/docker/daemon.json")
    assert (file.user, file.group, file.mode) == ("root", "root", 0o644)


def test_the_engine_listens_on_no_port(host: Host) -> None:
    assert "dockerd" not in host.check_output("ss -Hltnp")


def test_the_defaults_are_better_than_the_engines_own(posture: Facts) -> None:
    results = judge(ENGINE, posture)
    assert len(results) == 18
    assert score(results) >= 1, results  # a stock engine has -1, our strictest one 5 or more


def test_nobody_was_added_to_the_group_docker(host: Host) -> None:
    assert host.group("docker").members == []


def test_published_ports_need_no_process_each_and_answer_all_the_same(host: Host) -> None:
    assert json.loads(host.file("/etc/docker/daemon.json").content_string)["userland-proxy"] is False
    image = "ollama/ollama:0.9.3"
    host.check_output(f"docker run --rm --detach --name server --publish 8434:11434 {image}")
    try:
        ask = "curl --silent --fail --retry 10 --retry-delay 1 --retry-all-errors http://{}:8434/api/version"
        gateway = host.check_output("docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}'")
        own = host.ansible.get_variables()["ansible_host"]
        for address in ("127.0.0.1", "localhost", own):
            assert "version" in host.check_output(ask.format(address))
        for address in (gateway, own):
            client = f"docker run --rm --env OLLAMA_HOST={address}:8434 {image} list"
            assert "NAME" in host.check_output(client)
        assert host.run("pgrep docker-proxy").rc == 1  # it looked and found none
    finally:
        host.check_output("docker rm --force server")
        host.check_output(f"docker image rm {image}")
