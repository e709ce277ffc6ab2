# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The module against a real registry on loopback; nothing is downloaded but a sample, and nothing is written."""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, ClassVar

import pytest

from plugins.module_utils.source import client
from plugins.modules import download_estimate
from tests.unit.capacity_trees import host, says, write

BLOB = b"x" * 300_000
MANIFEST = {"config": {"size": 500}, "layers": [{"size": len(BLOB), "digest": "sha256:b"}]}
INDEX = {"manifests": [{"digest": "sha256:amd", "platform": {"os": "linux", "architecture": "amd64"}}]}
ANSWERS = {
    "/v2/ollama/ollama/manifests/0.32.7": json.dumps(INDEX).encode(),
    "/v2/ollama/ollama/manifests/sha256:amd": json.dumps(MANIFEST).encode(),
    "/v2/ollama/ollama/blobs/sha256:b": BLOB,
    "/v2/library/hello/manifests/latest": json.dumps(MANIFEST).encode(),
    "/v2/library/hello/blobs/sha256:b": BLOB,
    "/v2/library/small/manifests/latest": json.dumps({"layers": [{"size": 10, "digest": "sha256:s"}]}).encode(),
    "/v2/library/small/blobs/sha256:s": b"0123456789",
    "/v2/library/odd/manifests/latest": b"<html>log in</html>",
    "/ollama/v0.32.7/ollama-linux-amd64.tar.zst": BLOB,
}


class Registry(BaseHTTPRequestHandler):
    """Serves ANSWERS; notes what was asked for."""

    asked: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.command, self.path, self.headers.get("Range", "")))
        body = ANSWERS.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body or b"")

    do_HEAD = do_GET

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def mirror() -> Iterator[str]:
    Registry.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def estimate(run_module: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    def run(images: tuple[str, ...] = (), check: bool = False, **params: Any) -> Any:
        there = {f"docker image inspect --format {{{{.Id}}}} {name}": says("sha256:1") for name in images}
        monkeypatch.setattr(download_estimate, "HostReader", lambda: host(tmp_path, there))
        given = {"runtime": "docker", "version": "0.32.7", "architecture": "amd64", "timeout": 5, **params}
        return run_module(download_estimate, given, check=check)

    return run


def test_image_and_model_are_sized_and_the_source_is_measured(estimate: Any, mirror: str) -> None:
    result = estimate(mirror=mirror, models=["hello"])
    assert [(item["kind"], item["size_bytes"]) for item in result.json["items"]] == [
        ("image", 300_500),
        ("model", 300_500),
    ]
    assert result.json["total_bytes"] == 601_000
    assert result.json["rates"][mirror] > 1e6
    assert result.json["seconds"] is not None and result.json["seconds"] < 5
    assert not result.changed


def test_one_sample_is_taken_from_a_source_and_not_the_whole(estimate: Any, mirror: str) -> None:
    estimate(mirror=mirror, models=["hello"])
    blobs = [asked for asked in Registry.asked if "/blobs/" in asked[1]]
    assert [asked[2] for asked in blobs] == ["bytes=0-8388607"]


def test_natively_the_archive_is_asked_for_its_length(estimate: Any, mirror: str) -> None:
    result = estimate(mirror=mirror, runtime="native")
    assert [(item["kind"], item["size_bytes"]) for item in result.json["items"]] == [("archive", 300_000)]
    assert Registry.asked[0][0] == "HEAD"


def test_what_is_there_is_not_asked_for(estimate: Any, mirror: str, tmp_path: Path) -> None:
    write(tmp_path, "/var/lib/nogpu/ollama/manifests/registry.ollama.ai/library/hello/latest", "{}")
    result = estimate(mirror=mirror, models=["hello"], images=("docker.io/ollama/ollama:0.32.7",))
    assert [item["present"] for item in result.json["items"]] == [True, True]
    assert (result.json["total_bytes"], result.json["seconds"], Registry.asked) == (0, 0.0, [])


def test_a_native_version_that_is_unpacked_is_there(estimate: Any, mirror: str, tmp_path: Path) -> None:
    write(tmp_path, "/opt/nogpu/ollama/0.32.7/bin/ollama", "")
    assert estimate(mirror=mirror, runtime="native").json["items"][0]["present"] is True


def test_a_source_out_of_reach_leaves_the_time_unknown_and_says_why(estimate: Any) -> None:
    predicted = {"qwen2.5:0.5b": {"download_bytes": 397_821_319}}
    result = estimate(mirror="http://127.0.0.1:9", models=["qwen2.5:0.5b"], predicted=predicted)
    assert not result.failed
    assert [item["size_bytes"] for item in result.json["items"]] == [None, 397_821_319]
    assert (result.json["total_bytes"], result.json["seconds"]) == (None, None)
    assert "refused" in result.json["notes"]["http://127.0.0.1:9"]
    assert "urlopen" not in result.json["notes"]["http://127.0.0.1:9"]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        pytest.param("no-such-model", "HTTP 404", id="not in the registry"),
        pytest.param("odd", "not JSON", id="a captive portal"),
    ],
)
def test_a_model_that_cannot_be_sized_says_why(estimate: Any, mirror: str, model: str, words: str) -> None:
    item = estimate(mirror=mirror, models=[model]).json["items"][1]
    assert item["size_bytes"] is None
    assert words in item["note"]


def test_a_file_too_small_to_measure_gives_no_rate(estimate: Any, mirror: str) -> None:
    result = estimate(mirror=mirror, models=["small"], images=("docker.io/ollama/ollama:0.32.7",))
    assert (result.json["total_bytes"], result.json["seconds"]) == (10, None)
    assert "10 bytes came" in result.json["notes"][mirror]


