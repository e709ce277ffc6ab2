# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from plugins.module_utils.apply.models import pull as _puller
from plugins.modules import ollama_model
from tests.unit.ollama_server import CUT, HANG, FakeOllama, pull_lines

NEW, OLD = "d" * 64, "0" * 64
MIRROR = "172.29.7.2:5000"
LONG = f"{MIRROR}/library/hello:latest"
RENAMING = ["POST /api/pull", "POST /api/copy", "DELETE /api/delete"]


@pytest.fixture
def ollama(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOllama]:
    monkeypatch.setattr(_puller, "RETRY_PAUSE_SECONDS", 0.01)
    with FakeOllama(registry={"hello:latest": NEW, LONG: NEW}) as server:
        yield server
    assert not server.unexpected


@pytest.fixture
def model(run_module: Callable[..., Any], ollama: FakeOllama) -> Callable[..., Any]:
    """Run the module for the model "hello" against the fake server."""

    def run(check: bool = False, **params: Any) -> Any:
        return run_module(ollama_model, {"name": "hello", "url": ollama.url, **params}, check=check, diff=True)

    return run


def test_present_pulls_what_is_missing(model: Any, ollama: FakeOllama) -> None:
    result = model()
    assert result.changed
    assert result.json["name"] == "hello:latest"
    assert (result.json["before_digest"], result.json["digest"]) == ("", NEW)
    assert (result.json["size_bytes"], result.json["downloaded_bytes"]) == (42, 1000)
    assert ollama.called("/api/pull") == [{"model": "hello:latest", "insecure": False, "stream": True}]
    assert result.json["diff"] == {"before": "", "after": f"hello:latest {NEW} 42 bytes\n"}


@pytest.mark.parametrize("check", [False, True])
def test_present_of_what_is_there_makes_no_call_that_writes(model: Any, ollama: FakeOllama, check: bool) -> None:
    ollama.models["hello:latest"] = OLD
    result = model(check=check)
    assert not result.changed and not result.failed
    assert (result.json["digest"], result.json["before_digest"]) == (OLD, OLD)
    assert result.msg == "hello:latest: nothing to do."
    assert ollama.writes() == []


def test_present_in_check_mode_announces_the_pull_and_makes_no_call_that_writes(model: Any, ollama: FakeOllama) -> None:
    result = model(check=True)
    assert result.changed
    assert result.msg == "hello:latest: would be pulled."
    assert result.json["diff"]["after"] == "hello:latest (digest known after the pull) 0 bytes\n"
    assert ollama.writes() == []


def test_absent_deletes_what_is_there(model: Any, ollama: FakeOllama) -> None:
    ollama.models["hello:latest"] = OLD
    result = model(state="absent")
    assert result.changed
    assert (result.json["before_digest"], result.json["digest"]) == (OLD, "")
    assert result.json["diff"]["after"] == ""
    assert ollama.writes() == ["DELETE /api/delete"]
    assert not model(state="absent").changed


def test_absent_in_check_mode_makes_no_call_that_writes(model: Any, ollama: FakeOllama) -> None:
    ollama.models["hello:latest"] = OLD
    assert model(state="absent", check=True).changed
    assert ollama.writes() == []


@pytest.mark.parametrize("check", [False, True])
def test_absent_of_what_is_not_there_is_fine(model: Any, ollama: FakeOllama, check: bool) -> None:
    assert not model(state="absent", check=check).changed
    assert ollama.writes() == []


def test_absent_of_what_another_process_deletes_meanwhile_is_fine(model: Any, ollama: FakeOllama) -> None:
    ollama.models["hello:latest"] = OLD
    ollama.replies["/api/delete"] = (404, "application/json", b'{"error": "model \'hello\' not found"}')
    assert not model(state="absent").failed


def test_a_model_from_a_mirror_gets_its_short_name_and_loses_the_long_one(model: Any, ollama: FakeOllama) -> None:
    result = model(registry=MIRROR, registry_insecure=True)
    assert result.changed
    assert ollama.models == {"hello:latest": NEW}
    assert ollama.writes() == RENAMING
    assert ollama.called("/api/pull") == [{"model": LONG, "insecure": True, "stream": True}]
    assert not model(registry=MIRROR).changed


@pytest.mark.parametrize(
    ("there", "calls"),
    [
        pytest.param([LONG], RENAMING[1:], id="stopped-before-the-copy"),
        pytest.param([LONG, "hello:latest"], RENAMING[2:], id="stopped-before-the-delete"),
    ],
)
def test_a_long_name_left_by_an_interrupted_run_is_used_and_removed(
    model: Any, ollama: FakeOllama, there: list[str], calls: list[str]
) -> None:
    ollama.models.update(dict.fromkeys(there, NEW))
    assert model(registry=MIRROR).changed
    assert ollama.models == {"hello:latest": NEW}
    assert ollama.writes() == calls


