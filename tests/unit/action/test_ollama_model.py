# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The action plugin in real ansible-playbook runs: a local connection against a fake Ollama."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Iterator

import pytest
from ansible.errors import AnsibleConnectionFailure

from plugins.action.ollama_model import ActionModule, Ticker
from tests.unit.ollama_server import FakeOllama, pull_lines

ROOT = Path(__file__).resolve().parents[3]
SLOW_PULL = [*pull_lines(size=400_000_000)[:3], *[1.0, pull_lines(size=400_000_000)[2]] * 6, *pull_lines()[-2:]]


def progress(percent: float, speed: float = 5.9e6, status: str = "pulling a") -> dict[str, Any]:
    return {"status": status, "completed": percent * 3.98e6, "total": 398e6, "bytes_per_second": speed}


def test_a_line_says_how_far_it_is_and_how_long_it_takes() -> None:
    line = Ticker("laptop1", "qwen2.5:0.5b", 0).line(progress(45.2), 1)
    assert line == "laptop1  qwen2.5:0.5b  45 %  180 of 398 MB  5.9 MB/s  37 s left"


@pytest.mark.parametrize(
    ("speed", "left"), [(0, "waiting for data"), (1e6, "3 min left"), (1e4, "5.5 h left"), (1e7, "20 s left")]
)
def test_the_time_left_is_in_the_unit_that_people_use(speed: float, left: str) -> None:
    assert str(Ticker("h", "m", 0).line(progress(50, speed), 1)).endswith(left)


def test_a_line_comes_only_if_it_moved_or_time_passed() -> None:
    ticker = Ticker("h", "m", 0)
    assert ticker.line(progress(3), 2) is None
    assert ticker.line(progress(5), 4) is not None
    assert ticker.line(progress(6), 6) is None
    assert ticker.line(progress(6), 14) is not None


def test_going_back_is_told_too() -> None:
    ticker = Ticker("h", "m", 0)
    ticker.line(progress(70), 2)
    assert "  33 %  " in str(ticker.line(progress(33), 4))


def test_when_all_bytes_are_there_the_line_says_what_goes_on() -> None:
    line = Ticker("h", "m", 0).line(progress(100, status="verifying sha256 digest"), 1)
    assert line == "h  m  100 %  verifying sha256 digest"


@dataclass(frozen=True)
class Run:
    returncode: int
    stdout: str
    stderr: str
    result: dict[str, Any]


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    with FakeOllama(registry={"hello:latest": "d" * 64}) as server:
        yield server
    assert not server.unexpected


