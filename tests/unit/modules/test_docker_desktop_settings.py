# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""docker_desktop_settings against a Docker Desktop behind the process edge. An unknown call fails the test."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import pytest

from plugins.module_utils.apply.docker_desktop import process as _desktop_process
from plugins.module_utils.host.programs import Ran
from plugins.modules import docker_desktop_settings as module

FORMER = '{\n  "AnalyticsEnabled": false,\n  "Cpus": 4,\n  "MemoryMiB": 8192\n}\n'
LAPTOP = {"host_memory_bytes": 16 * 2**30, "host_cores": 8}
WISHES = {**LAPTOP, "cpus": "max", "memory": "max"}
STATUS = "Name                Value\nStatus              {}\nSession ID          1b2e\n"


@dataclass
class Desktop:
    """Answers as `docker` of Docker Desktop 4.37 does; `old`: as one before that, which has no `docker desktop`."""

    path: Path
    state: str = "running"
    old: bool = False
    starts: Callable[[str], bool] = lambda text: True  # with this file
    stops: bool = True
    writes_at_end: str = ""
    containers: dict[str, bool] = field(default_factory=lambda: {"web": True, "job": False})  # name: restart policy
    running: list[str] = field(default_factory=lambda: ["web", "job"])
    refused: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)
    asked_elsewhere: list[str] = field(default_factory=list)
    at_write: list[str] = field(default_factory=list)

    def run(self, argv: list[str], timeout: float = 20) -> Ran:
        verb = self.verb(argv)
        if argv[0] == "pgrep":
            return Ran(0 if self.state == "running" else 1, "", "")
        if verb.startswith("desktop") and self.old:
            return Ran(1, "", "docker: 'desktop' is not a docker command.\nSee 'docker --help'\n")
        if verb == "desktop status":
            return Ran(0, STATUS.format(self.state), "")
        if verb == "desktop stop":
            return self.stop()
        if verb == "desktop start --detach":
            return self.start()
        if verb == "info --format {{.ServerVersion}}":
            return Ran(0, "28.1.1\n", "") if self.state == "running" else Ran(1, "\n", "Cannot connect")
        if verb == "ps --format {{.Names}}":
            return Ran(0, "".join(f"{name}\n" for name in self.running), "")
        if verb.startswith("start "):
            self.calls.append(verb)
            name = argv[-1]
            return Ran(1, "", "no such image") if name in self.refused else Ran(0, name, "")
        raise AssertionError(f"unexpected call: {argv}")

    def verb(self, argv: list[str]) -> str:
        """The call without its context; what is said to another engine (on Linux `default` may be one) is noted."""
        words, context = " ".join(argv[1:]), "--context desktop-linux "
        if argv[0] == "docker" and not words.startswith((context, "desktop ")):
            self.asked_elsewhere.append(words)
        return words.replace(context, "")

    def stop(self) -> Ran:
        self.calls.append("stop")
        if not self.stops:
            return Ran(1, "", "Error: a dialog is open.\n")
        self.state, self.running = "stopped", []
        if self.writes_at_end:
            self.path.write_text(self.writes_at_end)
        return Ran(0, "", "")

    def start(self) -> Ran:
        self.calls.append("start")
        self.at_write.append(self.path.read_text() if self.path.exists() else "")
        if self.starts(self.at_write[-1]):
            self.state, self.running = "running", [name for name, policy in self.containers.items() if policy]
        else:
            self.state = "starting"
        return Ran(0, "", "")


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    made = Desktop(tmp_path / "home/.docker/desktop/settings-store.json")
    made.path.parent.mkdir(parents=True)
    made.path.write_text(FORMER)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(_desktop_process, "run", made.run)
    monkeypatch.setattr(_desktop_process.shutil, "which", lambda name, path: "docker")
    monkeypatch.setattr(_desktop_process.platform, "system", lambda: "Linux")
    monkeypatch.setattr(_desktop_process, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(_desktop_process, "STOP_SECONDS", 0.05)
    return made


def settings(desktop: Desktop) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desktop.path.read_text())
    return found


