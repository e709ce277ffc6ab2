# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Docker from its own signed repository, from the distribution where that fails, and one in place of the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import testinfra
import yaml
from testinfra.host import Host

from tests.lab.playbooks import ROOT, Ended, Playbooks
from tests.lab.snapshot import differences, read_allowed, unexpected

ALLOWED = read_allowed(yaml.safe_load((ROOT / "molecule/removal/files/allowed.yml").read_text(encoding="utf-8")))
SOURCES, KEY = "/etc/apt/sources.list.d/docker.sources", "/etc/apt/keyrings/docker.asc"


Play = Callable[..., Ended]


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
def debian12(request: pytest.FixtureRequest) -> Host:
    return laptop(request, "laptop3")


@pytest.fixture
def play(playbooks: Playbooks, repository: Host) -> Play:
    """Return `play(laptop, **variables)`: the role with the lab's repository and its key."""
    address = repository.check_output("hostname -I").split()[0]
    fingerprint = repository.check_output("cat /srv/repository/fingerprint")

    def run(on: str, folder: str = "", playbook: str = "", **variables: Any) -> Ended:
        url = f"http://{address}:8000/{folder}".rstrip("/")
        known = {"docker_engine_repository_key_fingerprint": fingerprint}
        if playbook:
            known |= {"nogpu_hosts": on, "nogpu_runtime": "docker", "nogpu_docker_repository": url}
        else:
            known |= {"source_laptop": on, "docker_engine_repository_url": url}
        chosen = playbook or "molecule/docker_engine_source/converge.yml"
        return playbooks.run(chosen, limit_seconds=600, **{**known, **variables}).without_traceback()

    return run


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    """Snapshots that a later test compares with, by the laptop's name."""
    return {}


def snapshot(host: Host) -> str:
    """What the laptop is like; without what is new at each start of an engine, and apt's book, told as "chosen"."""
    script = (ROOT / "tests/lab/files/snapshot").read_text(encoding="utf-8")
    facts = re.sub(r"^(container .*) \d+$", r"\1", host.check_output("python3 -c %s", script), flags=re.MULTILINE)
    facts = re.sub(r"^file /var/lib/apt/extended_states .*\n", "", facts, flags=re.MULTILINE)
    return re.sub(r'^listener tcp 127\.0\.0\.1:\d+ users:\(\("containerd".*\n', "", facts, flags=re.MULTILINE)


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
        assert run.rc != 0
        assert repository.check_output("cat /srv/repository/fingerprint") in run.sentence
        assert "needed: 9DC858229FC7DD38854AE2D88D81803C0EBFCD88" in run.sentence

    def test_a_web_page_in_place_of_the_key(self, play: Play) -> None:
        run = play("laptop1", "page-for-key", docker_engine_source="docker")
        assert run.rc != 0
        assert "captive portal" in run.sentence

    def test_a_web_page_in_place_of_everything(self, play: Play) -> None:
        run = play("laptop1", "page", docker_engine_source="docker")
        assert run.rc != 0
        assert "captive portal" in run.sentence

    def test_lists_that_the_key_did_not_sign(self, play: Play, repository: Host) -> None:
        other = repository.check_output("cat /srv/repository/other-fingerprint")
        run = play("laptop1", "other-key", docker_engine_repository_key_fingerprint=other)
        assert run.rc != 0
        assert "The repository was removed again" in run.sentence

    def test_a_package_manager_that_somebody_holds(self, play: Play, owner: Host) -> None:
        lock = "lock = open('/var/lib/dpkg/lock-frontend', 'w'); fcntl.lockf(lock, fcntl.LOCK_EX)"
        hold = f"import fcntl, time; {lock}; time.sleep(90)"
        owner.check_output("systemd-run --unit holder python3 -c %s", hold)
        try:
            pid = owner.check_output("systemctl show --property MainPID --value holder")
            run = play("laptop1", docker_engine_apt_lock_timeout_seconds=6)
        finally:
            owner.check_output("systemctl stop holder")
        assert run.rc != 0
        assert f"process {pid} (/usr/bin/python3 -c" in run.sentence
        assert "has held the package manager for 6 s" in run.sentence

    def test_packages_that_are_half_configured(self, play: Play, owner: Host) -> None:
        owner.check_output("cd /tmp && apt-get download tini && dpkg --unpack tini_*.deb")
        try:
            run = play("laptop1")
        finally:
            owner.check_output("dpkg --purge tini && rm /tmp/tini_*.deb")
        assert run.rc != 0
        assert "half configured there (tini)" in run.sentence
        assert "sudo dpkg --configure -a" in run.sentence

    def test_podman_under_the_name_docker(self, play: Play, owner: Host) -> None:
        # Its own package and no more: podman itself is not asked.
        owner.check_output("cd /tmp && apt-get download podman-docker && dpkg -i --force-depends podman-docker_*.deb")
        try:
            run = play("laptop1")
        finally:
            owner.check_output("dpkg --purge podman-docker && rm /tmp/podman-docker_*.deb")
        assert run.rc != 0
        assert "podman under the name docker (package podman-docker). Remove that package; podman" in run.sentence

    def test_a_release_that_docker_does_not_have(self, play: Play) -> None:
        run = play("laptop1", "no-suite", docker_engine_source="docker")
        assert run.rc != 0
        assert "no packages for this release" in run.sentence


