# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""One block is measured under its arm's conditions, and nothing of them is left, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest

from plugins.module_utils.bench import setting as _bench_setting
from plugins.module_utils.bench.setting import SettingError, setting
from plugins.module_utils.host.reader import HostReader
from plugins.module_utils.ollama.process import Server
from plugins.modules import bench_block
from tests.unit.ollama_server import FakeOllama, answer_lines

SERVER = Server("unit ollama.service", 50)
ARM: dict[str, Any] = {"name": "busy", "busy": False, "cpu_weight": None, "cpu_limit_cores": None}


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    """Return the slice's folder on a host with cgroup v2, made at the host's root `tmp_path`."""
    return host_with(tmp_path, "0::/ollama.slice/ollama.service\n", "cgroup2 cgroup2 rw", "/sys/fs/cgroup")


def host_with(root: Path, groups: str, mount: str, point: str) -> Path:
    files = {
        "proc/50/cgroup": groups,
        "proc/50/stat": "50 (ollama) S 1",
        "proc/50/cmdline": "ollama\0serve\0",
        "proc/self/mountinfo": f"29 23 0:26 / {point} rw - {mount}\n",
        f"{point[1:]}/ollama.slice/ollama.service/x": "",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root / point[1:] / "ollama.slice"


def test_weight_and_limit_are_set_for_a_while(tmp_path: Path, v2: Path) -> None:
    (v2 / "cpu.weight").write_text("1000\n")
    (v2 / "cpu.max").write_text("max 100000\n")
    with setting(HostReader(str(tmp_path)), SERVER, {**ARM, "cpu_weight": 100, "cpu_limit_cores": 1.5}):
        assert (v2 / "cpu.weight").read_text() == "100"
        assert (v2 / "cpu.max").read_text() == "150000 100000"
    assert (v2 / "cpu.weight").read_text() == "1000\n"
    assert (v2 / "cpu.max").read_text() == "max 100000\n"


def test_on_cgroup_v1_a_weight_is_shares(tmp_path: Path) -> None:
    folder = host_with(tmp_path, "1:cpu:/ollama.slice\n", "cgroup cgroup rw,cpu", "/sys/fs/cgroup/cpu")
    (folder / "cpu.shares").write_text("10240")
    (folder / "cpu.cfs_quota_us").write_text("-1")
    with setting(HostReader(str(tmp_path)), SERVER, {**ARM, "cpu_weight": 100, "cpu_limit_cores": 0.5}):
        assert (folder / "cpu.shares").read_text() == "1024"
        assert (folder / "cpu.cfs_quota_us").read_text() == "50000"
    assert (folder / "cpu.shares").read_text() == "10240"


def test_a_signal_brings_the_weight_back_and_ends_the_busy_program(
    tmp_path: Path, v2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = _bench_setting._busy
    monkeypatch.setattr(_bench_setting, "_busy", lambda: started.append(real()) or started[-1])
    (v2 / "cpu.weight").write_text("1000\n")
    asked = setting(HostReader(str(tmp_path)), SERVER, {**ARM, "busy": True, "cpu_weight": 100})
    with pytest.raises(SystemExit), asked:
        assert started[0].poll() is None
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    assert started[0].poll() == -signal.SIGKILL
    assert (v2 / "cpu.weight").read_text() == "1000\n"


def test_the_busy_program_ends_when_nobody_waits_for_it() -> None:
    # Its parent is not the one it was started for.
    done = subprocess.run(["python3", "-c", _bench_setting._BUSY, "1"], timeout=20, check=False)
    assert done.returncode == 0


def test_a_server_outside_of_the_slice_is_refused(tmp_path: Path) -> None:
    host_with(tmp_path, "0::/system.slice/ollama.service\n", "cgroup2 cgroup2 rw", "/sys/fs/cgroup")
    words = r"process 50 is in /sys/fs/cgroup/system.slice/ollama.service \(needed: ollama.slice\). Run ./nogpu up"
    asked = setting(HostReader(str(tmp_path)), SERVER, {**ARM, "cpu_weight": 100})
    with pytest.raises(SettingError, match=words), asked:
        pass


def test_a_slice_without_the_controller_is_refused(tmp_path: Path, v2: Path) -> None:
    asked = setting(HostReader(str(tmp_path)), SERVER, {**ARM, "cpu_weight": 100})
    with pytest.raises(SettingError, match=r"Cannot read .*ollama.slice/cpu.weight: No such file"), asked:
        pass


def test_the_answer_that_warms_up_does_not_count(run_module: Callable[..., Any]) -> None:
    arm = {"name": "as planned", "runtime": "native", "request_options": {"num_thread": 8}}
    with FakeOllama(answers=[answer_lines(pause=0.01)]) as ollama:
        params = {"model": "hello", "url": ollama.url, "pair": 3, "arm": arm, "answers": 2, "tokens": 7}
        result = run_module(bench_block, {**params, "request_options": {"num_thread": 4}})
        asked = ollama.called("/api/generate")
    assert not result.failed, result.msg
    assert [(each["pair"], each["arm"], each["tokens_per_second"]) for each in result.json["answers"]] == [
        (3, "as planned", 100.0)
    ] * 2
    # The arm's own options go before those of the plan, also while the model is loaded.
    assert {body["options"]["num_thread"] for body in asked} == {8}
    assert {body["options"]["num_predict"] for body in asked} == {7}
    prompts = [body["prompt"] for body in asked if "prompt" in body]
    assert len(set(prompts)) == 3