def copies(desktop: Desktop) -> list[Path]:
    return sorted(desktop.path.parent.glob("*~"))


def test_the_file_is_written_while_desktop_is_stopped_and_it_is_started_again(
    desktop: Desktop, run_module: Any
) -> None:
    desktop.path.chmod(0o640)
    result = run_module(module, WISHES)
    assert not result.failed, result.msg
    assert result.changed
    assert settings(desktop) == {"AnalyticsEnabled": False, "Cpus": 8, "MemoryMiB": 13107}
    assert desktop.calls == ["stop", "start", "start job"]
    assert result.json["restarted"] is True
    assert result.json["settings"] == {"Cpus": 8, "MemoryMiB": 13107}
    assert Path(result.json["backup_file"]).read_text() == FORMER
    assert desktop.path.stat().st_mode & 0o777 == 0o640
    assert result.json["diff"]["before"] == FORMER


def test_only_the_engine_of_desktop_is_asked_and_told(desktop: Desktop, run_module: Any) -> None:
    run_module(module, WISHES)
    assert "start job" in desktop.calls
    assert desktop.asked_elsewhere == []


def test_a_second_run_touches_nothing(desktop: Desktop, run_module: Any) -> None:
    run_module(module, WISHES)
    desktop.calls.clear()
    result = run_module(module, WISHES)
    assert (result.changed, result.json["restarted"], desktop.calls, len(copies(desktop))) == (False, False, [], 1)


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_check_mode_tells_and_touches_nothing(desktop: Desktop, run_module: Any, state: str) -> None:
    desktop.state = state
    result = run_module(module, WISHES, check=True)
    assert result.changed
    assert result.json["restarted"] is (state == "running")
    assert '"Cpus": 8' in result.json["diff"]["after"]
    assert (desktop.path.read_text(), desktop.calls, copies(desktop)) == (FORMER, [], [])


def test_check_mode_of_what_is_there_already_is_no_change(desktop: Desktop, run_module: Any) -> None:
    assert not run_module(module, {**LAPTOP, "cpus": "4"}, check=True).changed


def test_a_desktop_that_does_not_run_stays_stopped(desktop: Desktop, run_module: Any) -> None:
    desktop.state = "stopped"
    result = run_module(module, WISHES)
    assert (result.changed, result.json["restarted"], desktop.calls) == (True, False, [])
    assert settings(desktop)["Cpus"] == 8


def test_a_desktop_that_was_never_started_gets_a_file(desktop: Desktop, run_module: Any) -> None:
    desktop.state = "stopped"
    desktop.path.unlink()
    desktop.path.parent.rmdir()
    result = run_module(module, WISHES)
    assert settings(desktop) == {"Cpus": 8, "MemoryMiB": 13107}
    assert result.json["backup_file"] == ""


def test_what_desktop_writes_at_its_end_is_kept(desktop: Desktop, run_module: Any) -> None:
    desktop.writes_at_end = FORMER.replace("false", "true")
    run_module(module, WISHES)
    assert settings(desktop) == {"AnalyticsEnabled": True, "Cpus": 8, "MemoryMiB": 13107}


def test_without_manage_process_a_running_desktop_is_not_written_over(desktop: Desktop, run_module: Any) -> None:
    result = run_module(module, {**WISHES, "manage_process": False})
    assert result.failed
    assert result.msg == (
        f"Could not change {desktop.path}: Docker Desktop runs, and would overwrite it when it ends (it must be "
        "stopped). Quit it, or set 'manage_process' to true."
    )
    assert (desktop.path.read_text(), desktop.calls) == (FORMER, [])


def test_without_manage_process_what_is_there_already_is_fine(desktop: Desktop, run_module: Any) -> None:
    assert not run_module(module, {**LAPTOP, "cpus": "4", "manage_process": False}).failed


