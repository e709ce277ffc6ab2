# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The pure parts of Ollama's archive and image."""

from __future__ import annotations

import gzip
import io
import json
import tarfile

import pytest

from tests.lab import ollama, registry
from tests.lab.errors import LabError


def test_a_program_is_relabelled_in_place() -> None:
    assert ollama.relabel(b"..0.9.3..", "0.9.3", "0.9.4") == b"..0.9.4.."


@pytest.mark.parametrize(
    ("program", "new"),
    [
        pytest.param(b"0.9.3 0.9.3", "0.9.4", id="text-occurs-twice"),
        pytest.param(b"0.9.2", "0.9.4", id="text-is-missing"),
        pytest.param(b"0.9.3", "0.10.0", id="text-would-grow"),
    ],
)
def test_a_relabelling_that_could_break_the_program_is_refused(program: bytes, new: str) -> None:
    with pytest.raises(LabError, match="Cannot relabel Ollama"):
        ollama.relabel(program, "0.9.3", new)


def test_the_checksum_line_is_upstreams() -> None:
    assert ollama.checksum_line("ab", "ollama-linux-amd64.tar.zst") == "ab  ./ollama-linux-amd64.tar.zst\n"


def test_a_layer_is_the_same_bytes_each_time() -> None:
    files = {"usr/bin/b": b"2", "etc/a": b"1"}
    layer = ollama._tar(files, links={"bin": "usr/bin"})
    assert layer == ollama._tar(dict(reversed(files.items())), links={"bin": "usr/bin"})
    assert ollama.compress(layer) == ollama.compress(layer)
    assert gzip.decompress(ollama.compress(layer)) == layer


def test_a_layer_has_programs_that_run_and_texts_that_do_not() -> None:
    with tarfile.open(fileobj=io.BytesIO(ollama._tar({"usr/bin/b": b"", "etc/a": b""}, links={}))) as archive:
        modes = {member.name: member.mode for member in archive}
    assert modes == {"root": 0o700, "tmp": 0o1777, "etc/a": 0o644, "usr/bin/b": 0o755}


def test_the_image_names_its_layers_before_and_after_compression() -> None:
    layers = [b"one", b"two"]
    config = registry.image_config(ollama.IMAGE_CONFIG, layers)
    blobs = [registry.Blob(registry.LAYER_TYPE, ollama.compress(layer)) for layer in layers]
    manifest = json.loads(registry.image_manifest(config, blobs).data)
    assert json.loads(config.data)["rootfs"]["diff_ids"] == [registry.digest_of(layer) for layer in layers]
    assert [layer["digest"] for layer in manifest["layers"]] == [blob.digest for blob in blobs]
    assert manifest["config"]["digest"] == config.digest


def test_the_image_starts_the_server_on_all_addresses_like_upstreams() -> None:
    config = json.loads(registry.image_config(ollama.IMAGE_CONFIG, []).data)["config"]
    assert config["Entrypoint"] + config["Cmd"] == ["/bin/ollama", "serve"]
    assert "OLLAMA_HOST=0.0.0.0:11434" in config["Env"]
    assert "User" not in config
