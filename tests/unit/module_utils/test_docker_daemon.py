# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The process edge: nothing waits for ever, and what the programs print is read right."""

from __future__ import annotations

import os
import sys
import time

import pytest

from plugins.module_utils.apply.daemon_json import dockerd as _docker_daemon
from plugins.module_utils.apply.daemon_json.dockerd import Daemon, DaemonError, run, started_at
from plugins.module_utils.host.programs import Ran

SHOWN = """LoadState=loaded
ActiveState=activating
SubState=auto-restart
MainPID=0
NRestarts=3
ExecStart={ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd -H fd:// --log-driver=local ; ignore_errors=no ; pid=0 }
"""


@pytest.fixture
def daemon() -> Daemon:
    return Daemon("docker.service", "dockerd")


def answer(monkeypatch: pytest.MonkeyPatch, out: str = "", err: str = "", rc: int = 0) -> None:
    monkeypatch.setattr(_docker_daemon, "run", lambda argv, timeout=20: Ran(rc, out, err))


def test_program_that_hangs_is_ended() -> None:
    done = run([sys.executable, "-c", "import time; time.sleep(60)"], timeout_seconds=0.2)
    assert (done.code, done.error) == (124, "no answer within 0.2 s")


def test_program_that_is_not_there_is_no_crash() -> None:
    assert run(["no-such-program"]) == Ran(127, "", "No such file or directory")


def test_docker_is_asked_on_this_host_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2375")
    done = run([sys.executable, "-c", "import os; print(repr(os.environ['DOCKER_HOST']))"])
    assert done.output == "''\n"


def test_start_of_a_process_is_known_to_the_tick() -> None:
    child = os.posix_spawn("/bin/sleep", ["sleep", "5"], {})
    try:
        assert abs(started_at(child) - time.time()) < 1
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_service_that_starts_again_and_again_is_failed(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, SHOWN)
    unit = daemon.unit()
    assert (unit.running, unit.failed, unit.restarts) == (False, True, 3)
    assert unit.flags == ("-H", "fd://", "--log-driver=local")


def test_variables_in_the_service_are_read_from_the_process(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = SHOWN.replace("--log-driver=local", "$DOCKER_OPTS").replace("MainPID=0", f"MainPID={os.getpid()}")
    answer(monkeypatch, shown)
    with open("/proc/self/cmdline", encoding="utf-8") as line:
        assert daemon.unit().flags == tuple(line.read().split("\0")[1:])


def test_host_without_systemd_has_no_unit(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, rc=127)
    assert not daemon.unit().loaded


def test_server_that_is_down_is_no_info(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, '{"ServerVersion":"","ServerErrors":["down"]}', "Cannot connect to the Docker daemon")
    with pytest.raises(DaemonError, match="docker info: Cannot connect to the Docker daemon"):
        daemon.info()


@pytest.mark.parametrize(
    ("journal", "words"),
    [
        (
            "Starting docker\nfailed to start daemon: no space\ndocker.service: Failed\n",
            "failed to start daemon: no space",
        ),
        (
            'time="2026" level=error msg="unable to configure the Docker daemon with file \\"x\\": EOF"',
            'unable to configure the Docker daemon with file "x": EOF',
        ),
        ("Started docker.service\n", ""),
    ],
)
def test_reason_is_taken_from_the_journal(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch, journal: str, words: str
) -> None:
    answer(monkeypatch, journal)
    assert daemon.last_error(0) == words


def test_container_that_ended_between_two_questions_is_left_out(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = {"ps": Ran(0, "a\nb\n", ""), "inspect": Ran(1, "a 7 /web\n", "Error: No such object: b")}
    monkeypatch.setattr(_docker_daemon, "run", lambda argv, timeout=20: replies[argv[1]])
    assert {key: (one.name, one.pid) for key, one in daemon.containers().items()} == {"a": ("web", 7)}
