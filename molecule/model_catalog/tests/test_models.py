# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The models are there under the names that people type, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host


def test_models_have_their_short_names_and_the_missing_one_did_not_stop_the_others(api: Callable[..., Any]) -> None:
    assert sorted(model["name"] for model in api("/api/tags")["models"]) == ["hello:latest", "tiny:random"]


def test_each_blob_is_what_its_name_says(host: Host) -> None:
    sums = host.check_output("cd /var/lib/nogpu/ollama/blobs && sha256sum sha256-*").splitlines()
    assert sums
    assert all(name == f"sha256-{digest}" for digest, name in (line.split() for line in sums))


def test_the_store_belongs_to_the_server(host: Host) -> None:
    assert host.check_output("find /var/lib/nogpu/ollama ! -user ollama") == ""
