# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import os

import pytest

from plugins.module_utils.host.programs import Ran
from plugins.modules import last_good_server
from tests.unit.ollama_server import FakeOllama


class Laptop:
    """A laptop whose systemd and Docker are two words each; what is asked of them is in `done`."""

    def __init__(self, root, run_module, server):
        self.root, self.run_module, self.server = root, run_module, server
        self.container, self.active, self.enabled = True, False, False
        self.done, self.broken = [], {}
        for name, text in (
            ("compose.yaml", "old"),
            ("ollama.service", "unit"),
            ("ollama.service.d/10-nogpu-plan.conf", ""),
        ):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for version in ("0.9.2", "0.9.3", "0.9.4"):
            (root / "versions" / version).mkdir(parents=True)
        (root / "versions" / "current").symlink_to(root / "versions" / "0.9.3")

    def run(self, command, **_):
        line = " ".join(command)
        if line.startswith("systemctl show"):
            states = (
                {True: "active", False: "inactive"}[self.active],
                {True: "enabled", False: "disabled"}[self.enabled],
            )
            return Ran(0, "ActiveState={}\nUnitFileState={}\n".format(*states), "")
        if line.startswith("docker container inspect"):
            return Ran(0, "true\n" if self.container else "false\n", "")
        self.done.append(line.replace(str(self.root), ""))
        return next((ran for start, ran in self.broken.items() if line.startswith(start)), Ran(0, "", ""))

    def call(self, phase, check=False, **params):
        params = {
            "phase": phase,
            "folder": str(self.root / "proven"),
            "url": self.server.url,
            "compose_file": str(self.root / "compose.yaml"),
            "prefix": str(self.root / "versions"),
            "ledger": str(self.root / "ledger.json"),
            "start_timeout": 1,
            **params,
        }
        return self.run_module(last_good_server, params, check=check)

    def has_in_ledger(self, *entries):
        rest = {"owner": "o", "why": "", "announced_at": "", "before": {"state": "absent"}}
        named = enumerate(entries, 1)
        every = [{"number": number, "kind": kind, "name": str(name), **rest} for number, (kind, name) in named]
        (self.root / "ledger.json").write_text(json.dumps({"schema": 1, "last_number": len(every), "entries": every}))

    @property
    def record(self):
        return self.root / "proven" / "former.json"


@pytest.fixture
def laptop(tmp_path, run_module, monkeypatch):
    with FakeOllama() as server:
        made = Laptop(tmp_path, run_module, server)
        monkeypatch.setattr(last_good_server, "run_program", made.run)
        monkeypatch.setattr(last_good_server, "UNIT_FOLDER", str(tmp_path))
        yield made


@pytest.fixture
def proven(laptop):
    """A laptop on which the container has streamed."""
    assert laptop.call("proven", model="hello:latest").changed
    laptop.done.clear()
    return laptop


def test_what_has_streamed_is_remembered_for_root_alone(laptop):
    result = laptop.call("proven", model="hello:latest")
    assert result.changed
    assert result.json["last_good"] == {
        "runtime": "docker",
        "version": "0.9.3",
        "previous_version": "",
        "url": laptop.server.url,
        "model": "hello:latest",
    }
    assert laptop.record.stat().st_mode & 0o777 == 0o600
    assert laptop.record.parent.stat().st_mode & 0o777 == 0o700
    assert laptop.done == []


def test_the_same_again_changes_nothing(proven):
    assert not proven.call("proven", model="hello:latest").changed


@pytest.mark.parametrize("phase", ["keep", "proven"])
def test_check_mode_remembers_nothing(laptop, phase):
    assert laptop.call(phase, check=True).changed
    assert not laptop.record.exists()


def test_keep_leaves_an_earlier_record(proven):
    proven.container, proven.active = False, True
    assert not proven.call("keep").changed
    assert json.loads(proven.record.read_text())["runtime"] == "docker"


def test_without_a_server_nothing_is_remembered(laptop):
    laptop.container = False
    assert laptop.call("keep").json["last_good"] is None
    assert not laptop.record.exists()


def test_versions_that_nobody_comes_back_to_are_named(proven):
    versions = proven.root / "versions"
    proven.has_in_ledger(
        *(("tree", versions / version) for version in ("0.9.2", "0.9.3", "0.9.4")), ("tree", "/opt/x/y")
    )
    proven.server.replies["/api/version"] = (200, "application/json", b'{"version": "0.9.4"}')
    assert proven.call("proven").json["outdated"] == [{"kind": "tree", "name": str(versions / "0.9.2")}]


