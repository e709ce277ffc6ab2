# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A setting that kills the engine is taken back by itself; a good one reaches it in one restart. Containers live on."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable

import pytest
from testinfra.host import Host

from tests.lab.playbooks import ROOT, Ended, Playbooks

DAEMON_JSON = "/etc/docker/daemon.json"
# JSON, and a key that the log driver knows: dockerd --validate finds nothing. Only the start does.
BAD = {"log-opts": {"mode": "banana"}}
LIMIT_SECONDS = 60
Play = Callable[..., Ended]
CONVERGE = "molecule/docker_engine_rollback/converge.yml"


@pytest.fixture
def play(playbooks: Playbooks) -> Play:
    """Return `play(**variables)`: run the role on the laptop."""
    return lambda **variables: playbooks.run(CONVERGE, limit_seconds=180, **variables)


def containers(host: Host) -> str:
    """Name, process and start of each container that runs."""
    names = host.check_output("docker ps --format '{{.Names}}' | sort").split()
    assert names == ["owners-database", "owners-web"]
    return host.check_output(
        f"docker inspect -f '{{{{.Name}}}} {{{{.State.Pid}}}} {{{{.State.StartedAt}}}}' {' '.join(names)}"
    )


def engine(host: Host) -> tuple[str, str]:
    """Process of dockerd, and how often systemd restarted it by itself since its last start."""
    shown = host.check_output("systemctl show docker.service -p ActiveState -p MainPID -p NRestarts").splitlines()
    facts = dict(line.split("=") for line in shown)
    assert facts["ActiveState"] == "active"
    return facts["MainPID"], facts["NRestarts"]


def starts(host: Host) -> int:
    return int(host.check_output("journalctl -u docker.service -o cat | grep -c '^Starting docker.service'"))


def file(host: Host) -> tuple[str, str]:
    return host.check_output(f"cat {DAEMON_JSON}"), host.check_output(f"stat -c '%U:%G %a' {DAEMON_JSON}")


def left_over(host: Host) -> list[str]:
    return host.check_output("ls -A /etc/docker").split()


class TestBadSetting:
    def test_the_play_fails_in_dockerds_words_and_all_is_as_it_was(self, play: Play, host: Host) -> None:
        before = containers(host), file(host), left_over(host)
        run = play(docker_engine_settings=BAD)
        assert run.rc != 0
        assert "failed to set log opts: logger: logging mode not supported: banana" in run.sentence
        assert "The former file is back and Docker runs with it (containers that kept running: 2)" in run.sentence
        assert run.seconds < LIMIT_SECONDS
        assert (containers(host), file(host), left_over(host)) == before

    def test_the_engine_then_stays_up(self, host: Host) -> None:
        first = engine(host)
        time.sleep(5)
        assert engine(host) == first

    def test_live_restore_was_lent_for_the_moment_only(self, host: Host) -> None:
        assert host.check_output("docker info -f '{{.LiveRestoreEnabled}}'") == "false"


class TestKilledHalfWay:
    def test_the_next_run_finds_a_dead_engine_and_mends_it(self, play: Play, host: Host, playbooks: Playbooks) -> None:
        before = containers(host)
        command = playbooks.command(CONVERGE, docker_engine_settings=BAD)
        bad = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        # The module is the process that waits for `systemctl restart`; killed there, it can take nothing back.
        kill = """
            for try in $(seq 400); do
                systemctl=$(pgrep --full --oldest '^systemctl restart docker.service') && break
                sleep 0.1
            done
            kill -9 "$(ps -o ppid= -p "$systemctl")"
        """
        host.check_output("bash -c %s", kill)
        assert bad.wait(timeout=60) != 0
        host.run("systemctl stop docker.service docker.socket")  # as after the third failed start
        assert "banana" in host.check_output(f"cat {DAEMON_JSON}")
        run = play(docker_engine_stable_seconds=5)
        assert run.rc == 0, run.output
        assert f"An earlier run was killed: the former {DAEMON_JSON} was put back first" in run.sentence
        assert "banana" not in host.check_output(f"cat {DAEMON_JSON}")
        assert ".daemon.json.unfinished" not in left_over(host)
        assert containers(host) == before


class TestGoodSetting:
    def test_one_restart_the_same_containers_and_the_owners_keys(self, play: Play, host: Host) -> None:
        before, started = containers(host), starts(host)
        run = play(docker_engine_settings={"max-concurrent-downloads": 2}, docker_engine_stable_seconds=5)
        assert run.rc == 0, run.output
        assert containers(host) == before
        assert starts(host) == started + 1
        settings = json.loads(file(host)[0])
        assert settings["registry-mirrors"] == ["http://172.29.7.2:5000"]
        assert settings["log-opts"]["max-size"] == "1m"
        assert (settings["shutdown-timeout"], settings["max-concurrent-downloads"]) == (20, 2)
        assert file(host)[1] == "root:root 640"

    def test_a_second_run_changes_nothing_and_restarts_nothing(self, play: Play, host: Host) -> None:
        before = containers(host), file(host), starts(host), engine(host)
        run = play(docker_engine_settings={"max-concurrent-downloads": 2}, docker_engine_stable_seconds=5)
        assert (run.rc, "changed=0" in run.sentence) == (0, True), run.output
        assert (containers(host), file(host), starts(host), engine(host)) == before
