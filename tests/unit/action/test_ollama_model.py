# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The action plugin in one real run of ansible-playbook: local connections, each to a fake Ollama of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

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


@dataclass
class Case:
    """One host of the shared run: its Ollama, the task's options and keywords, its folders, and what came out."""

    ollama: FakeOllama = field(default_factory=lambda: FakeOllama(registry={"hello:latest": "d" * 64}))
    vars: dict[str, Any] = field(default_factory=dict)
    home: Path = Path()
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def jobs(self) -> Path:
        return self.home / "jobs"

    def left_over(self) -> list[str]:
        """Return the files that the task left. Ansible's job wrapper removes its folder up to five seconds late."""
        deadline = time.monotonic() + 8
        while True:
            kept = [str(place) for place in (*self.home.glob("jobs/*"), *self.home.glob("tmp/*"))]
            if not kept or time.monotonic() > deadline:
                return kept
            time.sleep(0.2)


@dataclass(frozen=True)
class Run:
    stdout: str
    stderr: str
    cases: dict[str, Case]


def there() -> FakeOllama:
    return FakeOllama(models={"hello:latest": "0" * 64})


def slow(name: str = "hello") -> FakeOllama:
    return FakeOllama(registry={f"{name}:latest": "d" * 64}, pulls=[SLOW_PULL])


def cases() -> dict[str, Case]:
    """Return a host for each case. Starting ansible-playbook costs more than the task, so all share one run."""
    return {
        "pulls": Case(slow()),
        "pulls2": Case(slow()),
        "pulls3": Case(slow()),
        "fails": Case(FakeOllama()),
        "present": Case(there()),
        "deletes": Case(there(), {"state": "absent"}),
        "rehearses": Case(vars={"check_mode": True}),
        "no_folder": Case(),
        "own_async": Case(vars={"async_seconds": 60}),
        "no_pipelining": Case(vars={"ansible_pipelining": False}),
        "silent": Case(slow("secret"), {"name": "secret", "no_log": True}),
    }


PLAY = [
    {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "tasks": [
            {
                "nogpu.ollama.ollama_model": {
                    "name": "{{ name | default('hello') }}",
                    "url": "{{ url }}",
                    "state": "{{ state | default('present') }}",
                },
                "check_mode": "{{ check_mode | default(false) }}",
                "diff": "{{ check_mode | default(false) }}",
                "async": "{{ async_seconds | default(0) }}",
                "poll": 1,
                "no_log": "{{ no_log | default(false) }}",
                "register": "r",
                "ignore_errors": True,
            }
        ],
    },
    {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "tasks": [
            {
                "ansible.builtin.copy": {
                    "content": "{{ dict(groups.all | zip(groups.all | map('extract', hostvars, 'r'))) | to_json }}",
                    "dest": "{{ results }}",
                }
            }
        ],
    },
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run the task once with ansible-playbook, on a host for each case, all at the same time."""
    folder, found = tmp_path_factory.mktemp("playbook"), cases()
    with ExitStack() as stack:
        for name, case in found.items():
            case.home = folder / name
            case.home.mkdir()
            stack.enter_context(case.ollama)
        found["no_folder"].jobs.write_text("in the way")
        done = subprocess.run(
            playbook(folder, found), cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        for name, result in json.loads((folder / "results.json").read_text()).items():
            found[name].result = result
        yield Run(done.stdout, done.stderr, found)
    assert [case.ollama.unexpected for case in found.values() if case.ollama.unexpected] == []


def playbook(folder: Path, found: dict[str, Case]) -> list[str]:
    """Write the play and its inventory; return the command that runs them."""
    hosts = {
        name: {
            "url": case.ollama.url,
            "ansible_async_dir": str(case.jobs),
            "ansible_remote_tmp": str(case.home / "tmp"),
            "ansible_pipelining": True,
            **case.vars,
        }
        for name, case in found.items()
    }
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    (folder / "play.json").write_text(json.dumps(PLAY))
    results = json.dumps({"results": str(folder / "results.json")})
    files = ["--inventory", str(folder / "inventory.json"), str(folder / "play.json")]
    return ["ansible-playbook", "--forks", str(len(hosts)), "--extra-vars", results, *files]


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which Ansible takes nothing from the user's own home."""
    return {
        **os.environ,
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }


def test_a_pull_shows_progress_and_leaves_nothing_behind(run: Run) -> None:
    case = run.cases["pulls"]
    assert case.result["changed"], run.stdout + run.stderr
    assert "pulls  hello:latest  50 %  200 of 400 MB" in run.stderr
    assert "200 of 400 MB" not in run.stdout
    assert case.result["digest"] == "d" * 64
    assert not {"ansible_job_id", "results_file", "finished"} & set(case.result)
    assert len(case.ollama.called("/api/pull")) == 1
    assert case.left_over() == []


def test_several_hosts_at_once_each_show_their_progress(run: Run) -> None:
    for host in ("pulls", "pulls2", "pulls3"):
        assert f"{host}  hello:latest  50 %" in run.stderr


def test_a_failed_pull_gives_the_modules_own_words(run: Run) -> None:
    result = run.cases["fails"].result
    assert result["failed"]
    assert "model hello:latest is not in registry registry.ollama.ai" in result["msg"]


def test_what_is_there_is_ok_and_starts_no_job(run: Run) -> None:
    case = run.cases["present"]
    assert not case.result["changed"] and not case.result.get("failed")
    assert case.result["msg"] == "hello:latest: nothing to do."
    assert case.ollama.writes() == []
    assert not case.jobs.exists()


def test_a_delete_needs_no_job(run: Run) -> None:
    case = run.cases["deletes"]
    assert case.result["changed"]
    assert case.ollama.models == {}
    assert not case.jobs.exists()


def test_check_mode_announces_the_pull_and_makes_no_call_that_writes(run: Run) -> None:
    case = run.cases["rehearses"]
    assert case.result["changed"]
    assert "digest known after the pull" in run.stdout
    assert case.ollama.writes() == []


def test_without_a_folder_for_jobs_the_pull_still_works(run: Run) -> None:
    assert run.cases["no_folder"].result["changed"]
    assert run.cases["no_folder"].left_over() == []


def test_the_users_own_async_is_left_to_ansible(run: Run) -> None:
    assert run.cases["own_async"].result["changed"], run.stdout + run.stderr
    assert run.cases["own_async"].result["finished"]


def test_without_pipelining_nothing_is_left_behind_either(run: Run) -> None:
    assert run.cases["no_pipelining"].result["changed"]
    assert run.cases["no_pipelining"].left_over() == []


def test_no_log_hides_the_progress(run: Run) -> None:
    assert run.cases["silent"].result["changed"]
    assert "secret" not in run.stderr


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
    assert "The pull continues on that host. Run this again" in result["msg"]


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
