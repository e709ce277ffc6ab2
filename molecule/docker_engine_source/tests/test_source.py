# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Docker from its own signed repository, from the distribution where that fails, and one in place of the other."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[3]
SOURCES, KEY = "/etc/apt/sources.list.d/docker.sources", "/etc/apt/keyrings/docker.asc"


@dataclass(frozen=True)
class Run:
    code: int
    text: str


Play = Callable[..., Run]


def laptop(request: pytest.FixtureRequest, name: str) -> Host:
    inventory = request.config.option.ansible_inventory
    return testinfra.get_host(f"ansible://{name}", ansible_inventory=inventory, sudo=True)


@pytest.fixture
def owner(request: pytest.FixtureRequest) -> Host:
    """The laptop on which one engine follows the other. Not `host`: Molecule asks for tests on all of them."""
    return laptop(request, "laptop1")


@pytest.fixture
def repository(request: pytest.FixtureRequest) -> Host:
    return laptop(request, "laptop2")


@pytest.fixture
def play(request: pytest.FixtureRequest, repository: Host) -> Play:
    """Return `play(laptop, **variables)`: the role with the lab's repository and its key; words come on one line."""
    address = repository.check_output("hostname -I").split()[0]
    fingerprint = repository.check_output("cat /srv/repository/fingerprint")

    def run(on: str, folder: str = "", **variables: Any) -> Run:
        known = {
            "source_laptop": on,
            "docker_engine_repository_url": f"http://{address}:8000/{folder}".rstrip("/"),
            "docker_engine_repository_key_fingerprint": fingerprint,
        }
        command = ["ansible-playbook", "-i", request.config.option.ansible_inventory,
                   "molecule/docker_engine_source/converge.yml", "-e", json.dumps({**known, **variables})]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert "Traceback" not in done.stdout
        return Run(done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr))

    return run


def packages(host: Host) -> set[str]:
    text = host.check_output("dpkg-query -W -f '${Package} ${db:Status-Status}\\n'")
    names = {line.split()[0] for line in text.splitlines() if line.endswith(" installed")}
    return {name for name in names if re.match(r"docker|containerd|runc", name)}


class TestRefusedWithoutATrace:
    @pytest.fixture(autouse=True)
    def untouched(self, owner: Host) -> Any:
        yield
        assert packages(owner) == set()
        assert not owner.file(SOURCES).exists
        assert not owner.file(KEY).exists
        owner.check_output("apt-get update -o APT::Update::Error-Mode=any")

    def test_a_key_that_is_not_dockers(self, play: Play, repository: Host) -> None:
        run = play("laptop1", docker_engine_repository_key_fingerprint="")
        assert run.code != 0
        assert repository.check_output("cat /srv/repository/fingerprint") in run.text
        assert "needed: 9DC858229FC7DD38854AE2D88D81803C0EBFCD88" in run.text

    def test_a_web_page_in_place_of_the_key(self, play: Play) -> None:
        run = play("laptop1", "page-for-key", docker_engine_source="docker")
        assert run.code != 0
        assert "captive portal" in run.text

    def test_a_web_page_in_place_of_everything(self, play: Play) -> None:
        run = play("laptop1", "page", docker_engine_source="docker")
        assert run.code != 0
        assert "captive portal" in run.text

    def test_lists_that_the_key_did_not_sign(self, play: Play, repository: Host) -> None:
        other = repository.check_output("cat /srv/repository/other-fingerprint")
        run = play("laptop1", "other-key", docker_engine_repository_key_fingerprint=other)
        assert run.code != 0
        assert "It was taken out again" in run.text

    def test_a_package_manager_that_somebody_holds(self, play: Play, owner: Host) -> None:
        lock = "lock = open('/var/lib/dpkg/lock-frontend', 'w'); fcntl.lockf(lock, fcntl.LOCK_EX)"
        hold = f"import fcntl, time; {lock}; time.sleep(90)"
        owner.check_output("systemd-run --unit holder python3 -c %s", hold)
        try:
            pid = owner.check_output("systemctl show --property MainPID --value holder")
            run = play("laptop1", docker_engine_apt_lock_timeout_seconds=6)
        finally:
            owner.check_output("systemctl stop holder")
        assert run.code != 0
        assert f"process {pid} (/usr/bin/python3 -c" in run.text
        assert "has held the package manager for 6 s" in run.text

    def test_packages_that_are_half_configured(self, play: Play, owner: Host) -> None:
        owner.check_output("cd /tmp && apt-get download tini && dpkg --unpack tini_*.deb")
        try:
            run = play("laptop1")
        finally:
            owner.check_output("dpkg --purge tini && rm /tmp/tini_*.deb")
        assert run.code != 0
        assert "half configured there (tini)" in run.text
        assert "sudo dpkg --configure -a" in run.text

    def test_a_release_that_docker_does_not_have(self, play: Play) -> None:
        run = play("laptop1", "no-suite", docker_engine_source="docker")
        assert run.code != 0
        assert "no packages for this release" in run.text


