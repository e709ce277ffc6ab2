# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""wsl_config inside a distribution whose Windows is behind the process edge. An unknown call fails the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plugins.module_utils.apply.docker_desktop import windows as _windows_side
from plugins.module_utils.host.programs import Ran, run_program
from plugins.modules import wsl_config as module

FORMER = b"# mine\r\n[wsl2]\r\nmemory=4GB # half\r\nkernel=C:\\\\k\r\n"
HALF = "MemTotal:        8025000 kB\n"
# What cmd.exe says when it is started from a Linux folder.
UNC = "'\\\\wsl.localhost\\Debian\\home\\anna'\r\nCMD.EXE was started with the above path as the current directory.\r\n"


@dataclass
class Windows:
    """Answers as cmd.exe, powershell.exe, wslpath and wslinfo do (Windows 11, WSL 2.4)."""

    users: Path
    interop: bool = True
    profile: str = "C:\\Users\\anna"
    memory: int = 16 * 2**30
    cores: int = 8
    mode: str = "nat"
    calls: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.users / "anna/.wslconfig"

    def run(self, argv: list[str], timeout_seconds: float | None = None) -> Ran:
        self.calls.append(argv[0])
        if argv == ["cmd.exe", "/d", "/c", "echo %USERPROFILE%"]:
            return self.windows(f"{UNC}{self.profile}\r\n")
        if argv[:3] == ["powershell.exe", "-NoProfile", "-Command"]:
            figures = {"TotalPhysicalMemory": self.memory, "NumberOfLogicalProcessors": self.cores}
            asked = argv[3].replace("(Get-CimInstance Win32_ComputerSystem).", "")
            return self.windows(f"{figures[asked]}\r\n")
        if argv[:2] == ["wslpath", "-u"]:
            if not argv[2].startswith("C:\\Users\\"):
                return Ran(1, "", f"wslpath: {argv[2]}: Invalid argument\n")
            return Ran(0, f"{self.users}/{argv[2].rpartition(chr(92))[2]}\n", "")
        if argv == ["wslinfo", "--networking-mode"]:
            return Ran(0, f"{self.mode}\n", "")
        raise AssertionError(f"unexpected call: {argv}")

    def windows(self, text: str) -> Ran:
        return Ran(0, text, "") if self.interop else Ran(126, "", "cannot execute binary file: Exec format error")


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Windows:
    made = Windows(tmp_path / "Users")
    for name in ("anna", "Public", "Default"):
        (made.users / name).mkdir(parents=True)
    (made.users / "desktop.ini").touch()
    made.path.write_bytes(FORMER)
    monkeypatch.setattr(_windows_side, "USERS", str(made.users))
    monkeypatch.setattr(_windows_side, "run_program", made.run)
    monkeypatch.setattr(_windows_side.shutil, "which", lambda name, path=None: name)
    monkeypatch.setattr(_windows_side.os, "sysconf", lambda name: 8)
    for name, text in (("KERNEL", "6.6.87-microsoft-standard-WSL2"), ("MEMINFO", HALF), ("SWAPS", "Filename\n")):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(_windows_side, name, str(tmp_path / name))
    return made


def copies(windows: Windows) -> list[Path]:
    return sorted(windows.path.parent.glob("*~"))


def test_the_limits_are_merged_and_the_rest_stays(windows: Windows, run_module: Any) -> None:
    result = run_module(module, {"memory": "max", "processors": "max", "swap": "0"})
    assert not result.failed, result.msg
    assert result.changed
    lines = b"memory=13107MB # half\r\nkernel=C:\\\\k\r\nprocessors=8\r\nswap=0\r\n"
    assert windows.path.read_bytes() == b"# mine\r\n[wsl2]\r\n" + lines
    assert result.json["settings"] == {"memory": "13107MB", "processors": "8", "swap": "0"}
    assert Path(result.json["backup_file"]).read_bytes() == FORMER
    assert result.json["restart_needed"] is True
    assert result.json["waiting"] == ["memory is 7836 MiB now (13107MB was asked for)"]
    assert "on Windows run: wsl --shutdown" in result.msg
    assert not any("wsl.exe" in call for call in windows.calls)


