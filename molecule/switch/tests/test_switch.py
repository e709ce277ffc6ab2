# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""After native, Docker, native, Docker: the container serves, and a switch that fails is undone."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab.playbooks import ROOT, Playbooks

CONNECTION_REFUSED = 7  # as curl says it
DROP_IN = "/etc/systemd/system/ollama.service.d/override.conf"

RENAMED = "my-llm, which is ours under another name (needed: ollama-docker)"
REMEDY = "Give it its name back: sudo docker rename my-llm ollama-docker."


def assert_docker_serves(host: Host) -> None:
    """The container runs and comes up at boot; the unit does neither."""
    assert host.check_output("docker inspect --format '{{.State.Running}}' ollama-docker") == "true"
    unit = host.service("ollama.service")
    assert not unit.is_running
    assert not unit.is_enabled
    assert host.check_output("pgrep --full --count '[o]llama serve'") == "1"


def test_the_container_serves_and_the_unit_is_off_even_after_a_boot(host: Host, api: Callable[..., Any]) -> None:
    assert_docker_serves(host)
    assert [model["name"] for model in api("/api/tags")["models"]] == ["hello:latest"]


@pytest.mark.parametrize(
    ("then", "sentences"),
    [
        pytest.param("true", [RENAMED, REMEDY, "changed=0"], id="renamed"),
        # What served before is started again, under whatever name.
        pytest.param("docker stop my-llm", [RENAMED, REMEDY], id="renamed and stopped"),
        pytest.param(
            "docker stop my-llm; docker create --name ollama-docker --entrypoint sleep $(docker images --quiet) 9",
            ["A container named ollama-docker is already on laptop1, and it is not ours"],
            id="its place taken",
        ),
    ],
)
def test_a_container_renamed_by_hand(host: Host, site: Callable[..., str], then: str, sentences: list[str]) -> None:
    host.check_output(f"docker rename ollama-docker my-llm; {then}")
    try:
        words = site(False, nogpu_runtime="docker")
    finally:
        host.run("docker inspect my-llm && docker rm --force ollama-docker")
        host.check_output("docker rename my-llm ollama-docker; docker start ollama-docker")
    assert [sentence for sentence in sentences if sentence not in words] == []
    assert_docker_serves(host)


@pytest.fixture
def owners_drop_in(host: Host) -> Iterator[Callable[[str], None]]:
    """Return `write(line)`: the laptop's owner has a drop-in for the unit, which is there and the same at the end."""
    kept = []

    def write(line: str) -> None:
        kept[:] = [f"[Service]\n{line}"]
        host.check_output(f"mkdir -p $(dirname {DROP_IN}); printf '%s' '{kept[0]}' > {DROP_IN}")

    yield write
    assert host.file(DROP_IN).content_string == kept[0]
    host.check_output(f"rm {DROP_IN}; systemctl daemon-reload")


def test_a_switch_that_was_cut_off_and_then_fails_still_comes_back(
    host: Host, site: Callable[..., str], owners_drop_in: Callable[[str], None], playbooks: Playbooks
) -> None:
    # The unit takes its time to start, and the run is killed meanwhile: nobody serves.
    owners_drop_in("ExecStartPre=/bin/sleep 60")
    command = playbooks.command(nogpu_runtime="native")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert any("Stop the stack, which holds the port" in line for line in run.stdout)
        for _line in run.stdout:
            if host.run("docker inspect --format '{{.State.Running}}' ollama-docker").stdout.strip() == "false":
                break
        run.kill()
    assert host.run("curl -sf http://127.0.0.1:11434/api/version").rc == CONNECTION_REFUSED

    owners_drop_in("ExecStartPre=/bin/false")
    words = site(False, nogpu_runtime="native", ollama_service_start_timeout_seconds=5)
    assert "ollama.service" in words
    assert "Ollama 0.9.3 in Docker serves again" in words
    assert "has streamed a token of hello:latest" in words
    assert_docker_serves(host)


def test_a_switch_to_what_is_too_slow_comes_back(host: Host, site: Callable[..., str]) -> None:
    words = site(False, nogpu_runtime="native", smoke_test_min_tokens_per_second=100_000)
    assert "100000 needed" in words
    assert "Ollama 0.9.3 in Docker serves again" in words
    assert "Correct the cause and run again" in words
    assert_docker_serves(host)
