# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Which Docker a host has: who owns the socket and the program decides, not what they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.module_utils.apply.docker_engine.found import Daemon, Traces, kind, parse_os_release
from plugins.module_utils.apply.docker_engine.look import half_configured, lock_holder, look
from plugins.module_utils.apply.ledger.entries import Entry, Ledger, ledger_text
from plugins.module_utils.host.programs import Ran
from plugins.module_utils.host.reader import HostReader

ROOTFUL, USERS = Daemon("/usr/sbin/dockerd", 0), Daemon("/usr/bin/dockerd", 1000)
SNAPS = Daemon("/snap/docker/2963/bin/dockerd", 0)
USUAL = "/usr/bin/docker"


@pytest.mark.parametrize(
    ("traces", "seen"),
    [
        pytest.param(Traces(), "none", id="nothing"),
        pytest.param(Traces(USUAL), "none", id="a-client-alone"),
        pytest.param(Traces(USUAL, "/run/docker.sock", (ROOTFUL,), {"docker.io": "26.1.5"}), "distro", id="docker.io"),
        pytest.param(Traces(USUAL, "", (), {"docker.io": "26.1.5"}), "distro", id="docker.io-stopped"),
        pytest.param(Traces(USUAL, "/run/docker.sock", (ROOTFUL,), {"moby-engine": "27"}), "distro", id="fedora"),
        pytest.param(Traces(USUAL, "/run/docker.sock", (ROOTFUL,), {"docker-ce": "28.3"}), "docker-ce", id="docker-ce"),
        pytest.param(Traces("/snap/bin/docker", "/run/docker.sock", (SNAPS,)), "snap", id="snap"),
        pytest.param(
            Traces(USUAL, "/run/docker.sock", (SNAPS,), {"docker.io": "26"}), "snap", id="snap-beside-docker.io"
        ),
        pytest.param(Traces(USUAL, "/run/podman/podman.sock", (), {}), "podman", id="podmans-socket"),
        pytest.param(Traces(USUAL, "", (), {"podman-docker": "5.4"}), "podman", id="podman-docker"),
        pytest.param(Traces(USUAL, "", (USERS,), {"docker-ce": "28"}), "rootless", id="rootless-alone"),
        pytest.param(Traces(USUAL, "/run/docker.sock", (USERS, ROOTFUL), {"docker-ce": "28"}), "docker-ce", id="both"),
        pytest.param(Traces(USUAL, "/home/ada/.docker/desktop/docker.sock"), "desktop", id="desktop"),
        pytest.param(Traces("/mnt/wsl/docker-desktop/cli-tools/usr/bin/docker"), "wsl", id="wsl-integration"),
        pytest.param(Traces("/usr/local/bin/docker", "/run/docker.sock", (ROOTFUL,)), "other", id="by-hand"),
    ],
)
def test_kind(traces: Traces, seen: str) -> None:
    assert kind(traces) == seen


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('ID=debian\nVERSION_CODENAME=trixie\nVERSION_ID="13"\n', ["debian-trixie", "debian"]),
        (
            "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n",
            ["ubuntu-noble", "debian-noble", "ubuntu", "debian"],
        ),
        (
            'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
            ["linuxmint-noble", "ubuntu-noble", "debian-noble", "linuxmint", "ubuntu", "debian"],
        ),
        (
            "ID=linuxmint\nID_LIKE=debian\nVERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n",
            ["linuxmint-bookworm", "debian-bookworm", "linuxmint", "debian"],
        ),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n', ["rocky", "rhel", "centos", "fedora"]),
        ("ID=manjaro\nID_LIKE=arch\n", ["manjaro", "arch"]),
        ("", ["linux"]),
    ],
)  # fmt: skip
def test_a_derivative_takes_the_data_of_its_base(text: str, names: list[str]) -> None:
    assert parse_os_release(text).data_names() == names


