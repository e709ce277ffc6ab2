# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What is to be downloaded, from where, and how long it takes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from plugins.module_utils.host.values import parse_version
from plugins.module_utils.ollama.model_name import ModelRef
from plugins.module_utils.source.downloads import (
    Item,
    ManifestError,
    archive_url,
    blob_url,
    image_url,
    layers,
    model_url,
    ollama_digests,
    platform_digest,
    seconds,
    token_url,
    total_bytes,
)

ROOT = Path(__file__).resolve().parents[3]
QWEN = ModelRef.parse("qwen2.5:0.5b")


def item(**changes: Any) -> Item:
    return Item(
        **{"kind": "model", "name": "m", "url": "https://a/v2/x", "present": False, "size_bytes": 100, **changes}
    )


def test_a_model_comes_from_its_registry_or_from_the_mirror() -> None:
    assert model_url(QWEN, "") == "https://registry.ollama.ai/v2/library/qwen2.5/manifests/0.5b"
    assert model_url(QWEN, "http://10.0.0.5:5000/") == "http://10.0.0.5:5000/v2/library/qwen2.5/manifests/0.5b"


def test_the_image_comes_from_docker_hub_or_from_the_mirror() -> None:
    assert image_url("0.32.7", "") == "https://registry-1.docker.io/v2/ollama/ollama/manifests/0.32.7"
    assert image_url("0.32.7", "http://10.0.0.5:5000") == "http://10.0.0.5:5000/v2/ollama/ollama/manifests/0.32.7"


@pytest.mark.parametrize("mirror", ["", "http://10.0.0.5:5000"])
@pytest.mark.parametrize("version", ["0.32.7", "0.9.3"])
@pytest.mark.parametrize(("system", "file"), [("linux", "Linux"), ("darwin", "Darwin")])
def test_the_archive_is_the_one_that_the_role_takes(version: str, mirror: str, system: str, file: str) -> None:
    role = ROOT / "roles/ollama_service/vars"
    text = "".join((role / f"{name}.yml").read_text(encoding="utf-8").removeprefix("---") for name in (file, "main"))
    jinja = Environment()
    jinja.tests["version"] = lambda seen, floor, _sign: parse_version(seen) >= parse_version(floor)
    values = {
        "ollama_service_plan": {"version": version, "architecture": "amd64"},
        "ollama_service_downloads": {"mirror": mirror},
        "ollama_service_archive_format": "auto",
    }
    names = (f"__ollama_service_{name}" for name in ("mirror", "usual_format", "archive", "source", "url"))
    own = yaml.safe_load(text)
    for name in (each for each in names if each in own):
        values[name] = jinja.from_string(own[name]).render(values)
    assert archive_url(version, "amd64", mirror, system) == values["__ollama_service_url"]


def test_the_manifest_lies_where_ollama_puts_it() -> None:
    path = "/models/manifests/registry.ollama.ai/library/qwen2.5/0.5b"
    assert QWEN.manifest_path("/models/") == QWEN.manifest_path("/models") == path


def test_all_layers_and_the_configuration_count() -> None:
    manifest = {
        "config": {"size": 5},
        "layers": [{"size": 10, "digest": "sha256:a"}, {"size": 90, "digest": "sha256:b"}],
    }
    assert layers(manifest) == (105, "sha256:b")


@pytest.mark.parametrize("answer", [{}, {"layers": []}, {"layers": "none"}, {"errors": [{"code": "UNKNOWN"}]}])
def test_an_answer_without_layers_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(ManifestError, match="lists no layers"):
        layers(answer)


def test_the_image_of_this_platform_is_taken_from_an_index() -> None:
    index = {
        "manifests": [
            {"digest": "sha256:arm", "platform": {"os": "linux", "architecture": "arm64"}},
            {"digest": "sha256:amd", "platform": {"os": "linux", "architecture": "amd64"}},
            {"digest": "sha256:attestation"},
        ]
    }
    assert platform_digest(index, "amd64") == "sha256:amd"
    assert platform_digest({"layers": []}, "amd64") is None
    with pytest.raises(ManifestError, match="linux/riscv64"):
        platform_digest(index, "riscv64")


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        pytest.param(b'{"a":[1,2]}', b'{"a":[1,2]}', id="as it is"),
        pytest.param(b'{ "a": [1, 2] }\n', b'{"a":[1,2]}', id="white space"),
        pytest.param('{"a": "\u00e9"}'.encode(), '{"a":"\u00e9"}'.encode(), id="not ASCII"),
    ],
)
def test_a_manifest_has_the_digest_of_what_ollama_writes_or_of_what_was_sent(sent: bytes, written: bytes) -> None:
    assert ollama_digests(sent) == {hashlib.sha256(text).hexdigest() for text in (sent, written)}


@pytest.mark.parametrize("sent", [b"<html>log in</html>", b"[1]", b"\xff"])
def test_what_is_not_a_manifest_has_no_digest(sent: bytes) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|not a manifest|can't decode"):
        ollama_digests(sent)


def test_blobs_lie_beside_the_manifests() -> None:
    assert blob_url("http://m/v2/library/x/manifests/latest", "sha256:a") == "http://m/v2/library/x/blobs/sha256:a"


def test_docker_hub_s_anonymous_token_is_asked_for_where_it_says() -> None:
    challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:o/o:pull"'
    assert (
        token_url(challenge)
        == token_url(f'{challenge},error="insufficient_scope"')
        == "https://auth.docker.io/token?service=registry.docker.io&scope=repository:o/o:pull"
    )


@pytest.mark.parametrize(
    "challenge", ["", 'Basic realm="x"', 'Basic realm="https://a/token"', 'Bearer realm="http://evil/token"']
)
def test_no_other_token_is_asked_for(challenge: str) -> None:
    assert token_url(challenge) is None


def test_what_is_there_takes_no_time() -> None:
    items = [item(present=True, size_bytes=None), item(size_bytes=100), item(url="http://b/v2", size_bytes=50)]
    assert total_bytes(items) == 150
    assert seconds(items, {"https://a": 10.0, "http://b": 25.0}) == 12.0


@pytest.mark.parametrize(
    ("items", "rates"),
    [
        pytest.param([item(size_bytes=None)], {"https://a": 10.0}, id="size unknown"),
        pytest.param([item()], {"https://a": None}, id="rate unknown"),
        pytest.param([item()], {}, id="never measured"),
    ],
)
def test_what_is_not_known_is_not_guessed(items: list[Item], rates: dict[str, float | None]) -> None:
    assert seconds(items, rates) is None


def test_nothing_to_download_takes_nothing() -> None:
    assert (total_bytes([]), seconds([], {})) == (0, 0.0)
