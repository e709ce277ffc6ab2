# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a person reads after a mistake: what failed, what was seen, what was needed, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab.playbooks import SITE, Playbooks

SAME_HOST_KEY = "-o HostKeyAlias={{ ansible_host }}"
Play = Callable[..., str]


@pytest.fixture
def play(playbooks: Playbooks) -> Play:
    """Return `play(playbook=site.yml, **variables)`: run it, see it fail, return its output on one line."""

    def run(playbook: str = SITE, **variables: Any) -> str:
        return playbooks.run(playbook, limit_seconds=300, **variables).badly().sentence

    return run


@pytest.fixture
def untouched(host: Host) -> Iterator[None]:
    """Fail if the test changed a file where we write."""
    places = "find /etc /opt /usr/local /var/lib/nogpu -xdev -type f -printf '%p %s %T@\\n' 2>/dev/null | sort"
    before = host.check_output(places)
    assert "/etc/passwd " in before
    yield
    assert host.check_output(places) == before


@pytest.mark.usefixtures("untouched")
class TestRefusedBeforeAnyChange:
    def test_an_unknown_runtime(self, play: Play) -> None:
        words = play(nogpu_runtime="dockr")
        assert "nogpu_runtime is 'dockr'" in words
        assert "auto, docker or native" in words

    @pytest.mark.parametrize("name", ["two words", "../../etc/passwd", "hello;reboot", "$(reboot)", "hello|sh"])
    def test_a_model_name_that_is_not_valid(self, play: Play, name: str) -> None:
        words = play(nogpu_models=[name])
        assert name in words
        assert "name:tag" in words

    def test_a_port_that_something_else_holds(self, play: Play, host: Host) -> None:
        host.check_output("systemd-run --unit port-holder python3 -m http.server 11434 --bind 127.0.0.1")
        host.check_output("curl -s --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:11434/")
        try:
            pid = host.check_output("systemctl show --property MainPID --value port-holder")
            words = play()
        finally:
            host.check_output("systemctl stop port-holder")
        assert "11434" in words
        assert "python3" in words
        assert pid in words

    def test_a_user_without_sudo(self, play: Play) -> None:
        words = play(ansible_user="guest")
        assert "Cannot become root" in words
        assert "--ask-become-pass" in words

    def test_a_machine_without_systemd(self, play: Play) -> None:
        words = play(ansible_port=2222, ansible_ssh_extra_args=SAME_HOST_KEY)
        assert "systemd" in words
        assert "sshd" in words

    def test_an_architecture_that_nobody_builds_for(self, play: Play) -> None:
        words = play(ansible_port=2223, ansible_ssh_extra_args=SAME_HOST_KEY)
        assert "i686" in words
        assert "x86_64" in words

    @pytest.mark.parametrize("playbook", ["playbooks/site.yml", "playbooks/doctor.yml"])
    @pytest.mark.parametrize(
        ("clock", "apart"), [("+400d", "400 days ahead of this machine's"), ("-2y", "730 days behind this machine's")]
    )
    def test_a_clock_that_is_wrong(self, play: Play, playbook: str, clock: str, apart: str) -> None:
        words = play(playbook, ansible_python_interpreter=f"/usr/local/bin/python{clock}")
        assert "Cannot plan laptop1: its clock says 20" in words
        assert apart in words
        assert "sudo timedatectl set-ntp true" in words
        assert "certificate verify failed" not in words
        assert "docker_engine" not in words  # the first role that fetches

    def test_listening_for_everybody_without_nogpu_expose(self, play: Play) -> None:
        words = play(nogpu_listen="0.0.0.0")
        assert "nogpu_expose" in words

    def test_nogpu_expose_without_allowed_networks(self, play: Play) -> None:
        words = play(nogpu_listen="0.0.0.0", nogpu_expose=True)
        assert "nogpu_allowed_networks is empty" in words
        assert "192.168.1.0/24" in words

    def test_a_version_with_known_holes(self, play: Play) -> None:
        words = play(nogpu_ollama_floor_version="0.21.0")
        assert "0.9.3" in words
        assert "nogpu_ollama_floor_version" in words


