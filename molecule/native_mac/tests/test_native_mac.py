# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A simulated Mac with Apple silicon: native is chosen, all belongs to the user, and removal works. In this order."""

from __future__ import annotations

import json
import plistlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab.file_search import files_with

Site = Callable[..., str]
HOME = "/home/teammate"
AGENT = f"{HOME}/Library/LaunchAgents/io.nogpu.ollama.plist"
BREW = f"{HOME}/Library/LaunchAgents/homebrew.mxcl.ollama.plist"
MIRROR = {"nogpu_mirror": "http://127.0.0.1:5000"}
PASSWORD = "canary-7c1e"
ANSWERS = "curl -sf --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:11434/api/version"


def calls(host: Host) -> list[str]:
    """Return what launchctl was told to do, without the questions that it was asked."""
    lines = host.file("/opt/stand-in/calls").content_string.splitlines()
    return [line for line in lines if line.startswith("launchctl ") and " print " not in line]


def agent(host: Host) -> dict[str, Any]:
    found: dict[str, Any] = plistlib.loads(host.file(AGENT).content)
    return found


def server(host: Host) -> str:
    """Return the process that listens, after a check that it is the agent's."""
    domain = "user" if host.file("/opt/stand-in/no-screen").exists else "gui"
    uid = host.check_output("id -u teammate")
    told = host.check_output(f"su teammate -c 'launchctl print {domain}/{uid}/io.nogpu.ollama'")
    pid = next(line.split()[-1] for line in told.splitlines() if line.startswith("\tpid = "))
    assert f"pid={pid}," in host.check_output("ss -Hltnp sport = :11434")
    return pid


def test_launchd_was_told_once_to_run_it(host: Host) -> None:
    uid = host.check_output("id -u teammate")
    assert calls(host) == [f"launchctl bootstrap gui/{uid} {AGENT}"]
    assert server(host)


def test_the_answer_comes_in_pieces(pieces: list[dict[str, Any]]) -> None:
    assert len(pieces) >= 12
    assert pieces[-1]["done"] is True


def test_only_loopback_listens(listeners: list[str]) -> None:
    assert listeners == ["127.0.0.1:11434"]


def test_the_server_has_the_plan_s_settings(host: Host) -> None:
    pid = server(host)
    seen = dict(line.partition("=")[::2] for line in host.check_output(f"tr '\\0' '\\n' < /proc/{pid}/environ").split())
    assert seen["OLLAMA_MODELS"] == f"{HOME}/.nogpu/ollama"
    assert seen["HOME"] == f"{HOME}/.nogpu/home"
    assert seen["LLAMA_ARG_THREADS"] == "2"
    assert seen["OLLAMA_KEEP_ALIVE"] == "24h"
    assert "HTTPS_PROXY" not in seen


def test_the_agent_can_be_loaded_with_and_without_a_screen_and_starts_at_each_login(host: Host) -> None:
    told = agent(host)
    assert told["LimitLoadToSessionType"] == ["Aqua", "Background"]
    assert (told["RunAtLoad"], told["KeepAlive"], told["ProcessType"]) == (True, True, "Interactive")
    assert host.file(AGENT).mode == 0o600


def test_all_is_in_the_user_s_home_and_nothing_is_root_s(host: Host) -> None:
    entries = json.loads(host.file(f"{HOME}/.nogpu/ledger.json").content_string)["entries"]
    paths = [entry["name"] for entry in entries if entry["name"].startswith("/")]
    assert {AGENT, f"{HOME}/.nogpu/server/0.9.3", f"{HOME}/.nogpu/server/current"} <= set(paths)
    assert [path for path in paths if not path.startswith(HOME)] == []
    assert host.check_output(f"find {HOME}/.nogpu {HOME}/Library ! -user teammate") == ""
    assert not host.file("/var/lib/nogpu").exists
    assert not host.file("/opt/nogpu").exists


def test_nothing_is_left_of_the_unpacking(host: Host) -> None:
    assert sorted(host.file(f"{HOME}/.nogpu/server").listdir()) == ["0.9.3", "current"]


def test_a_comparison_of_runtimes_is_refused_as_there_is_one(site: Site) -> None:
    words = site(False, playbook="playbooks/bench.yml", **MIRROR)
    assert "Cannot measure on laptop1: it runs macOS (needed: Linux, also in WSL2)." in words
    assert "changed=0" in words


def test_the_doctor_says_why_and_finds_nothing_to_change(site: Site) -> None:
    words = site(True, playbook="playbooks/doctor.yml", **MIRROR)
    assert "in Docker on Apple silicon there is no Metal" in words
    assert "write io.nogpu.ollama" not in words
    assert "unpack Ollama" not in words