@pytest.mark.parametrize("moment", ["/api/tags", "/api/copy"])
def test_the_job_of_a_run_that_died_may_give_the_short_name_first(
    model: Any, ollama: FakeOllama, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    answer = FakeOllama.answer

    def faster(server: FakeOllama, handler: Any, method: str, path: str, body: Any) -> None:
        if path == moment and LONG in server.models:
            server.models = {"hello:latest": NEW}
        answer(server, handler, method, path, body)

    monkeypatch.setattr(FakeOllama, "answer", faster)
    result = model(registry=MIRROR)
    assert not result.failed, result.msg
    assert result.json["digest"] == NEW
    assert ollama.models == {"hello:latest": NEW}


def test_latest_from_a_mirror_replaces_an_older_model_and_leaves_nothing_behind(model: Any, ollama: FakeOllama) -> None:
    ollama.models["hello:latest"] = OLD
    result = model(state="latest", registry=MIRROR)
    assert result.changed
    assert (result.json["before_digest"], result.json["digest"]) == (OLD, NEW)
    assert ollama.models == {"hello:latest": NEW}
    # Deleted before the copy: a copy over it would leave the old model's files behind.
    deleted = ollama.called("/api/delete")
    assert deleted == [{"model": "hello:latest"}, {"model": LONG}]


@pytest.mark.parametrize("registry", ["", MIRROR])
def test_latest_of_the_same_digest_is_no_change(model: Any, ollama: FakeOllama, registry: str) -> None:
    ollama.models["hello:latest"] = NEW
    result = model(state="latest", registry=registry)
    assert not result.changed
    assert ollama.models == {"hello:latest": NEW}
    assert ollama.called("/api/copy") == []


@pytest.mark.parametrize(
    ("served", "newer"),
    [
        pytest.param(b'{"same":1}', False, id="same"),
        pytest.param(b'{ "same": 1 }\n', False, id="same-with-white-space"),
        pytest.param(b'{"newer":1}', True, id="newer"),
    ],
)
def test_latest_in_check_mode_compares_the_manifest_of_the_registry(
    model: Any, ollama: FakeOllama, served: bytes, newer: bool
) -> None:
    ollama.models["hello:latest"] = hashlib.sha256(b'{"same":1}').hexdigest()
    ollama.replies["/v2/library/hello/manifests/latest"] = (200, "application/json", served)
    registry = f"127.0.0.1:{ollama.port}"
    result = model(state="latest", check=True, registry=registry, registry_insecure=True)
    assert result.changed is newer
    assert ollama.writes() == []


def test_latest_in_check_mode_says_so_if_the_registry_cannot_be_asked(model: Any, ollama: FakeOllama) -> None:
    ollama.models["hello:latest"] = OLD
    result = model(state="latest", check=True, registry="127.0.0.1:1", registry_insecure=True)
    assert result.changed
    assert "It is not known whether the registry has a newer one" in result.msg


def test_an_error_line_after_200_is_a_failure(model: Any, ollama: FakeOllama) -> None:
    ollama.pulls = [[{"status": "pulling manifest"}, {"error": "write /m/blobs/x: no space left on device"}]]
    result = model()
    assert result.failed and not result.changed
    assert result.msg == (
        f"Could not make model hello:latest present: pull by Ollama at {ollama.url}: "
        "write /m/blobs/x: no space left on device. Free disk space where the models are, or choose a smaller model; "
        "what was downloaded is kept."
    )
    assert len(ollama.called("/api/pull")) == 1


def test_an_unknown_model_is_final_and_names_model_and_registry(model: Any, ollama: FakeOllama) -> None:
    ollama.registry.clear()
    result = model(registry=MIRROR)
    assert result.failed
    assert f"model hello:latest is not in registry {MIRROR}" in result.msg
    assert "spelling" in result.msg
    assert len(ollama.called("/api/pull")) == 1


def test_a_model_that_needs_a_newer_ollama_says_so(model: Any, ollama: FakeOllama) -> None:
    ollama.pulls = [[{"error": "pull model manifest: 412: requires a newer version of Ollama."}]]
    result = model()
    assert "needs a newer Ollama. Upgrade Ollama on this host" in result.msg
    assert len(ollama.called("/api/pull")) == 1


@pytest.mark.parametrize(
    "first",
    [
        pytest.param([*pull_lines()[:3], {"error": "max retries exceeded: unexpected EOF"}], id="error"),
        pytest.param(pull_lines()[:3], id="ends-without-success"),
        pytest.param([*pull_lines()[:3], CUT], id="connection-cut"),
    ],
)
def test_a_pull_that_breaks_off_is_tried_once_more_and_goes_on(model: Any, ollama: FakeOllama, first: Any) -> None:
    ollama.pulls = [first, pull_lines()[2:]]
    result = model()
    assert result.changed
    assert len(ollama.called("/api/pull")) == 2
    assert result.json["downloaded_bytes"] == 1000


def test_a_pull_that_breaks_off_twice_fails_and_says_so(model: Any, ollama: FakeOllama) -> None:
    ollama.pulls = [pull_lines()[:3]]
    result = model()
    assert result.failed
    assert "the answer ended without 'success' (tried twice)" in result.msg
    assert len(ollama.called("/api/pull")) == 2


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([*pull_lines()[:3], HANG], id="silence"),
        pytest.param([*pull_lines()[:3], *([0.1, pull_lines()[2]] * 40)], id="lines-without-bytes"),
    ],
)
def test_a_stall_is_cut_off_tried_again_and_then_fails_clearly(model: Any, ollama: FakeOllama, script: Any) -> None:
    ollama.pulls = [script]
    started = time.monotonic()
    result = model(stall_seconds=1)
    assert 2 < time.monotonic() - started < 4
    assert result.failed
    assert "no progress for 1 s at 500 of 1000 bytes (pulling 0123456789ab) (tried twice)" in result.msg
    assert "it continues where it stopped" in result.msg