class TestOnDebian12:
    """From bare to bare: Debian 12 has no Compose v2, Docker's repository has."""

    def test_its_own_packages_are_refused(self, play: Play, debian12: Host, before: dict[str, str]) -> None:
        before["laptop3"] = snapshot(debian12)
        run = play("laptop3", playbook="playbooks/site.yml", nogpu_docker_source="distro")
        assert run.rc != 0
        assert "Debian 12 has no Compose v2 (its docker-compose is the old v1): set nogpu_docker_source" in run.sentence
        assert unexpected(differences(before["laptop3"], snapshot(debian12)), ALLOWED) == []

    def test_the_main_job_takes_dockers_packages_and_answers(self, play: Play, debian12: Host) -> None:
        run = play("laptop3", playbook="playbooks/site.yml")
        assert run.rc == 0, run.output
        assert packages(debian12) == {"docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin"}
        text = debian12.file(SOURCES).content_string
        assert "Signed-By: /etc/apt/keyrings/docker.asc" in text
        assert "Trusted" not in text
        debian12.check_output("apt-get update -o APT::Update::Error-Mode=any")
        assert debian12.check_output("docker compose version --short").startswith("2.")
        assert debian12.check_output("docker info -f '{{.LiveRestoreEnabled}}'") == "true"
        ledger = json.loads(debian12.file("/var/lib/nogpu/ledger.json").content_string)
        noted = {(entry["kind"], entry["name"]): (entry["after"] or {}).get("state") for entry in ledger["entries"]}
        assert noted[("apt_repository", SOURCES)] == noted[("file", KEY)] == "file"
        assert noted[("package", "docker-ce")] == "present"
        ask = 'curl -sf http://127.0.0.1:11434/api/generate -d \'{"model": "hello", "prompt": "Why?"}\''
        assert len(debian12.check_output(ask).splitlines()) >= 12

    def test_a_second_run_changes_nothing(self, play: Play) -> None:
        run = play("laptop3")
        assert (run.rc, "changed=0" in run.sentence) == (0, True), run.output

    def test_removal_takes_packages_repository_and_key_back(
        self, play: Play, debian12: Host, before: dict[str, str]
    ) -> None:
        assert len(unexpected(differences(before["laptop3"], snapshot(debian12)), ALLOWED)) > 20
        run = play("laptop3", playbook="playbooks/remove.yml", nogpu_remove_models=True)
        assert run.rc == 0, run.output
        assert unexpected(differences(before["laptop3"], snapshot(debian12)), ALLOWED) == []


class TestFromTheDistribution:
    def test_where_docker_has_no_packages_the_distributions_are_taken(self, play: Play, owner: Host) -> None:
        run = play("laptop1", "no-suite")
        assert run.rc == 0, run.output
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
    def test_unasked_nothing_is_swapped(self, play: Play, owner: Host, before: dict[str, str]) -> None:
        # From here on the engine is the owner's: we know nothing of it.
        owner.check_output("mv /var/lib/nogpu /root/nogpu")
        owner.check_output("docker volume create owners-data")
        owner.check_output("docker run -d --name owners-web -v owners-data:/data ollama/ollama:0.9.3")
        owner.check_output("docker create --name owners-rest ollama/ollama:0.9.3")
        owner.check_output("apt-mark auto iptables containerd runc")
        before["laptop1"] = snapshot(owner)
        run = play("laptop1", docker_engine_source="docker")
        assert run.rc != 0
        assert "docker_engine_replace_found" in run.sentence
        assert unexpected(differences(before["laptop1"], snapshot(owner)), ALLOWED) == []

    def test_asked_for_the_packages_change_and_nothing_else(self, play: Play, owner: Host) -> None:
        there = has(owner)
        assert len(there) == 4
        run = play("laptop1", docker_engine_source="docker", docker_engine_replace_found=True)
        assert run.rc == 0, run.output
        assert "docker-ce" in packages(owner)
        assert "docker.io" not in packages(owner)
        assert has(owner) == there
        # With it, purging docker.io's settings later would take all of Docker's data along.
        assert not owner.file("/var/lib/docker/nuke-graph-directory.sh").exists
        again = play("laptop1", docker_engine_source="docker", docker_engine_replace_found=True)
        assert (again.rc, "changed=0" in again.sentence) == (0, True), again.output

    def test_removal_brings_the_owners_engine_back(self, play: Play, owner: Host, before: dict[str, str]) -> None:
        there = has(owner)
        run = play("laptop1", playbook="playbooks/remove.yml", removal_stable_seconds=3)
        assert run.rc == 0, run.output
        assert has(owner) == there
        assert unexpected(differences(before["laptop1"], snapshot(owner)), ALLOWED) == []
        again = play("laptop1", playbook="playbooks/remove.yml")
        assert (again.rc, "changed=0" in again.sentence) == (0, True), again.output
