# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A virtual machine: what is said when it cannot be had, and how its state is saved."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lab import vm, vm_disk
from tests.lab.__main__ import parse, wish_of
from tests.lab.cache import Cache
from tests.lab.errors import LabError


class Container:
    """Stands for Docker's: one that runs, or has ended."""

    name = "nogpu-lab-vm1"

    def __init__(self, status: str) -> None:
        self.status = status

    def reload(self) -> None:
        pass

    def logs(self, tail: int) -> bytes:
        return b"Kernel panic - not syncing\n"


def test_a_full_disk_is_named_before_anything_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1024**3))
    with pytest.raises(LabError, match=rf"{tmp_path} has 1.0 GiB free \(needed: 3 GiB\).*NOGPU_LAB_CACHE"):
        vm_disk.make(SimpleNamespace(), "", tmp_path / "draft")  # type: ignore[arg-type]


def test_room_enough_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=vm_disk.NEEDED_BYTES))
    vm_disk.check_space(tmp_path)


def test_a_machine_with_docker_is_kept_beside_a_bare_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vm_disk, "make", lambda _images, dockerfile, draft: draft.write_text(dockerfile))
    bare, ready = (vm_disk.build(Cache(tmp_path), SimpleNamespace(), docker) for docker in (False, True))  # type: ignore[arg-type]
    assert ready.read_text() == bare.read_text() + vm_disk.DOCKER_LINE


@pytest.mark.parametrize(
    ("status", "why"),
    [
        pytest.param("exited", "QEMU ended", id="ended"),
        pytest.param("running", "no SSH within 0 seconds", id="silent"),
    ],
)
def test_a_machine_that_does_not_boot_shows_its_consoles_last_lines(status: str, why: str) -> None:
    with pytest.raises(LabError, match=rf"Could not boot nogpu-lab-vm1: {why}.*\nKernel panic"):
        vm.wait_for_ssh(Container(status), "127.0.0.1", 0.3)  # type: ignore[arg-type]


def test_a_key_is_let_in_once() -> None:
    script = vm.welcome("ssh-ed25519 AAAA lab\n")
    assert "grep -qF 'ssh-ed25519 AAAA lab' /home/teammate/.ssh/authorized_keys ||" in script
    assert "date --set=@" in script


def monitor(answers: dict[str, Any]) -> tuple[int, list[str], threading.Thread]:
    """Stand for QEMU's monitor on a port of its own; it notes what it is asked."""
    server = socket.create_server(("127.0.0.1", 0))
    asked: list[str] = []

    def serve() -> None:
        connection, _ = server.accept()
        with connection, server, connection.makefile("rw", encoding="utf-8") as lines:
            lines.write('{"QMP": {}}\n')
            lines.flush()
            for line in lines:
                command = json.loads(line)
                asked.append(" ".join([command["execute"], *map(str, command["arguments"].values())]))
                if command["execute"] == "quit":
                    return  # as QEMU may: without an answer
                lines.write('{"event": "STOP"}\n' + json.dumps(answers.get(command["execute"], {"return": {}})) + "\n")
                lines.flush()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return int(server.getsockname()[1]), asked, thread


def test_the_state_is_saved_and_the_emulator_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    port, asked, thread = monitor({"query-migrate": {"return": {"status": "completed"}}})
    monkeypatch.setattr(vm, "_MONITOR_PORT", port)
    vm.save("127.0.0.1")
    thread.join(5)
    assert asked == ["qmp_capabilities", "migrate file:/srv/saved/state", "query-migrate", "quit"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        pytest.param({"migrate": {"error": {"desc": "No space"}}}, "QEMU answered to migrate: No space", id="refused"),
        pytest.param({"query-migrate": {"return": {"status": "failed"}}}, "says 'failed'", id="failed"),
    ],
)
def test_a_state_that_cannot_be_saved_is_an_error(
    monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr(vm, "_MONITOR_PORT", monitor(answers)[0])
    with pytest.raises(LabError, match=f"Could not save the machine: .*{words}"):
        vm.save("127.0.0.1")


@pytest.mark.parametrize(
    ("arguments", "laptops"),
    [
        pytest.param(["up"], 1, id="one-laptop"),
        pytest.param(["up", "--vm"], 0, id="the-machine-alone"),
        pytest.param(["up", "--vm", "--laptops", "2"], 2, id="both"),
    ],
)
def test_a_machine_comes_alone_unless_laptops_are_asked_for(arguments: list[str], laptops: int) -> None:
    assert wish_of(parse(arguments)).count == laptops
