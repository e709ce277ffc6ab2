# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the scenarios' tests share: they ask the running laptop, and show its log when they fail."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab.playbooks import SITE, Playbooks
from tests.lab.posture import Facts

API = "http://127.0.0.1:11434"

# All that tests.lab.posture judges, in one call.
LOOK = """
docker info --format '{{json .}}'; echo --
docker inspect ollama-docker 2>/dev/null; echo --
cat /etc/docker/daemon.json; echo --
tr '\\0' ' ' < /proc/$(pgrep -ox dockerd)/cmdline; echo --
for unit in docker.service docker.socket; do
    stat -L -c "$unit %U:%G %a" $(systemctl show --property FragmentPath --value $unit)
done
stat -L -c '%n %U:%G %a' /etc/docker /etc/docker/daemon.json /etc/default/docker /run/docker.sock \\
    /run/containerd/containerd.sock; echo --
docker top ollama-docker -o pid,comm 2>/dev/null || true
"""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the laptop's last log lines with a failed test."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed and "host" in getattr(item, "funcargs", {}):
        journal = item.funcargs["host"].run(
            "journalctl --no-pager --lines 40; docker logs --tail 20 ollama-docker 2>&1"
        )
        report.sections.append(("laptop", journal.stdout))


@pytest.fixture
def api(host: Host) -> Callable[..., Any]:
    """Return `api(path, body=None)`: one call of Ollama's API from the laptop itself, as JSON."""

    def call(path: str, body: dict[str, Any] | None = None) -> Any:
        data = f"--data '{json.dumps(body)}'" if body is not None else ""
        return json.loads(host.check_output(f"curl --silent --show-error --fail {API}{path} {data}"))

    return call


@pytest.fixture
def status(host: Host) -> Callable[[str], str]:
    """Return `status(header)`: the HTTP status that Ollama answers a question with this header with."""
    ask = f"curl -s -o /dev/null -w '%{{http_code}}' {API}/api/tags -H"
    return lambda header: host.check_output(f"{ask} '{header}'")


@pytest.fixture
def pieces(host: Host) -> list[dict[str, Any]]:
    """Return an answer of the model hello as it streams."""
    body = json.dumps({"model": "hello", "prompt": "Why is the sky blue?", "stream": True})
    lines = host.check_output(f"curl -sN http://localhost:11434/api/generate -d '{body}'").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def server(host: Host) -> dict[str, str]:
    """Return /proc/PID/status of the running server, and its pid as "pid"."""
    pid = host.check_output("pgrep --full --oldest '[o]llama serve'")
    lines = host.check_output(f"cat /proc/{pid}/status").splitlines()
    return {**{key: value.strip() for key, _, value in (line.partition(":") for line in lines)}, "pid": pid}


@pytest.fixture
def limits(host: Host, server: dict[str, str]) -> dict[str, str]:
    """Return the soft limits of the running server as /proc has them: {"Max open files": "16384", ...}."""
    lines = host.check_output(f"cat /proc/{server['pid']}/limits").splitlines()[1:]
    return {line[:25].strip(): line[26:46].strip() for line in lines}


@pytest.fixture
def listeners(host: Host) -> list[str]:
    """Return the addresses on which the laptop listens for Ollama."""
    return [line.split()[3] for line in host.check_output("ss -Hltn 'sport = :11434'").splitlines()]


@pytest.fixture(scope="module")
def posture(host: Host) -> Facts:
    """Return what the engine and our container answer; without one the container's facts are empty."""
    info, containers, settings, command, files, programs = host.run(LOOK).stdout.split("--\n")
    rights = dict(line.split(" ", 1) for line in files.splitlines())
    container = (json.loads(containers) or [{}])[0]
    return Facts(json.loads(info), container, json.loads(settings), command, rights, programs)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let a module's testinfra_hosts pick among the scenario's laptops: --hosts, which names all, goes before it."""

    def elsewhere(item: pytest.Item) -> bool:
        picked = getattr(item.getparent(pytest.Module).obj, "testinfra_hosts", [])  # type: ignore[union-attr]
        names = item.name.partition("[")[2]
        return bool(picked) and "ansible://" in names and not any(host in names for host in picked)

    config.hook.pytest_deselected(items=[item for item in items if elsewhere(item)])
    items[:] = [item for item in items if not elsewhere(item)]


@pytest.fixture
def adhoc(request: pytest.FixtureRequest, host: Host) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Return `adhoc(module, **arguments)`: run one module on the laptop as root; its exit code and its answer."""

    def run(module: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
        inventory = request.config.option.ansible_inventory
        command = ["ansible", "-i", inventory, host.backend.host, "--become", "-m", module, "-a", json.dumps(arguments)]
        env = {
            **os.environ,
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORCE_COLOR": "0",
        }
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        return done.returncode, json.loads(done.stdout.partition(" => ")[2])

    return run


@pytest.fixture(scope="session")
def playbooks(request: pytest.FixtureRequest) -> Playbooks:
    """Return what runs playbooks on the scenario's laptops."""
    return Playbooks(request.config.option.ansible_inventory)


@pytest.fixture
def site(playbooks: Playbooks, host: Host) -> Callable[..., str]:
    """Return `site(ends_well, playbook=site.yml, **variables)`: run it on the laptop; its output on one line."""

    def run(ends_well: bool, playbook: str = SITE, **variables: Any) -> str:
        ended = playbooks.run(playbook, "--limit", host.backend.host, "--diff", **variables)
        return (ended.well() if ends_well else ended.badly()).sentence

    return run