def test_where_nothing_was_harmed_nothing_is_done(proven):
    result = proven.call("go_back", reason="no image")
    assert (result.changed, result.json["text"], result.json["entries"]) == (False, "no image", [])
    assert proven.done == []


def test_a_first_installation_that_fails_has_no_way_back(laptop):
    result = laptop.call("go_back", reason="no image")
    assert (result.changed, result.json["text"]) == (False, "no image")
    assert laptop.done == []


def test_an_upgrade_in_docker_comes_back(proven):
    (proven.root / "compose.yaml").write_text("new")
    proven.has_in_ledger(("file", proven.root / "compose.yaml"), ("container", "ollama-docker"))
    result = proven.call("go_back", reason="too slow", host="laptop1")
    assert result.changed
    assert (proven.root / "compose.yaml").read_text() == "old"
    assert proven.done == [
        "systemctl disable --now ollama.service",
        "docker compose --file /compose.yaml up --detach --no-build",
    ]
    assert result.json["entries"] == [{"kind": "file", "name": str(proven.root / "compose.yaml")}]
    assert "too slow. Ollama 0.9.3 in Docker serves again" in result.json["text"]
    assert proven.server.called("/api/generate")[0]["model"] == "hello:latest"


def test_check_mode_does_not_go_back(proven):
    (proven.root / "compose.yaml").write_text("new")
    assert proven.call("go_back", reason="too slow", check=True).changed
    assert (proven.root / "compose.yaml").read_text() == "new"
    assert proven.done == []


def test_a_native_upgrade_comes_back_by_its_link(laptop):
    laptop.container, laptop.active, laptop.enabled = False, True, True
    laptop.call("proven")
    link = laptop.root / "versions" / "current"
    link.unlink()
    link.symlink_to(laptop.root / "versions" / "0.9.4")
    laptop.has_in_ledger(("link", link), ("service", "ollama.service"))
    result = laptop.call("go_back", reason="too slow")
    assert os.readlink(link) == str(laptop.root / "versions" / "0.9.3")
    assert laptop.done == [
        "docker compose --file /compose.yaml stop",
        "systemctl daemon-reload",
        "systemctl reset-failed ollama.service",
        "systemctl enable ollama.service",
        "systemctl restart ollama.service",
    ]
    assert [entry["kind"] for entry in result.json["entries"]] == ["link", "service"]


def test_a_file_that_came_with_the_change_goes(laptop):
    drop_in = laptop.root / "ollama.service.d/10-nogpu-plan.conf"
    drop_in.unlink()
    laptop.container, laptop.active = False, True
    laptop.call("keep")
    drop_in.write_text("ours")
    assert laptop.call("go_back").changed
    assert not drop_in.exists()


@pytest.mark.parametrize(
    ("start", "words"),
    [
        pytest.param("docker compose", "up --detach --no-build' ended with status 1: no such image", id="start"),
        pytest.param("systemctl disable", "'systemctl disable --now ollama.service' ended with status 1", id="stop"),
    ],
)
def test_a_way_back_that_fails_is_told(proven, start, words):
    (proven.root / "compose.yaml").write_text("new")
    proven.broken[start] = Ran(1, "", "pulling\nno such image")
    said = proven.call("go_back", reason="too slow").json["text"]
    assert "too slow" in said
    assert "should serve again" in said
    assert words in said
    assert "docker logs ollama-docker" in said


def test_a_unit_that_is_not_there_need_not_be_stopped(proven):
    (proven.root / "compose.yaml").write_text("new")
    proven.broken["systemctl disable"] = Ran(1, "", "Failed to disable unit: Unit file ollama.service does not exist.")
    assert "serves again" in proven.call("go_back").json["text"]


def test_a_last_good_server_that_does_not_stream_is_told(proven):
    (proven.root / "compose.yaml").write_text("new")
    proven.server.answers = [[{"error": "llama runner process has terminated"}]]
    said = proven.call("go_back", reason="too slow").json["text"]
    assert "it answers, but hello:latest does not stream" in said
    assert "llama runner process has terminated" in said


def test_a_last_good_server_that_does_not_answer_is_told(proven):
    (proven.root / "compose.yaml").write_text("new")
    proven.server.replies["/api/version"] = (500, "text/plain", b"")
    assert "but does not: no answer within 1 s" in proven.call("go_back", reason="too slow").json["text"]


@pytest.mark.parametrize("phase", ["keep", "proven", "go_back"])
def test_a_damaged_record_is_named(proven, phase):
    proven.record.write_text("{")
    result = proven.call(phase)
    assert result.failed
    assert str(proven.record) in result.msg
