# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Iterator

import pytest

from plugins.module_utils.ollama.api import Installed, OllamaApi, OllamaError
from tests.unit.ollama_server import FakeOllama, answer_lines

RECORDED = Path(__file__).resolve().parents[1] / "data" / "ollama-0.9.3"


@pytest.fixture
def ollama() -> Iterator[FakeOllama]:
    with FakeOllama(models={"b:1": "b" * 64, "a:1": "a" * 64}) as server:
        yield server


@pytest.fixture
def foreign() -> Iterator[socket.socket]:
    """Something that listens and is not a web server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_the_version_tells_that_it_is_ollama(ollama: FakeOllama) -> None:
    assert OllamaApi(ollama.url + "/", 5).version() == "0.9.3"


def test_installed_models_come_in_order_of_their_names(ollama: FakeOllama) -> None:
    assert OllamaApi(ollama.url, 5).installed() == (Installed("a:1", "a" * 64, 42), Installed("b:1", "b" * 64, 42))


def test_a_server_without_models_may_say_null(ollama: FakeOllama) -> None:
    ollama.replies["/api/tags"] = (200, "application/json", b'{"models": null}')
    assert OllamaApi(ollama.url, 5).installed() == ()


def test_lines_arrive_one_by_one_with_their_times(ollama: FakeOllama) -> None:
    ollama.answers = [answer_lines(words=3, pause=0.1)]
    times = [at for _line, at in OllamaApi(ollama.url, 5).stream("/api/generate", {"prompt": "x"}, 5)]
    assert len(times) == 4
    assert all(later - earlier > 0.05 for earlier, later in zip(times, times[1:]))


def test_a_proxy_from_the_environment_is_not_used(ollama: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert OllamaApi(ollama.url, 5).version() == "0.9.3"


@pytest.mark.parametrize("url", ["", "127.0.0.1:11434", "ftp://host", "http://", "http://host:port", "http://[::1"])
def test_a_bad_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(OllamaError, match=r"Needed: http://127\.0\.0\.1:11434"):
        OllamaApi(url, 5)


def test_silence_on_the_port_ends_with_the_timeout(foreign: socket.socket) -> None:
    with pytest.raises(OllamaError, match=r"no answer within 0\.2 s\. Check that Ollama runs") as caught:
        OllamaApi(f"http://127.0.0.1:{foreign.getsockname()[1]}", 0.2).version()
    assert caught.value.timed_out


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP", id="ssh"),
        pytest.param(b"", "closed without an answer", id="closes-at-once"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "no 'version'", id="other-service"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nhello", "'hello' came instead of JSON", id="text"),
    ],
)
def test_something_else_on_the_port_is_not_taken_for_ollama(foreign: socket.socket, words: bytes, seen: str) -> None:
    def serve() -> None:
        connection, _address = foreign.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(words)

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(OllamaError) as caught:
        OllamaApi(f"http://127.0.0.1:{foreign.getsockname()[1]}", 5).version()
    assert seen in str(caught.value)


def test_a_delete_refused_for_another_reason_is_an_error(ollama: FakeOllama) -> None:
    ollama.replies["/api/delete"] = (404, "text/plain", b"404 page not found")
    with pytest.raises(OllamaError, match="this is not Ollama"):
        OllamaApi(ollama.url, 5).delete("a:1")


def test_a_recorded_list_of_models_is_read(ollama: FakeOllama) -> None:
    ollama.replies["/api/tags"] = (200, "application/json; charset=utf-8", (RECORDED / "tags.json").read_bytes())
    digest = "0ceaca02bb8d3aa75612669902328372de2020778a703a688ad7faafa2fb81ca"
    assert [entry.name for entry in OllamaApi(ollama.url, 5).installed()] == [
        "172.29.7.2:5000/library/hello:latest",
        "hello:latest",
    ]
    assert {(entry.digest, entry.size_bytes) for entry in OllamaApi(ollama.url, 5).installed()} == {(digest, 263_301)}


def test_a_recorded_version_is_read(ollama: FakeOllama) -> None:
    ollama.replies["/api/version"] = (200, "application/json; charset=utf-8", (RECORDED / "version.json").read_bytes())
    assert OllamaApi(ollama.url, 5).version() == "0.9.3"
