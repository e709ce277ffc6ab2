# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The engine, its containers and its right to lift the memlock limit."""

from __future__ import annotations

import pytest

from plugins.module_utils.host.programs import PROGRAM_TIMEOUT_SECONDS, Ran, run_program
from plugins.module_utils.look.capacity import DockerEngine
from plugins.module_utils.look.docker import read_docker, read_memlock_unlimited
from plugins.module_utils.look.docker_text import Container, parse_containers
from tests.unit.capacity_trees import DATA, host, says, write

LIMITS = "Limit  Soft Limit  Hard Limit  Units\nMax locked memory         8388608              {}              bytes\n"
ALL_CAPABILITIES, NO_SYS_RESOURCE = "000001ffffffffff", "000001fffeffffff"
FIRST_NAMESPACE, OWN_NAMESPACE = "         0          0 4294967295\n", "         0       1000          1\n"


def info(name):
    return says((DATA / "docker" / f"info-{name}.json").read_text())


def answers(name, **others):
    return {
        "docker info": info(name),
        "docker version": says("1.45\n"),
        "docker compose": says("v2.26.1\n"),
        "docker ps": says(""),
        **others,
    }


def run_engine(root, pid, name, hard="8388608", capabilities=ALL_CAPABILITIES, uid_map=FIRST_NAMESPACE):
    write(root, f"/proc/{pid}/comm", f"{name}\n")
    write(root, f"/proc/{pid}/limits", LIMITS.format(hard))
    write(root, f"/proc/{pid}/status", f"Name:\t{name}\nCapEff:\t{capabilities}\n")
    write(root, f"/proc/{pid}/uid_map", uid_map)


def test_an_engine_is_described_in_full(tmp_path):
    run_engine(tmp_path, 700, "dockerd")
    engine, containers = read_docker(host(tmp_path, answers("20.10.24")))
    assert engine == DockerEngine(
        "20.10.24+dfsg1", "1.45", 1, "cgroupfs", "2.26.1", "overlay2", False, False, True, True
    )
    assert containers == ()


def test_a_rootless_engine_is_recognised_and_may_not_lift_memlock(tmp_path):
    run_engine(tmp_path, 700, "dockerd", uid_map=OWN_NAMESPACE)
    engine, _containers = read_docker(host(tmp_path, answers("26.1.5-rootless")))
    assert (engine.rootless, engine.cgroup_version, engine.memlock_unlimited) == (True, 2, False)


def test_the_process_of_docker_desktop_cannot_be_seen(tmp_path):
    run_engine(tmp_path, 700, "containerd")
    engine, _containers = read_docker(host(tmp_path, answers("28.3.2-desktop")))
    assert (engine.desktop, engine.memlock_unlimited) == (True, None)


def test_without_the_plugin_there_is_no_compose(tmp_path):
    said = answers("20.10.24", **{"docker compose": Ran(125, "", "unknown flag: --short")})
    engine, _containers = read_docker(host(tmp_path, said))
    assert engine.compose_version is None


def test_docker_that_is_not_installed_is_a_note(tmp_path):
    reader = host(tmp_path)
    assert read_docker(reader) == (None, ())
    assert reader.notes == ["Docker is not installed: the command docker was not found."]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param(
            Ran(1, "", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."),
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
            id="down",
        ),
        pytest.param(Ran(124, "", "no answer within 5 s"), "no answer within 5 s", id="hanging"),
        pytest.param(Ran(1, "", ""), "it said nothing", id="silent"),
    ],
)
def test_an_engine_that_does_not_answer_is_a_note_with_its_words(said, reason, tmp_path):
    down = Ran(said.code, info("no-engine").output if said.code == 1 and said.error else "", said.error)
    reader = host(tmp_path, {"docker": down})
    assert read_docker(reader) == (None, ())
    assert reader.notes == [f"No Docker engine answered 'docker info': {reason}"]


def test_published_ports_are_read_with_ranges_and_both_families():
    ports = (
        "127.0.0.1:11434->11434/tcp, [::1]:11434->11434/tcp, :::8000-8010->8000-8010/tcp, 9000/tcp, 1.1.1.1:53->53/udp"
    )
    (container,) = parse_containers(f"{'a' * 64}\tollama-docker\tnogpu\t{ports}\n")
    assert container == Container(
        "a" * 64,
        "ollama-docker",
        "nogpu",
        (("127.0.0.1", 11434, 11434), ("::1", 11434, 11434), ("::", 8000, 8010)),
    )
    assert container.address_of(8005) == "::"
    assert container.address_of(53) is None


def test_a_container_without_ports_or_project_is_read():
    assert parse_containers("abc\tproto1\t\t\n") == (Container("abc", "proto1", None, ()),)


@pytest.mark.parametrize(
    ("engine", "unlimited"),
    [
        pytest.param({}, True, id="capability"),
        pytest.param({"capabilities": NO_SYS_RESOURCE}, False, id="neither"),
        pytest.param({"capabilities": NO_SYS_RESOURCE, "hard": "unlimited"}, True, id="hard-limit-unlimited"),
        pytest.param({"uid_map": OWN_NAMESPACE}, False, id="capability-in-a-namespace-of-its-own"),
        pytest.param({"uid_map": OWN_NAMESPACE, "hard": "unlimited"}, True, id="rootless-with-unlimited-hard-limit"),
    ],
)
def test_memlock_is_read_from_the_process_of_the_engine(engine, unlimited, tmp_path):
    run_engine(tmp_path, 700, "dockerd", **engine)
    assert read_memlock_unlimited(host(tmp_path)) is unlimited


def test_every_engine_must_be_able_to_lift_memlock(tmp_path):
    run_engine(tmp_path, 700, "dockerd")
    run_engine(tmp_path, 650, "containerd", capabilities=NO_SYS_RESOURCE)
    assert read_memlock_unlimited(host(tmp_path)) is False


def test_without_a_visible_engine_memlock_is_unknown(tmp_path):
    write(tmp_path, "/proc/1/comm", "systemd\n")
    assert read_memlock_unlimited(host(tmp_path)) is None


def test_a_program_that_hangs_ends_in_time(monkeypatch):
    monkeypatch.setattr("plugins.module_utils.host.programs.PROGRAM_TIMEOUT_SECONDS", 0.1)
    assert PROGRAM_TIMEOUT_SECONDS == 20
    assert run_program(["sleep", "5"]) == Ran(124, "", "no answer within 0.1 s")


def test_a_program_that_is_not_there_is_told():
    assert run_program(["no-such-program-here"]) == Ran(127, "", "No such file or directory")


def test_a_program_speaks_english_and_keeps_its_code():
    ran = run_program(["sh", "-c", "echo $LC_ALL; echo why >&2; exit 3"])
    assert ran == Ran(3, "C\n", "why")
