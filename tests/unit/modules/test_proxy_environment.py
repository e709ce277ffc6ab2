# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""proxy_environment: a way out for our requests and for the server, readable by root alone."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from plugins.modules import proxy_environment as module


@pytest.fixture
def proxy() -> Iterator[str]:
    """The address of something that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://team:canary@127.0.0.1:{listener.getsockname()[1]}"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_the_stand_in_is_for_its_owner_alone_and_never_a_change(
    tmp_path: Path, run_module: Callable[..., Any], proxy: str
) -> None:
    python = tmp_path / "run" / "python"
    for check in (True, False, False):
        result = run_module(module, {"https_proxy": proxy, "python": str(python)}, check=check)
        assert not result.changed
        assert f"https_proxy='{proxy}'" in python.read_text()
        assert (mode(python), mode(python.parent)) == (0o700, 0o700)


def test_it_goes_with_its_folder(tmp_path: Path, run_module: Callable[..., Any], proxy: str) -> None:
    python = tmp_path / "run" / "python"
    run_module(module, {"https_proxy": proxy, "python": str(python)})
    for _ in range(2):
        assert not run_module(module, {"state": "absent", "python": str(python)}).failed
        assert not python.parent.exists()


def test_the_server_s_file_has_no_proxy_for_http(tmp_path: Path, run_module: Callable[..., Any], proxy: str) -> None:
    file = tmp_path / "proxy.env"
    params = {"https_proxy": proxy, "http_proxy": proxy, "mirror": "http://mirror:5000", "server_file": str(file)}
    assert run_module(module, params, check=True).changed
    assert not file.exists()
    assert [run_module(module, params).changed for _ in range(2)] == [True, False]
    assert file.read_text() == f"HTTPS_PROXY='{proxy}'\nNO_PROXY='localhost,127.0.0.1,::1,mirror'\n"
    assert mode(file) == 0o600
    file.chmod(0o644)
    assert run_module(module, params).changed
    assert mode(file) == 0o600


def test_a_proxy_at_which_nobody_listens(tmp_path: Path, run_module: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    python = tmp_path / "python"
    result = run_module(module, {"https_proxy": f"http://team:canary@127.0.0.1:{port}", "python": str(python)})
    assert result.failed
    assert f"Could not reach the proxy 127.0.0.1:{port} from {socket.gethostname()}: Connection refused" in result.msg
    assert "Nothing was changed. Check nogpu_https_proxy" in result.msg
    assert not python.exists()


def test_an_answer_never_holds_the_password(tmp_path: Path, run_module: Callable[..., Any], proxy: str) -> None:
    file = tmp_path / "none" / "python"
    (tmp_path / "none").write_text("in the way")
    answers = [
        run_module(module, {"https_proxy": proxy, "server_file": str(tmp_path / "proxy.env")}, diff=True),
        run_module(module, {"https_proxy": proxy, "python": str(file)}),
        run_module(module, {"https_proxy": proxy + "/path"}),
    ]
    assert [answer.failed for answer in answers] == [False, True, True]
    assert "canary" not in json.dumps([answer.json for answer in answers])