class TestFromDockersRepository:
    def test_a_bare_laptop_gets_dockers_packages(self, play: Play, request: pytest.FixtureRequest) -> None:
        run = play("laptop3")
        assert run.code == 0, run.text
        host = laptop(request, "laptop3")
        assert packages(host) == {"docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin"}
        text = host.file(SOURCES).content_string
        assert "Signed-By: /etc/apt/keyrings/docker.asc" in text
        assert "Trusted" not in text
        host.check_output("apt-get update -o APT::Update::Error-Mode=any")
        assert host.check_output("docker compose version --short").startswith("2.")
        assert host.check_output("docker info -f '{{.LiveRestoreEnabled}}'") == "true"
        ledger = json.loads(host.file("/var/lib/nogpu/ledger.json").content_string)
        noted = {(entry["kind"], entry["name"]): entry["after"]["state"] for entry in ledger["entries"]}
        assert noted[("apt_repository", SOURCES)] == noted[("file", KEY)] == "file"
        assert noted[("package", "docker-ce")] == "present"

    def test_a_second_run_changes_nothing(self, play: Play) -> None:
        run = play("laptop3")
        assert (run.code, "changed=0" in run.text) == (0, True), run.text


class TestFromTheDistribution:
    def test_where_docker_has_no_packages_the_distributions_are_taken(self, play: Play, owner: Host) -> None:
        run = play("laptop1", "no-suite")
        assert run.code == 0, run.text
        assert {"docker.io", "docker-cli", "docker-compose"} <= packages(owner)
        assert not owner.file(SOURCES).exists
        owner.check_output("apt-get update -o APT::Update::Error-Mode=any")


def has(host: Host) -> list[str]:
    """Images, volumes and containers with their ids and whether they run."""
    return host.check_output(
        "docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort;"
        "docker volume ls --format '{{.Name}}' | sort;"
        "docker ps --all --no-trunc --format '{{.Names}} {{.ID}} {{.State}}' | sort"
    ).splitlines()


class TestOneInPlaceOfTheOther:
    def test_unasked_nothing_is_swapped(self, play: Play, owner: Host) -> None:
        owner.check_output("docker volume create owners-data")
        owner.check_output("docker run -d --name owners-web -v owners-data:/data ollama/ollama:0.9.3")
        owner.check_output("docker create --name owners-rest ollama/ollama:0.9.3")
        before = has(owner), packages(owner)
        run = play("laptop1", docker_engine_source="docker")
        assert run.code != 0
        assert "docker_engine_replace_found" in run.text
        assert (has(owner), packages(owner)) == before

    @pytest.mark.parametrize(
        ("source", "engine", "other"), [("docker", "docker-ce", "docker.io"), ("distro", "docker.io", "docker-ce")]
    )
    def test_asked_for_the_packages_change_and_nothing_else(
        self, play: Play, owner: Host, source: str, engine: str, other: str
    ) -> None:
        before = has(owner)
        assert len(before) == 4
        run = play("laptop1", docker_engine_source=source, docker_engine_replace_found=True)
        assert run.code == 0, run.text
        assert engine in packages(owner)
        assert other not in packages(owner)
        assert has(owner) == before
        again = play("laptop1", docker_engine_source=source, docker_engine_replace_found=True)
        assert (again.code, "changed=0" in again.text) == (0, True), again.text