@pytest.fixture
def play(ollama: FakeOllama, tmp_path: Path) -> Callable[..., Run]:
    """Run one task with ansible-playbook in a home of its own; `task` adds keywords such as async."""

    def run(
        *arguments: str, task: Any = None, hosts: str = "localhost,", pipelining: bool = True, **options: Any
    ) -> Run:
        (tmp_path / "home").mkdir(exist_ok=True)
        module = {"nogpu.ollama.ollama_model": {"name": "hello", "url": ollama.url, **options}, **(task or {})}
        keep = {"ansible.builtin.copy": {"content": "{{ r }}", "dest": f"{tmp_path}/result.json"}, "check_mode": False}
        keep["delegate_to"] = "localhost"
        tasks = [{**module, "register": "r", "ignore_errors": True}, keep]
        play = {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": tasks}
        (tmp_path / "play.json").write_text(json.dumps([play]))
        environment = {
            **os.environ,
            "HOME": str(tmp_path / "home"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            # Ansible and its job wrapper find "~" in two ways, which agree only in a real home.
            "ANSIBLE_ASYNC_DIR": str(tmp_path / "home" / ".ansible_async"),
            "ANSIBLE_REMOTE_TMP": str(tmp_path / "home" / ".ansible" / "tmp"),
            "ANSIBLE_PIPELINING": str(pipelining),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        }
        command = ["ansible-playbook", "-i", hosts, str(tmp_path / "play.json"), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        result = json.loads((tmp_path / "result.json").read_text())
        return Run(done.returncode, done.stdout, done.stderr, result)

    return run


def left_over(tmp_path: Path) -> list[str]:
    """Files that a run left in its home. Ansible's job wrapper removes its folder up to five seconds late."""
    home, deadline = tmp_path / "home", time.monotonic() + 8
    while True:
        places = [*home.glob(".ansible_async/*"), *home.glob(".ansible/tmp/*")]
        kept = [str(place) for place in places if "ansible-local" not in place.name]
        if not kept or time.monotonic() > deadline:
            return kept
        time.sleep(0.2)


def test_a_pull_shows_progress_and_leaves_nothing_behind(play: Any, ollama: FakeOllama, tmp_path: Path) -> None:
    ollama.pulls = [SLOW_PULL]
    run = play()
    assert run.result["changed"], run.stdout + run.stderr
    assert "localhost  hello:latest  50 %  200 of 400 MB" in run.stderr
    assert "200 of 400 MB" not in run.stdout
    assert run.result["digest"] == "d" * 64
    assert not {"ansible_job_id", "results_file", "finished"} & set(run.result)
    assert len(ollama.called("/api/pull")) == 1
    assert left_over(tmp_path) == []


def test_a_failed_pull_gives_the_modules_own_words(play: Any, ollama: FakeOllama) -> None:
    ollama.registry.clear()
    run = play()
    assert run.result["failed"]
    assert "model hello:latest is not in registry registry.ollama.ai" in run.result["msg"]


def test_what_is_there_is_ok_and_starts_no_job(play: Any, ollama: FakeOllama, tmp_path: Path) -> None:
    ollama.models["hello:latest"] = "0" * 64
    run = play()
    assert not run.result["changed"] and not run.result.get("failed")
    assert run.result["msg"] == "hello:latest: nothing to do."
    assert ollama.writes() == []
    assert not (tmp_path / "home" / ".ansible_async").exists()


def test_a_delete_needs_no_job(play: Any, ollama: FakeOllama, tmp_path: Path) -> None:
    ollama.models["hello:latest"] = "0" * 64
    assert play(state="absent").result["changed"]
    assert ollama.models == {}
    assert not (tmp_path / "home" / ".ansible_async").exists()


def test_check_mode_announces_the_pull_and_makes_no_call_that_writes(play: Any, ollama: FakeOllama) -> None:
    run = play("--check", "--diff")
    assert run.result["changed"]
    assert "digest known after the pull" in run.stdout
    assert ollama.writes() == []


def test_without_a_folder_for_jobs_the_pull_still_works(play: Any, ollama: FakeOllama, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".ansible_async").write_text("in the way")
    assert play().result["changed"]
    assert left_over(tmp_path) == []


def test_the_users_own_async_is_left_to_ansible(play: Any, ollama: FakeOllama) -> None:
    run = play(task={"async": 60, "poll": 1})
    assert run.result["changed"], run.stdout + run.stderr


def test_without_pipelining_nothing_is_left_behind_either(play: Any, ollama: FakeOllama, tmp_path: Path) -> None:
    assert play(pipelining=False).result["changed"]
    assert left_over(tmp_path) == []


def test_no_log_hides_the_progress(play: Any, ollama: FakeOllama) -> None:
    ollama.pulls = [SLOW_PULL]
    assert "hello:latest" not in play(task={"no_log": True}).stderr


class Watch(ActionModule):  # type: ignore[misc]
    """The plugin with its three ways to the host replaced: each `progress` is given out once, the last one for ever."""

    def __init__(self, *progress: Any) -> None:
        self._script = list(progress)
        self._vars = {"inventory_hostname": "laptop1"}
        self._connection = SimpleNamespace(reset=lambda: None)
        self.asked = 0

    def _progress(self, path: str) -> dict[str, Any]:
        now = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(now, Exception):
            raise now
        return dict(now)

    def _ask_job(self, job_id: str, mode: str) -> dict[str, Any]:
        self.asked += 1
        return {"finished": True, "msg": "done"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that passes only in sleep()."""
    now = [0.0]
    fake = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr("plugins.action.ollama_model.time", fake)


def test_a_host_that_stays_away_fails_with_what_to_do(clock: None) -> None:
    result = Watch(progress(10), AnsibleConnectionFailure("timed out"))._watch("j1", "/p", "hello:latest")
    assert result["failed"]
    assert result["msg"].startswith("Lost contact with laptop1 while it pulled hello:latest: no answer for 120 s")
    assert "The pull goes on over there. Run this again" in result["msg"]


def test_a_host_that_comes_back_goes_on(clock: None) -> None:
    away = [AnsibleConnectionFailure("timed out")] * 20
    assert Watch(*away, progress(100, status="success"))._watch("j1", "/p", "m")["msg"] == "done"


def test_the_job_is_asked_when_the_progress_file_says_the_end_or_nothing(clock: None) -> None:
    for last in (progress(100, status="success"), progress(10, status="failed"), {}):
        watch = Watch(progress(10), progress(20), last)
        assert watch._watch("j1", "/p", "m")["msg"] == "done"
        assert watch.asked == 1


def test_a_job_that_has_not_written_a_line_yet_is_not_asked_each_time(clock: None) -> None:
    watch = Watch({}, {}, {}, progress(100, status="success"))
    assert watch._watch("j1", "/p", "m")["msg"] == "done"
    assert watch.asked == 1


def test_a_job_that_was_killed_is_noticed_by_asking_now_and_then(clock: None) -> None:
    assert Watch(progress(10))._watch("j1", "/p", "m")["msg"] == "done"


def test_several_hosts_at_once_each_show_their_progress(play: Any, ollama: FakeOllama) -> None:
    ollama.pulls = [SLOW_PULL]
    run = play(hosts="laptop1,laptop2,localhost,")
    for host in ("laptop1", "laptop2", "localhost"):
        assert f"{host}  hello:latest  50 %" in run.stderr