def test_a_desktop_that_does_not_come_up_gets_its_former_settings_back(desktop: Desktop, run_module: Any) -> None:
    desktop.starts = lambda text: "13107" not in text
    result = run_module(module, {**WISHES, "start_timeout": 0})
    assert result.failed
    assert "Could not start Docker Desktop: docker info gave no answer within 0 s. Look at its window" in result.msg
    assert result.msg.endswith(f"The former settings are back in {desktop.path}, and Docker Desktop runs with them.")
    assert (desktop.path.read_text(), desktop.state) == (FORMER, "running")
    assert desktop.calls == ["stop", "start", "stop", "start"]


def test_a_desktop_that_does_not_come_up_at_all_is_said_so(desktop: Desktop, run_module: Any) -> None:
    desktop.starts = lambda text: False
    result = run_module(module, {**WISHES, "start_timeout": 0})
    assert f"With the former settings, which are back in {desktop.path}, it does not start either:" in result.msg
    assert desktop.path.read_text() == FORMER


def test_a_desktop_that_does_not_stop_is_left_alone(desktop: Desktop, run_module: Any) -> None:
    desktop.stops = False
    result = run_module(module, WISHES)
    assert result.msg == "Could not stop Docker Desktop: Error: a dialog is open. Quit it and run this again."
    assert (desktop.path.read_text(), desktop.calls) == (FORMER, ["stop"])


def test_a_desktop_without_the_command_must_be_quit_by_hand(desktop: Desktop, run_module: Any) -> None:
    desktop.old = True
    result = run_module(module, WISHES)
    assert "it has no 'docker desktop' command (4.37 or later was needed)" in result.msg
    assert desktop.path.read_text() == FORMER
    desktop.state = "stopped"
    assert run_module(module, WISHES).changed


def test_desktop_is_started_again_if_its_file_broke_meanwhile(desktop: Desktop, run_module: Any) -> None:
    desktop.writes_at_end = "{"
    result = run_module(module, WISHES)
    assert "the file ends before the last bracket is closed" in result.msg
    assert (desktop.calls, desktop.state, desktop.path.read_text()) == (["stop", "start"], "running", "{")


def test_a_container_that_does_not_come_back_is_named(desktop: Desktop, run_module: Any) -> None:
    desktop.refused = ("job",)
    assert "restarted, and do not now: job." in str(run_module(module, WISHES).json["warnings"])


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("", "line 1, column 1: the file is empty", id="empty"),
        pytest.param("<html>", "line 1, column 1: ", id="html"),
    ],
)
def test_a_file_that_is_no_json_is_left_alone(desktop: Desktop, run_module: Any, text: str, seen: str) -> None:
    desktop.path.write_text(text)
    result = run_module(module, WISHES)
    assert result.failed
    assert f"Could not read Docker Desktop's settings {desktop.path}: {seen}" in result.msg
    assert (desktop.path.read_text(), desktop.calls) == (text, [])


def test_more_than_the_machine_has_is_refused_with_the_arithmetic(desktop: Desktop, run_module: Any) -> None:
    result = run_module(module, {**WISHES, "memory": "15GiB"})
    assert "MemoryMiB 15360 of 16384 leaves 1024 MiB for the system (needed: 3277)." in result.msg
    assert (desktop.path.read_text(), desktop.calls) == (FORMER, [])


def test_a_disk_image_is_never_made_smaller(desktop: Desktop, run_module: Any) -> None:
    image = desktop.path.parent / "vms/0/data/Docker.raw"
    image.parent.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(64 * 2**30)
    result = run_module(module, {"disk": "32GiB"})
    assert "DiskSizeMiB 32768 is less than the present 65536" in result.msg
    moved = desktop.path.parents[2] / "elsewhere"
    image.parent.rename(moved)
    desktop.path.write_text(json.dumps({"DataFolder": str(moved)}))
    assert "less than the present 65536" in run_module(module, {"disk": "32GiB"}).msg