@pytest.mark.parametrize(
    ("settled", "named"),
    [
        pytest.param(None, ["tini"], id="ours are not named: they are finished"),
        pytest.param({"state": "present"}, ["docker.io", "tini"], id="ours that were whole once are not"),
    ],
)
def test_packages_of_somebodys_interrupted_installation_are_named(
    tmp_path: Path, settled: dict[str, str] | None, named: list[str]
) -> None:
    ours = Entry(1, "package", "docker.io", "docker_engine", "", "", {"state": "absent"}, settled)
    (tmp_path / "var/lib/nogpu").mkdir(parents=True)
    (tmp_path / "var/lib/nogpu/ledger.json").write_text(ledger_text(Ledger(1, (ours,))), encoding="utf-8")
    # dpkg 1.22 after a kill; libc-bin waits for the others' triggers and is not half installed itself
    answer = (
        "apt installed\ndocker.io unpacked\nlibc-bin triggers-pending\ntini half-configured\ntini half-configured\n"
    )
    assert half_configured(HostReader(str(tmp_path), lambda _: Ran(0, answer, ""))) == named


def test_where_dpkg_is_missing_nothing_is_half_configured(tmp_path: Path) -> None:
    assert half_configured(HostReader(str(tmp_path), lambda _: Ran(127, "", ""))) == []


def test_holder_of_the_package_managers_lock_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "var/lib/dpkg/lock-frontend"
    lock.parent.mkdir(parents=True)
    lock.touch()
    proc = tmp_path / "proc/71"
    proc.mkdir(parents=True)
    (proc / "comm").write_text("unattended-upgr\n")
    (proc / "cmdline").write_text("/usr/bin/python3\0/usr/bin/unattended-upgrade\0")
    line = (
        f"1: POSIX  ADVISORY  WRITE 71 00:2f:{lock.stat().st_ino} 0 EOF\n1: -> POSIX  ADVISORY  WRITE 9 00:2f:1 0 EOF\n"
    )
    (tmp_path / "proc/locks").write_text(line)
    assert lock_holder(HostReader(str(tmp_path))) == {
        "pid": 71, "program": "unattended-upgr", "command": "/usr/bin/python3 /usr/bin/unattended-upgrade",
    }  # fmt: skip
    (tmp_path / "proc/locks").write_text("")
    assert lock_holder(HostReader(str(tmp_path))) is None


def test_a_whole_look(tmp_path: Path) -> None:
    for name, text in {"etc/os-release": "ID=debian\nNAME=Debian\nVERSION_ID=13\nVERSION_CODENAME=trixie\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/docker").touch()
    answers = {
        "docker compose": Ran(0, "v2.26.1-4\n", ""),
        "docker version": Ran(1, "", "Cannot connect"),
        "dpkg-query": Ran(1, "docker.io installed 26.1.5+dfsg1-9\ndocker-cli config-files 26\n", "no such: docker-ce"),
        "dpkg": Ran(0, "", ""),
    }

    def run(command: list[str]) -> Ran:
        return answers.get(" ".join(command[:2])) or answers[command[0]]

    found = look(HostReader(str(tmp_path), run))
    assert found["kind"] == "distro"
    assert found["packages"] == {"docker.io": "26.1.5+dfsg1-9"}
    assert (found["program"], found["compose_version"], found["engine_version"]) == ("/usr/bin/docker", "2.26.1-4", "")
    assert found["system"] == {"id": "debian", "name": "Debian", "version": "13", "codename": "trixie"}


@pytest.mark.parametrize(("leads_to", "seen"), [("podman.sock", "podman"), ("", "none")], ids=["podman", "its-rest"])
def test_the_link_that_a_removed_podman_docker_leaves_is_no_podman(tmp_path: Path, leads_to: str, seen: str) -> None:
    (tmp_path / "var/run/podman").mkdir(parents=True)
    if leads_to:
        (tmp_path / "var/run/podman" / leads_to).touch()
    (tmp_path / "var/run/docker.sock").symlink_to("podman/podman.sock")
    assert look(HostReader(str(tmp_path), lambda _: Ran(127, "", "")))["kind"] == seen