def test_a_second_run_changes_nothing_and_still_waits(windows: Windows, run_module: Any) -> None:
    run_module(module, {"memory": "max"})
    result = run_module(module, {"memory": "max"})
    assert (result.changed, result.json["restart_needed"], len(copies(windows))) == (False, True, 1)


def test_limits_in_force_need_no_restart(
    windows: Windows, run_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "MEMINFO").write_text("MemTotal:        4026532 kB\n")
    result = run_module(module, {"memory": "4GiB", "processors": "8", "networking_mode": "nat"})
    assert (result.json["restart_needed"], result.msg) == (False, "The limits are in force.")


def test_check_mode_tells_and_touches_nothing(windows: Windows, run_module: Any) -> None:
    result = run_module(module, {"memory": "max"}, check=True)
    assert (result.changed, windows.path.read_bytes(), copies(windows)) == (True, FORMER, [])
    assert "memory=13107MB # half" in result.json["diff"]["after"]
    assert "memory=4GB # half" in result.json["diff"]["before"]


def test_check_mode_of_what_is_there_already_is_no_change(windows: Windows, run_module: Any) -> None:
    assert not run_module(module, {"memory": "4GiB"}, check=True).changed


def test_no_file_yet_is_made(windows: Windows, run_module: Any) -> None:
    windows.path.unlink()
    result = run_module(module, {"swap": "0"})
    assert (windows.path.read_bytes(), result.json["backup_file"]) == (b"[wsl2]\r\nswap=0\r\n", "")


def test_utf_16_as_old_notepad_saves_it_stays(windows: Windows, run_module: Any) -> None:
    windows.path.write_bytes(b"\xff\xfe" + "[wsl2]\r\nmemory=4GB\r\n".encode("utf-16-le"))
    run_module(module, {"memory": "6GiB"})
    assert windows.path.read_bytes() == b"\xff\xfe" + "[wsl2]\r\nmemory=6GB\r\n".encode("utf-16-le")
    assert "older WSL ignores a file with a byte order mark" in run_module(module, {"memory": "6GiB"}).msg


def test_an_odd_encoding_is_refused_and_left_alone(windows: Windows, run_module: Any) -> None:
    windows.path.write_bytes(b"# gr\xf6\xdfe\r\n[wsl2]\r\n")
    result = run_module(module, {"memory": "8GiB"})
    assert result.failed
    assert result.msg == (
        f"Could not read {windows.path}: line 1 has the byte 0xf6, which is not UTF-8 (UTF-8, or UTF-16LE with byte "
        "order mark, was needed). Save it in Notepad as UTF-8. It was left as it is."
    )
    assert windows.path.read_bytes() == b"# gr\xf6\xdfe\r\n[wsl2]\r\n"


def test_more_than_windows_has_is_refused_with_the_arithmetic(windows: Windows, run_module: Any) -> None:
    result = run_module(module, {"memory": "15GiB"})
    assert "memory 15360 of 16384 leaves 1024 MiB for the system (needed: 3277)." in result.msg
    assert windows.path.read_bytes() == FORMER


def test_more_processors_than_windows_has_are_refused(windows: Windows, run_module: Any) -> None:
    assert "processors 9 is more than the host has (8)." in run_module(module, {"processors": "9"}).msg