DAEMON_JSON = "/etc/docker/daemon.json"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param('{\n  // mine\n  "dns": []\n}\n', "line 2", id="comment"),
        pytest.param('["dns"]\n', "object", id="array"),
        pytest.param('{\n  "dns": [],\n  "debug" true\n}\n', "line 3", id="typing error"),
    ],
)
def test_a_broken_daemon_json_is_shown_and_left_alone(play: Play, host: Host, content: str, words: str) -> None:
    host.check_output(f"mkdir -p /etc/docker; printf '%s' '{content}' > {DAEMON_JSON}")
    try:
        said = play(nogpu_runtime="docker")
        assert host.file(DAEMON_JSON).content_string == content
    finally:
        host.check_output(f"rm {DAEMON_JSON}")
    assert DAEMON_JSON in said
    assert words in said


@contextmanager
def changed(host: Host, path: str, command: str) -> Iterator[None]:
    """Change a file until the block ends. It is written in place: in a container such a file cannot be replaced."""
    host.check_output(f"cp {path} /root/former && {command} {path}")
    try:
        yield
    finally:
        host.check_output(f"cat /root/former > {path}")


def test_host_names_that_do_not_resolve(play: Play, host: Host) -> None:
    with changed(host, "/etc/resolv.conf", "echo nameserver 127.0.0.9 >"):
        words = play(nogpu_runtime="docker", nogpu_mirror="")
    assert "registry-1.docker.io" in words
    assert "name resolution" in words
    assert "Check DNS there" in words


RUNTIMES = pytest.mark.parametrize("runtime", ["docker", "native"])
NOT_THERE = "0.9.9"  # no test installs it: a version that is installed is not fetched


@RUNTIMES
def test_a_captive_portal(play: Play, runtime: str) -> None:
    words = play(nogpu_runtime=runtime, nogpu_mirror="http://127.0.0.1:8000", nogpu_ollama_version=NOT_THERE)
    assert "from http://127.0.0.1:8000/" in words
    assert "Perhaps a captive portal sent a web page instead" in words


@RUNTIMES
def test_a_certificate_that_is_not_trusted_here(play: Play, host: Host, runtime: str) -> None:
    with changed(host, "/etc/hosts", "echo 127.0.0.1 registry-1.docker.io github.com >>"):
        words = play(nogpu_runtime=runtime, nogpu_mirror="", nogpu_ollama_version=NOT_THERE)
    assert "CERTIFICATE_VERIFY_FAILED" in words
    assert "'sudo update-ca-certificates'" in words


def test_docker_hub_out_of_reach(play: Play) -> None:
    words = play(nogpu_runtime="docker", nogpu_mirror="")
    assert "Docker Hub" in words
    assert "nogpu_mirror" in words
    assert "./nogpu lab" in words


def test_releases_out_of_reach(play: Play) -> None:
    words = play(nogpu_runtime="native", nogpu_mirror="", nogpu_ollama_version="0.9.9")
    assert "github.com/ollama/ollama/releases" in words
    assert "nogpu_mirror" in words
    assert "./nogpu lab" in words


def test_a_model_that_the_registry_does_not_have(play: Play, host: Host) -> None:
    words = play(nogpu_runtime="native", nogpu_models=["no-such-model:1b", "hello"])
    assert "no-such-model:1b" in words
    assert "172.29.7.2:5000" in words
    assert "hello:latest" in host.check_output("curl -s http://127.0.0.1:11434/api/tags")


def test_ollamas_registry_out_of_reach(play: Play) -> None:
    # The server of the test above still runs; its version is the mirror's.
    words = play(nogpu_runtime="native", nogpu_mirror="", nogpu_models=["qwen2.5:0.5b"])
    assert "registry.ollama.ai" in words
    assert "nogpu_mirror" in words