def test_a_source_is_measured_with_a_smaller_file_where_the_largest_cannot_be_read(estimate: Any, mirror: str) -> None:
    result = estimate(mirror=mirror, runtime="native", models=["odd"], predicted={"odd": {"download_bytes": 10**9}})
    assert result.json["items"][1]["size_bytes"] == 10**9
    assert result.json["rates"][mirror] > 0
    assert result.json["notes"] == {}


def test_a_token_is_fetched_where_a_registry_wants_one(monkeypatch: pytest.MonkeyPatch, mirror: str) -> None:
    wanted = 'Bearer realm="https://auth.example/token",service="s",scope="p"'
    monkeypatch.setattr(client, "token_url", lambda challenge: f"{mirror}/token" if challenge == wanted else None)
    monkeypatch.setitem(ANSWERS, "/token", b'{"token": "t0k"}')
    seen: list[str] = []

    def do_get(self: Registry) -> None:
        seen.append(self.headers.get("Authorization", ""))
        if self.path.startswith("/v2/") and not seen[-1]:
            self.send_response(401)
            self.send_header("WWW-Authenticate", wanted)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = ANSWERS[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    monkeypatch.setattr(Registry, "do_GET", do_get)
    source = client.Source(5)
    assert source.manifest(f"{mirror}/v2/library/hello/manifests/latest") == MANIFEST
    assert source.rate(f"{mirror}/v2/library/hello/blobs/sha256:b") > 0
    assert seen == ["", "", "Bearer t0k", "Bearer t0k"]
    manifest = ANSWERS["/v2/library/hello/manifests/latest"]
    digests = client.Source(5).manifest_digests(f"{mirror}/v2/library/hello/manifests/latest")
    assert hashlib.sha256(manifest).hexdigest() in digests


@pytest.mark.parametrize(("code", "asked"), [(401, ["/v2/x", "/token", "/v2/x"]), (403, ["/v2/x"])], ids=str)
def test_a_registry_that_refuses_the_token_is_asked_once_more_and_no_oftener(
    monkeypatch: pytest.MonkeyPatch, mirror: str, code: int, asked: list[str]
) -> None:
    monkeypatch.setattr(client, "token_url", lambda challenge: f"{mirror}/token")

    def do_get(self: Registry) -> None:
        self.asked.append((self.command, self.path, ""))
        body = b'{"token": "t0k"}' if self.path == "/token" else b""
        self.send_response(200 if body else code)
        self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    monkeypatch.setattr(Registry, "do_GET", do_get)
    with pytest.raises(client.SourceError, match=f"/v2/x: HTTP {code}") as caught:
        client.Source(5).manifest(f"{mirror}/v2/x")
    assert caught.value.answered
    assert [path for _verb, path, _range in Registry.asked] == asked


@pytest.mark.parametrize(
    ("limits", "count"),
    [
        pytest.param({}, 300_000, id="the whole file"),
        pytest.param({"SAMPLE_BYTES": 1000}, 65536, id="enough bytes"),
        pytest.param({"SAMPLE_SECONDS": 0}, 0, id="enough time"),
    ],
)
def test_a_sample_ends_after_some_bytes_or_some_time(
    monkeypatch: pytest.MonkeyPatch, mirror: str, limits: dict[str, int], count: int
) -> None:
    for name, value in {"LEAST_SAMPLE_BYTES": 300_001, **limits}.items():
        monkeypatch.setattr(client, name, value)
    with pytest.raises(client.SourceError, match=rf": {count} bytes came \(at least 300001 needed to measure\)"):
        client.Source(5).rate(f"{mirror}/v2/library/hello/blobs/sha256:b")


def test_a_file_of_exactly_the_least_size_can_be_measured(monkeypatch: pytest.MonkeyPatch, mirror: str) -> None:
    monkeypatch.setattr(client, "LEAST_SAMPLE_BYTES", len(BLOB))
    assert client.Source(5).rate(f"{mirror}/v2/library/hello/blobs/sha256:b") > 0


def test_a_wrong_model_name_is_refused(estimate: Any) -> None:
    assert "Model name" in estimate(models=["a b"]).msg


def test_a_wrong_version_is_refused(estimate: Any) -> None:
    assert estimate(version="latest", runtime="native").msg == (
        "Version 'latest' is not a version (needed: such as 0.32.7). Correct 'version'."
    )


def test_check_mode_says_the_same(estimate: Any, mirror: str) -> None:
    assert estimate(mirror=mirror, check=True).json["total_bytes"] == 300_500


def test_sources_on_the_internet_are_asked_through_the_proxy_whose_password_is_in_no_answer(
    estimate: Any, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")  # brought back after the test
    monkeypatch.setattr(urllib.request, "_opener", None)  # made by the first request of a process
    monkeypatch.setattr(Registry, "do_CONNECT", Registry.do_GET, raising=False)
    proxy = mirror.replace("http://", "http://team:canary@")
    result = estimate(models=["hello"], proxies={"https": proxy})
    assert {asked[1] for asked in Registry.asked} == {"registry-1.docker.io:443", "registry.ollama.ai:443"}
    assert "canary" not in json.dumps(result.json)


def test_a_proxy_that_is_not_valid_is_named(estimate: Any) -> None:
    result = estimate(proxies={"https": "proxy:3128"})
    assert result.failed
    assert "https_proxy is " in result.msg
    assert "it does not begin with http:// or https://" in result.msg
