# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""With host networking Ollama itself listens on loopback, and so checks who is asking."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testinfra.host import Host


def test_only_loopback_listens(listeners: list[str]) -> None:
    assert listeners == ["127.0.0.1:11434"]


def test_a_foreign_host_header_is_refused(status: Callable[[str], str]) -> None:
    assert status("Host: evil.example") == "403"


def test_a_foreign_origin_is_refused(status: Callable[[str], str]) -> None:
    assert status("Origin: https://evil.example") == "403"


def test_a_local_question_is_answered(status: Callable[[str], str]) -> None:
    assert status("Host: localhost:11434") == "200"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        pytest.param("{{.HostConfig.NetworkMode}}", "host", id="network"),
        pytest.param("{{.HostConfig.ReadonlyRootfs}}", "true", id="read-only"),
        pytest.param("{{.HostConfig.CapDrop}}", "[ALL]", id="capabilities"),
        pytest.param("{{.HostConfig.SecurityOpt}}", "[no-new-privileges=true]", id="no-new-privileges"),
        pytest.param("{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}", "2147483648 2147483648", id="no-swap"),
        pytest.param("{{.HostConfig.Privileged}}", "false", id="unprivileged"),
    ],
)
def test_the_engine_holds_the_hardening(host: Host, field: str, expected: str) -> None:
    assert host.check_output(f"docker inspect --format '{field}' ollama-docker") == expected