@pytest.mark.parametrize("option", ["memory", "cpus"])
def test_the_size_of_the_machine_is_needed(desktop: Desktop, run_module: Any, option: str) -> None:
    assert "missing parameter(s) required by" in run_module(module, {option: "max"}).msg


def test_the_older_file_is_taken_if_only_that_is_there(desktop: Desktop, run_module: Any) -> None:
    older = desktop.path.with_name("settings.json")
    desktop.path.unlink()
    older.write_text('{"cpus": 2, "memoryMiB": 2048}')
    result = run_module(module, {**WISHES, "autostart": True})
    assert result.json["path"] == str(older)
    assert json.loads(older.read_text()) == {"cpus": 8, "memoryMiB": 13107, "autoStart": True}


def test_on_a_mac_the_file_is_in_the_group_container(
    desktop: Desktop, run_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_desktop_process.platform, "system", lambda: "Darwin")
    result = run_module(module, WISHES, check=True)
    assert result.json["path"].endswith("/home/Library/Group Containers/group.com.docker/settings-store.json")


def test_another_system_needs_a_path(desktop: Desktop, run_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_desktop_process.platform, "system", lambda: "FreeBSD")
    assert "Docker Desktop's settings are not known on FreeBSD. Set 'path'" in run_module(module, WISHES).msg


def test_a_link_stays_a_link(desktop: Desktop, run_module: Any) -> None:
    kept = desktop.path.parents[2] / "dotfiles.json"
    desktop.path.rename(kept)
    desktop.path.symlink_to(kept)
    run_module(module, WISHES)
    assert desktop.path.is_symlink()
    assert json.loads(kept.read_text())["Cpus"] == 8


def test_passwords_of_proxies_are_not_shown(desktop: Desktop, run_module: Any) -> None:
    desktop.path.write_text('{"OverrideProxyHTTP": "http://me:secret@proxy"}')
    result = run_module(module, WISHES, diff=True)
    assert "secret" not in json.dumps(result.json)
    assert settings(desktop)["OverrideProxyHTTP"] == "http://me:secret@proxy"


def test_no_copy_if_none_is_wanted(desktop: Desktop, run_module: Any) -> None:
    assert run_module(module, {**WISHES, "backup": False}).json["backup_file"] == ""
    assert copies(desktop) == []


def test_what_cannot_be_written_is_said_and_desktop_runs_again(
    desktop: Desktop, run_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("plugins.module_utils.host.owners_file.os.replace", full)
    result = run_module(module, WISHES)
    assert f"Could not write {desktop.path}: No space left on device. Check the path" in result.msg
    assert (desktop.path.read_text(), desktop.state) == (FORMER, "running")
    assert [path.name for path in desktop.path.parent.iterdir() if path.name.startswith(".")] == []


def test_the_former_file_comes_back_byte_for_byte_while_desktop_is_stopped(
    desktop: Desktop, run_module: Any, tmp_path: Path
) -> None:
    run_module(module, WISHES)
    (tmp_path / "former").write_text(FORMER)
    result = run_module(module, {"former_file": str(tmp_path / "former"), "backup": False})
    assert (result.changed, result.json["restarted"]) == (True, True)
    assert desktop.path.read_text() == FORMER
    assert desktop.calls[-4:-2] == ["stop", "start"] or desktop.calls[-2:] == ["stop", "start"]
    assert not run_module(module, {"former_file": str(tmp_path / "former")}).changed


def test_where_there_was_no_file_none_stays(desktop: Desktop, run_module: Any) -> None:
    desktop.state = "stopped"
    assert run_module(module, {"former_file": "/dev/null", "backup": False}).changed
    assert not desktop.path.exists()
    assert not run_module(module, {"former_file": "/dev/null"}).changed


def test_the_former_file_is_only_told_in_check_mode(desktop: Desktop, run_module: Any) -> None:
    assert run_module(module, {"former_file": "/dev/null"}, check=True).changed
    assert (desktop.path.read_text(), desktop.calls) == (FORMER, [])
