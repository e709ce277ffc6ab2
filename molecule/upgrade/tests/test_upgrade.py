# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""One laptop runs 0.9.3 in Docker, the other natively. Each test continues where the test before has ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from testinfra.host import Host

TOO_FAST = 100_000  # tokens a second that no laptop reaches
LEDGER = "/var/lib/nogpu/ledger.json"
FILES = {"docker": "/etc/nogpu/compose.yaml", "native": "/etc/systemd/system/ollama.service"}
DROP_IN = "/etc/systemd/system/ollama.service.d/override.conf"
Site = Callable[..., str]


@pytest.fixture
def runtime(host: Host) -> str:
    return {"laptop1": "docker", "laptop2": "native"}[host.backend.host]


@pytest.fixture
def run(site: Site, runtime: str) -> Site:
    return partial(site, nogpu_runtime=runtime)


@pytest.fixture(autouse=True)
def same_models(host: Host) -> Iterator[None]:
    """No model is downloaded again or lost."""
    look = "cd /var/lib/nogpu/ollama && find . -type f -exec stat --format '%n %i %Y %s' {} + | sort"
    before = host.check_output(look)
    yield
    assert host.check_output(look) == before


def version(api: Callable[..., Any]) -> str:
    return str(api("/api/version")["version"])


def state(host: Host, runtime: str) -> str:
    """What brings the server up: its file, and the version in use."""
    return host.check_output(f"cat {FILES[runtime]}; readlink /opt/nogpu/ollama/current || true")


def test_an_archive_with_a_wrong_hash_leaves_the_old_version_running(
    host: Host, run: Site, runtime: str, api: Callable[..., Any], server: dict[str, str]
) -> None:
    if runtime == "docker":
        words = run(False, nogpu_ollama_version="0.9.9")
        assert "Could not get the image" in words
    else:
        words = run(False, nogpu_ollama_version="0.9.4", ollama_service_checksum="0" * 64)
        assert "checksum" in words
        assert "What ran before still runs" in words
        assert host.check_output("ls -A /opt/nogpu/ollama") == "0.9.3\ncurrent"
    assert "was undone" not in words
    assert version(api) == "0.9.3"
    assert host.process.get(pid=int(server["pid"]))


def test_an_upgrade_that_fails_its_smoke_test_comes_back(
    host: Host, run: Site, runtime: str, api: Callable[..., Any]
) -> None:
    before = state(host, runtime)
    if runtime == "native":
        # What an interrupted download leaves behind.
        staging = "/opt/nogpu/ollama/.staging-0.9.4"
        host.check_output(f"mkdir -p {staging}/tree; echo half > {staging}/ollama-linux-amd64.tgz")
    # In the form that releases before 0.14 have.
    how = {"ollama_service_archive_format": "tgz", "smoke_test_min_tokens_per_second": TOO_FAST}
    words = run(False, nogpu_ollama_version="0.9.4", **how)
    where = {"docker": "in Docker", "native": "natively"}[runtime]
    assert f"{TOO_FAST} needed" in words
    assert f"Ollama 0.9.3 {where} serves again" in words
    assert "has streamed a token of hello:latest" in words
    if runtime == "native":
        assert "The hash of ollama-linux-amd64.tgz 0.9.4 is not in our list: it was taken from http" in words
    assert version(api) == "0.9.3"
    assert state(host, runtime) == before
    assert host.check_output("pgrep --full --count '[o]llama serve'") == "1"


def test_an_upgrade_takes_what_was_edited_by_hand_with_a_copy(
    host: Host, run: Site, runtime: str, api: Callable[..., Any]
) -> None:
    file = FILES[runtime]
    host.check_output(f"echo '# mine' >> {file}")
    host.check_output(f"mkdir -p $(dirname {DROP_IN}); printf '[Service]\\nEnvironment=MINE=1\\n' > {DROP_IN}")
    if runtime == "native":
        add_old_version(host, "/opt/nogpu/ollama/0.9.1")
    words = run(True, nogpu_ollama_version="0.9.4")
    assert "-# mine" in words
    assert version(api) == "0.9.4"
    assert host.check_output(f"grep -l '# mine' {file}.*~")
    assert host.file(DROP_IN).content_string == "[Service]\nEnvironment=MINE=1\n"
    if runtime == "native":
        assert "MINE=1" in host.check_output("tr '\\0' '\\n' < /proc/$(pgrep --full '[o]llama serve')/environ")
        assert host.check_output("ls -A /opt/nogpu/ollama") == "0.9.3\n0.9.4\ncurrent"
        assert "/opt/nogpu/ollama/0.9.1" not in host.file(LEDGER).content_string
    else:
        assert "0.9.3" in host.check_output("docker images --format '{{.Tag}}' ollama/ollama")


def add_old_version(host: Host, tree: str) -> None:
    """Make a folder as an earlier upgrade has left it, and its entry in the ledger."""
    ledger = json.loads(host.file(LEDGER).content_string)
    number = ledger["last_number"] + 1
    entry = {"number": number, "kind": "tree", "name": tree, "owner": "ollama_service", "why": "an earlier upgrade"}
    entry |= {"announced_at": "2026-01-01T00:00:00Z", "before": {"state": "absent"}}
    ledger = {**ledger, "last_number": number, "entries": [*ledger["entries"], entry]}
    host.check_output(f"mkdir -p {tree}/bin; cat > {LEDGER} <<'END'\n{json.dumps(ledger)}\nEND")


def test_a_server_that_does_not_start_is_replaced_by_the_last_good_one(
    host: Host, run: Site, runtime: str, api: Callable[..., Any]
) -> None:
    before = state(host, runtime)
    # Neither can start: a container of 6 MiB, a process that may open four files.
    tiny = {"docker": {"ollama_stack_memory_limit_bytes": 6 << 20}, "native": {"ollama_service_nofile": 4}}[runtime]
    soon = {f"ollama_{'stack' if runtime == 'docker' else 'service'}_start_timeout_seconds": 4}
    words = run(False, nogpu_ollama_version="0.9.3", **tiny, **soon)
    assert "Ollama 0.9.4" in words
    assert "serves again" in words
    assert version(api) == "0.9.4"
    assert state(host, runtime) == before


def test_a_downgrade_is_an_upgrade_to_another_version(run: Site, api: Callable[..., Any]) -> None:
    run(True, nogpu_ollama_version="0.9.3")
    assert version(api) == "0.9.3"


def test_removal_knows_all_that_came_and_went(host: Host, run: Site, runtime: str) -> None:
    words = run(True, playbook="playbooks/remove.yml", removal_stable_seconds=1)
    assert "docker0" not in words  # Docker was there before us and stays, or never was
    assert host.run("pgrep --full '[o]llama serve'").rc == 1  # none; 127 would be no pgrep
    assert not host.file("/opt/nogpu").exists
    assert not host.file("/var/lib/nogpu/proven").exists
    assert not host.file(FILES[runtime]).exists
    if runtime == "docker":
        assert host.check_output("docker images --quiet ollama/ollama") == ""