def test_a_stall_that_ends_with_the_second_try_is_a_success(model: Any, ollama: FakeOllama) -> None:
    ollama.pulls = [[*pull_lines()[:3], HANG], pull_lines()[2:]]
    assert model(stall_seconds=1).changed


def test_long_hashing_is_no_stall(model: Any, ollama: FakeOllama) -> None:
    ollama.pulls = [[*pull_lines()[:5], 1.5, *pull_lines()[5:]]]
    assert model(stall_seconds=1).changed


def test_nobody_listening_is_explained(run_module: Any) -> None:
    result = run_module(ollama_model, {"name": "hello", "url": "http://127.0.0.1:1"})
    assert result.msg == (
        "Could not make model hello:latest present: GET http://127.0.0.1:1/api/tags: connection refused. "
        "Check that Ollama runs (systemctl status ollama, or docker ps) and that 'url' is right."
    )


@pytest.mark.parametrize(
    ("status", "kind", "body", "words"),
    [
        pytest.param(200, "text/html", b"<html>log in</html>", "captive portal", id="captive-portal"),
        pytest.param(200, "application/json", b"[]", "'[]' came instead of JSON", id="other-json"),
        pytest.param(200, "application/json", b'{"ok": true}', "the answer has no 'models'", id="other-service"),
        pytest.param(404, "text/html", b"not here", "HTTP 404 without Ollama's words", id="web-server"),
    ],
)
def test_something_else_on_the_port_is_named_as_such(
    model: Any, ollama: FakeOllama, status: int, kind: str, body: bytes, words: str
) -> None:
    ollama.replies["/api/tags"] = (status, kind, body)
    result = model()
    assert result.failed
    assert words in result.msg
    assert "this is not Ollama" in result.msg
    assert ollama.writes() == []


def test_a_pull_answered_by_a_captive_portal_fails(model: Any, ollama: FakeOllama) -> None:
    ollama.replies["/api/pull"] = (200, "text/html; charset=utf-8", b"<html>log in</html>")
    assert "a web page came instead of JSON" in model().msg


@pytest.mark.parametrize("name", ["a; rm -rf /", "../x", "a\nb", "gpt-oss:120b-cloud"])
def test_a_bad_name_is_refused_before_any_change(model: Any, ollama: FakeOllama, name: str) -> None:
    assert model(name=name).failed
    assert ollama.writes() == []


def test_a_model_that_is_not_listed_after_success_is_a_failure(model: Any, ollama: FakeOllama) -> None:
    ollama.pulls = [[{"status": "success"}, {"status": "x"}]]
    assert "Ollama said 'success' but does not list it" in model().msg


def test_the_progress_file_ends_with_the_last_state(model: Any, ollama: FakeOllama, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    model(progress_file=str(path))
    content = json.loads(path.read_text())
    assert (content["status"], content["completed"], content["total"]) == ("success", 1000, 1000)
    assert content["bytes_per_second"] > 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["progress.json"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_progress_file_tells_of_a_failure(model: Any, ollama: FakeOllama, tmp_path: Path) -> None:
    ollama.registry.clear()
    model(progress_file=str(tmp_path / "progress.json"))
    assert json.loads((tmp_path / "progress.json").read_text())["status"] == "failed"


def test_a_progress_file_that_cannot_be_written_does_not_end_the_pull(model: Any, ollama: FakeOllama) -> None:
    assert model(progress_file="/nonexistent/progress.json").changed
