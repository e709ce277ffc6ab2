# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A bare laptop has become one that streams answers out of a hardened container."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

MIRROR = "172.29.7.2:5000"


def test_the_tutorials_list_works(host: Host) -> None:
    assert "hello:latest" in host.check_output("docker exec ollama-docker ollama list")


def test_the_tutorials_pull_works(host: Host) -> None:
    # The lab's registry speaks plain http, hence --insecure; upstream's needs neither it nor the address.
    host.check_output(f"docker exec ollama-docker ollama pull --insecure {MIRROR}/library/tiny:random")
    assert "tiny:random" in host.check_output("docker exec ollama-docker ollama list")
    host.check_output(f"docker exec ollama-docker ollama rm {MIRROR}/library/tiny:random")


def test_the_tutorials_first_question_is_answered_in_one_piece(host: Host) -> None:
    body = json.dumps({"model": "hello", "prompt": "Why is the sky blue?", "stream": False})
    answer = json.loads(host.check_output(f"curl -sf http://localhost:11434/api/generate -d '{body}'"))
    assert answer["done"] is True
    assert "without any GPU" in answer["response"]


def test_the_tutorials_stream_with_curl_and_jq_works(host: Host) -> None:
    body = json.dumps({"model": "hello", "prompt": "Why is the sky blue?", "stream": True})
    pipeline = f"curl -sN http://localhost:11434/api/generate -d '{body}' | jq --unbuffered -j '.response'"
    assert "without any GPU" in host.check_output(pipeline)


def test_the_answer_comes_in_pieces(pieces: list[dict[str, Any]]) -> None:
    assert len(pieces) >= 12
    assert pieces[-1]["done"] is True


def test_only_loopback_listens(listeners: list[str]) -> None:
    assert listeners
    assert all(address in ("127.0.0.1:11434", "[::1]:11434") for address in listeners)


@pytest.mark.parametrize(("field", "value"), [("CapEff", "0" * 16), ("NoNewPrivs", "1"), ("Seccomp", "2")])
def test_the_server_holds_no_right_beyond_a_plain_user(server: dict[str, str], field: str, value: str) -> None:
    assert server[field] == value


def test_the_server_runs_as_the_owner_of_the_store(host: Host, server: dict[str, str]) -> None:
    assert server["Uid"].split()[0] == str(host.user("ollama").uid) != "0"


def test_the_running_server_has_the_limits(limits: dict[str, str]) -> None:
    assert limits["Max stack size"] == "67108864"
    assert limits["Max open files"] == "16384"
    assert limits["Max locked memory"] == "8388608"
    assert limits["Max core file size"] == "0"


def test_the_container_may_not_swap(host: Host) -> None:
    memory, with_swap = host.check_output(
        "docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}' ollama-docker"
    ).split()
    assert memory == with_swap != "0"


def test_the_container_cannot_write_outside_its_models(host: Host) -> None:
    refused = host.run("docker exec ollama-docker sh -c 'echo > /x'")
    assert refused.rc != 0
    assert "Read-only file system" in refused.stderr


def test_the_container_is_healthy_and_comes_back_at_boot(host: Host) -> None:
    policy = host.check_output("docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' ollama-docker")
    assert policy == "unless-stopped"
    assert host.check_output("docker exec ollama-docker /bin/ollama list")


def test_the_volume_is_the_store_of_both_runtimes(host: Host, api: Callable[..., Any]) -> None:
    device = host.check_output("docker volume inspect --format '{{.Options.device}}' ollama-data")
    assert device == "/var/lib/nogpu/ollama"
    assert [model["name"] for model in api("/api/tags")["models"]] == ["hello:latest"]


def test_the_ledger_says_what_was_done(host: Host) -> None:
    names = {entry["name"] for entry in json.loads(host.file("/var/lib/nogpu/ledger.json").content_string)["entries"]}
    assert {
        "/etc/docker/daemon.json",
        "docker.io",
        "/etc/nogpu/compose.yaml",
        "ollama",
        "/var/lib/nogpu/ollama",
    } <= names


def test_the_server_weighs_twenty_times_the_desktop(adhoc: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    code, found = adhoc("nogpu.ollama.effective_limits", container="ollama-docker", promises={"cpu_weight": 2000})
    assert code == 0, found
    row = found["rows"][0]
    assert (row["verdict"], row["effective"]) == ("in force", 2000)
    assert "/ollama.slice/cpu." in row["source"]