def test_programs_of_windows_that_linux_cannot_start_are_no_traceback(
    windows: Windows, run_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "any.exe"
    program.write_bytes(b"MZ\x90\0")
    program.chmod(0o755)
    monkeypatch.setattr(_windows_side, "run_program", run_program)
    monkeypatch.setattr(_windows_side.shutil, "which", lambda name, path=None: str(program))
    result = run_module(module, {"memory": "8GiB"})
    assert (result.json["path"], result.changed) == (str(windows.path), True)


def test_max_without_the_size_of_windows_is_refused_with_the_reason(windows: Windows, run_module: Any) -> None:
    windows.interop = False
    result = run_module(module, {"memory": "max"})
    assert "'memory' is \"max\", but the host's memory is unknown" in result.msg
    assert "Set 'host_memory_bytes'" in result.msg
    assert "Set 'host_cores'" in run_module(module, {"processors": "max"}).msg
    assert windows.path.read_bytes() == FORMER


def test_a_figure_without_the_size_of_windows_is_taken_with_a_warning(windows: Windows, run_module: Any) -> None:
    windows.interop = False
    result = run_module(module, {"memory": "8GiB"})
    assert result.changed
    assert "so it was not checked whether 8GB leaves it enough" in str(result.json["warnings"])


def test_powershell_is_not_asked_for_what_is_given(windows: Windows, run_module: Any) -> None:
    given = {"memory": "max", "processors": "max", "host_memory_bytes": 8 * 2**30, "host_cores": 4}
    assert run_module(module, given).json["settings"] == {"memory": "6GB", "processors": "4"}
    assert "powershell.exe" not in windows.calls


def test_swap_max_is_as_much_as_the_memory_of_the_file(windows: Windows, run_module: Any) -> None:
    assert run_module(module, {"swap": "max"}).json["settings"] == {"swap": "4GB"}


def test_the_network_mode_is_compared_with_the_one_in_force(windows: Windows, run_module: Any) -> None:
    result = run_module(module, {"networking_mode": "mirrored"})
    assert result.json["waiting"] == ["networkingMode is nat now (mirrored was asked for)"]
    assert b"networkingMode=mirrored" in windows.path.read_bytes()


def test_outside_wsl_a_change_is_all_that_is_known(
    windows: Windows, run_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "KERNEL").write_text("6.12.0-amd64")
    monkeypatch.setattr(_windows_side.shutil, "which", lambda name, path=None: None)
    given = {"swap": "0", "path": str(windows.path)}
    assert run_module(module, given).json["restart_needed"] is True
    assert run_module(module, given).json["restart_needed"] is False


@pytest.mark.parametrize("profile", ["C:\\Users\\anna", "LINUX"])
def test_a_profile_may_be_named_as_either_system_does(windows: Windows, run_module: Any, profile: str) -> None:
    given = str(windows.path.parent) if profile == "LINUX" else profile
    assert run_module(module, {"swap": "0", "profile": given}).json["path"] == str(windows.path)
    assert "cmd.exe" not in windows.calls


@pytest.mark.parametrize(
    ("interop", "profile"),
    [
        pytest.param(False, "", id="windows-programs-are-switched-off"),
        pytest.param(True, "C:\\Users\\J\ufffdrgen", id="a-name-that-does-not-come-through"),
    ],
)
def test_the_only_person_s_profile_is_taken(windows: Windows, run_module: Any, interop: bool, profile: str) -> None:
    windows.interop, windows.profile = interop, profile
    assert run_module(module, {"swap": "0"}).json["path"] == str(windows.path)


def test_two_people_and_no_answer_need_a_profile(windows: Windows, run_module: Any) -> None:
    windows.interop = False
    (windows.users / "ben").mkdir()
    result = run_module(module, {"swap": "0"})
    assert "cmd.exe named none" in result.msg
    assert "holds anna, ben (exactly one was needed). Set 'profile'" in result.msg


def test_a_profile_that_cannot_be_translated_is_named(windows: Windows, run_module: Any) -> None:
    assert "wslpath said" in run_module(module, {"swap": "0", "profile": "Q:\\x"}).msg


def test_lines_that_wsl_ignores_are_warned_of(windows: Windows, run_module: Any) -> None:
    windows.path.write_bytes(b"memory=4GB\n")
    assert "line 1: 'memory' stands before any section" in str(run_module(module, {"swap": "0"}).json["warnings"])


def test_a_copy_is_kept_unless_not_wanted(windows: Windows, run_module: Any) -> None:
    assert run_module(module, {"swap": "0", "backup": False}).json["backup_file"] == ""
    assert copies(windows) == []


@pytest.mark.parametrize(("meminfo", "mib"), [("MemTotal:        4026532 kB\nMemFree: 1 kB\n", 3932), ("", None)])
def test_memory_in_force_is_read_from_proc(windows: Windows, tmp_path: Path, meminfo: str, mib: int | None) -> None:
    (tmp_path / "MEMINFO").write_text(meminfo)
    assert _windows_side.Windows().in_force().memory_mib == mib


def test_windows_gets_its_time_to_answer(windows: Windows, run_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[str, float | None] = {}

    def run(command: list[str], timeout_seconds: float | None = None) -> Ran:
        limits[command[0]] = timeout_seconds
        return windows.run(command)

    monkeypatch.setattr(_windows_side, "run_program", run)
    run_module(module, {"memory": "max"})
    assert (limits["cmd.exe"], limits["powershell.exe"]) == (30, 30)
