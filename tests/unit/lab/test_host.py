# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the lab reads of its machine, and what it gives a laptop."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.lab import host
from tests.lab.laptops import host_settings
from tests.lab.status import listeners


def test_the_bounding_set_is_read_bit_by_bit() -> None:
    assert host.bounding_set("Name:\tx\nCapBnd:\t0000000000000021\n") == ("CHOWN", "KILL")
    assert host.bounding_set("CapBnd:\t000001ffffffffff\n") == host.CAPABILITIES


def test_root_with_all_capabilities_runs_laptops_privileged() -> None:
    assert host_settings(host.CAPABILITIES)["Privileged"] is True
    without_newest = tuple(name for name in host.CAPABILITIES if name not in ("BPF", "PERFMON", "CHECKPOINT_RESTORE"))
    assert host_settings(without_newest)["Privileged"] is True


def test_root_that_lacks_one_hands_on_the_others_by_name() -> None:
    settings = host_settings(tuple(name for name in host.CAPABILITIES if name != "SYS_RESOURCE"))
    assert "Privileged" not in settings
    assert settings["MaskedPaths"] == []
    added = settings["CapAdd"]
    assert isinstance(added, list)
    assert "SYS_ADMIN" in added
    assert not {"SYS_RESOURCE", "BPF", "PERFMON", "CHECKPOINT_RESTORE"} & set(added)


def test_listeners_are_named_with_their_program_but_for_dockers_name_server() -> None:
    recorded = """\
LISTEN 0      4096      127.0.0.11:43481      0.0.0.0:*
LISTEN 0      511          0.0.0.0:5000       0.0.0.0:*    users:(("nginx",pid=9,fd=5),("nginx",pid=1,fd=5))
LISTEN 0      511             [::]:5000          [::]:*    users:(("nginx",pid=9,fd=6))
LISTEN 0      4096       127.0.0.1:5001       0.0.0.0:*
"""
    assert listeners(recorded) == ["*:5000 nginx", "127.0.0.1:5001 ?"]


def test_an_own_daemon_has_ended_when_it_was_stopped(tmp_path: Path) -> None:
    # As dockerd does, it takes its time to go.
    slow = ["sh", "-c", "trap 'sleep 0.5; exit' TERM; echo ready; while :; do sleep 0.1; done"]
    with subprocess.Popen(slow, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout and daemon.stdout.readline() == b"ready\n"
        known = {"pid": daemon.pid, "start": host._start_time(daemon.pid)}
        (tmp_path / "dockerd.json").write_text(json.dumps(known))
        assert host.stop_own_daemon(tmp_path)
        assert daemon.poll() is not None


def test_another_process_with_the_daemons_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        (tmp_path / "dockerd.json").write_text(json.dumps({"pid": other.pid, "start": "1"}))
        assert not host.stop_own_daemon(tmp_path)
        assert other.poll() is None
        other.kill()


def test_a_process_that_has_ended_is_not_taken_for_one_that_runs() -> None:
    with subprocess.Popen(["sleep", "0.2"]) as ended:
        assert host._process(Path(f"/proc/{ended.pid}")) is not None
        while Path(f"/proc/{ended.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            pass
        assert host._process(Path(f"/proc/{ended.pid}")) is None
        assert host._start_time(ended.pid) is None