def test_it_comes_back_after_a_crash(host: Host) -> None:
    host.check_output(f"kill -9 {server(host)}")
    host.check_output(ANSWERS)


def test_a_changed_setting_restarts_it_once_and_a_password_stays_in_its_file(host: Host, site: Site) -> None:
    before = len(calls(host))
    words = site(True, nogpu_https_proxy=f"http://team:{PASSWORD}@127.0.0.1:5000", **MIRROR)
    assert PASSWORD not in words
    assert [call.split()[1] for call in calls(host)[before:]] == ["bootout", "bootstrap"]
    assert agent(host)["EnvironmentVariables"]["HTTPS_PROXY"].endswith("@127.0.0.1:5000")
    assert files_with(host, PASSWORD, "/etc /home /opt /run /tmp /var", user="nobody") == []


def test_without_anybody_at_the_screen_it_runs_with_what_a_mac_can_show(host: Host, site: Site, tmp_path: Path) -> None:
    uid = host.check_output("id -u teammate")
    host.check_output(f"su teammate -c 'launchctl bootout gui/{uid}/io.nogpu.ollama'; touch /opt/stand-in/no-screen")
    site(True, nogpu_report=f"{tmp_path}/room.json", **MIRROR)
    assert calls(host)[-1] == f"launchctl bootstrap user/{uid} {AGENT}"
    assert server(host)
    assert files_with(host, PASSWORD, f"{HOME}/Library") == []
    rows = json.loads((tmp_path / "room.json").read_text())["laptop1"]["smoke"]["rows"]
    verdicts = {row["setting"]: (row["verdict"], row["effective"]) for row in rows}
    assert verdicts["listen"] == ("in force", ["127.0.0.1"])
    assert verdicts["threads"] == ("in force", 2)
    placebo = {"memory_limit_bytes", "swap_limit_bytes", "cpu_weight", "memlock_bytes"}
    assert {setting for setting, (verdict, _) in verdicts.items() if verdict == "placebo"} >= placebo


def test_removal_takes_it_all_back_but_the_models(host: Host, site: Site) -> None:
    words = site(True, playbook="playbooks/remove.yml")
    assert "remove launch agent: io.nogpu.ollama" in words
    assert host.check_output("ss -Hltn sport = :11434") == ""
    assert host.check_output(f"find {HOME}/Library -type f") == ""
    assert sorted(host.file(f"{HOME}/.nogpu").listdir()) == ["ledger.json", "ollama"]


def test_removal_with_the_models_leaves_nothing(host: Host, site: Site) -> None:
    site(True, playbook="playbooks/remove.yml", nogpu_remove_models=True)
    assert not host.file(f"{HOME}/.nogpu").exists
    assert host.check_output(f"ls -A {HOME}/Library") == ""


def test_homebrew_s_service_is_left_alone(host: Host, site: Site) -> None:
    arguments = "<array><string>/opt/homebrew/opt/ollama/bin/ollama</string><string>serve</string></array>"
    text = f"<plist><dict><key>ProgramArguments</key>{arguments}</dict></plist>"
    host.check_output(f"su teammate -c 'mkdir -p {HOME}/Library/LaunchAgents && echo \"{text}\" > {BREW}'")
    words = site(False, nogpu_adopt_ollama=True, **MIRROR)
    assert f"{BREW} with '/opt/homebrew/opt/ollama/bin/ollama serve' (it does not run)" in words
    assert "End it with `brew services stop ollama`, which keeps its program and its models" in words
    assert host.file(BREW).content_string == f"{text}\n"
    assert not host.file(f"{HOME}/.nogpu").exists
    host.check_output(f"unlink {BREW}; rmdir {HOME}/Library/LaunchAgents")


@pytest.fixture
def app(host: Host) -> str:
    """Start the app Ollama; return the process of its server."""
    contents = "/Applications/Ollama.app/Contents/Resources"
    host.check_output(f"mkdir -p {contents} && tar -xzf /srv/mirror/ollama/v0.9.3/ollama-darwin.tgz -C {contents}")
    start = f"OLLAMA_MODELS=/tmp/models setsid {contents}/ollama serve >/tmp/app.log 2>&1 & echo $!"
    pid: str = host.check_output(f"su teammate -c '{start}'")
    host.check_output(ANSWERS)
    return pid


def test_the_app_is_left_alone(host: Host, site: Site, app: str) -> None:
    words = site(False, **MIRROR)
    host.check_output(f"kill {app}")
    assert "port 11434 is taken on 127.0.0.1 by ollama" in words
    assert "It is the app Ollama: it stays as it is. Quit it in the menu bar" in words
    assert not host.file(f"{HOME}/.nogpu").exists
