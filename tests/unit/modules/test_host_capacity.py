# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The module host_capacity, run as a whole on recorded laptops and on this machine."""

from __future__ import annotations

import os
import time

import pytest
import yaml

from plugins.module_utils.look import bandwidth as _bandwidth
from plugins.module_utils.look.capacity import HostCapacity
from plugins.modules import host_capacity
from tests.unit.capacity_trees import DATA, host, lay_out, record, says


@pytest.fixture
def on(monkeypatch, tmp_path):
    """Return `on(laptop, answers)`: let the module see that laptop."""

    def choose(laptop, answers=None):
        reader = host(lay_out(laptop, tmp_path), answers)
        monkeypatch.setattr(host_capacity, "HostReader", lambda: reader)
        monkeypatch.setattr(host_capacity.platform, "system", lambda: "Linux")
        monkeypatch.setattr(host_capacity.platform, "machine", lambda: record(laptop)["architecture"])
        return reader

    return choose


def snapshot(root):
    return {path: path.lstat().st_mtime_ns for path in root.rglob("*")}


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_looking_changes_nothing_in_either_mode(check, on, run_module, tmp_path):
    on("port-taken")
    before = snapshot(tmp_path)
    result = run_module(host_capacity, {}, check=check)
    assert not result.failed
    assert not result.changed
    assert snapshot(tmp_path) == before
    assert result.json["capacity"]["port_owner"] == record("port-taken")["port_owner"]


def test_check_mode_and_a_real_run_return_the_same(on, run_module):
    on("hybrid-intel")
    real, check = (run_module(host_capacity, {}, check=check).json["capacity"] for check in (False, True))
    # The disk is that of this machine, where others write meanwhile.
    assert dict(real, disk_free_bytes=0) == dict(check, disk_free_bytes=0)


def test_the_answer_is_a_host_capacity(on, run_module):
    on("16gb-dual-channel")
    capacity = run_module(host_capacity, {"docker": False}).json["capacity"]
    assert HostCapacity.from_dict(capacity).as_dict() == capacity


def test_docker_is_asked_only_on_request(on, run_module):
    answers = {
        "docker info": says((DATA / "docker/info-20.10.24.json").read_text()),
        "docker version": says("1.41\n"),
        "docker ps": says(f"{'a' * 64}\tollama-docker\tnogpu\t127.0.0.1:11434->11434/tcp\n"),
    }
    on("8gb-single-channel", answers)
    capacity = run_module(host_capacity, {}).json["capacity"]
    assert capacity["docker"]["version"] == "20.10.24+dfsg1"
    assert capacity["port_owner"]["container"] == "ollama-docker"


def test_a_stopped_container_with_our_name_is_seen_too(on, run_module):
    answers = {
        "docker info": says((DATA / "docker/info-20.10.24.json").read_text()),
        "docker ps --all": says(f"{'a' * 64}\tollama-docker\tweb\t\n"),
    }
    on("8gb-single-channel", answers)
    seen = run_module(host_capacity, {}).json["capacity"]
    assert seen["ours"] == {"unit": False, "renamed_container": None, "foreign_project": "web"}
    assert seen["port_owner"] is None


def test_without_docker_nothing_is_run(on, run_module):
    reader = on("8gb-single-channel")
    reader.run = pytest.fail
    result = run_module(host_capacity, {"docker": False})
    assert result.json["capacity"]["docker"] is None
    assert result.json["notes"] == []


def test_another_port_is_looked_at_on_request(on, run_module):
    on("port-taken")
    assert run_module(host_capacity, {"port": 11435, "docker": False}).json["capacity"]["port_owner"] is None


@pytest.mark.parametrize(("asked", "speed"), [(True, 35e9), (False, None)])
def test_bandwidth_is_measured_only_on_request(asked, speed, on, run_module, monkeypatch):
    monkeypatch.setattr(_bandwidth, "measure", lambda *_arguments: (35e9, "as told"))
    on("16gb-dual-channel")
    capacity = run_module(host_capacity, {"measure_bandwidth": asked, "docker": False}).json["capacity"]
    assert capacity["memory_bandwidth_bytes_per_second"] == speed


def test_what_could_not_be_read_is_said(on, run_module):
    on("nothing-readable")
    notes = run_module(host_capacity, {}).json["notes"]
    assert "Docker is not installed: the command docker was not found." in notes
    assert any(note.startswith("Could not read /sys/fs/cgroup: ") for note in notes)


def test_the_clock_is_told_in_seconds_whatever_the_time_zone(run_module, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    before = time.time()
    told = run_module(host_capacity, {"docker": False, "asked_epoch_seconds": before}).json
    assert told["asked_epoch_seconds"] == before <= told["clock_epoch_seconds"] <= time.time()


def test_this_machine_can_be_looked_at(run_module):
    capacity = run_module(host_capacity, {"disk_path": "/"}).json["capacity"]
    assert capacity["cores_logical"] >= capacity["cores_physical"] >= capacity["cores_performance"] >= 1
    assert capacity["hostname"]
    assert capacity["disk_free_bytes"] == pytest.approx(os.statvfs("/").f_bavail * os.statvfs("/").f_frsize, rel=0.2)


def test_the_documented_answer_has_every_key_of_the_record():
    sample = yaml.safe_load(host_capacity.RETURN)["capacity"]["sample"]
    assert HostCapacity.from_dict(sample).as_dict() == sample
