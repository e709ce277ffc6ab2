# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
# ruff: noqa: F811 - pytest finds fixtures by the names of arguments
"""docker_daemon_config: proxies with their password out of sight, what is ours by the ledger, what disturbs nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugins.modules import ledger
from tests.unit.modules.test_docker_daemon_config import Host, call, host  # noqa: F401 - fixtures

SECRET, NEW = "http://team:canary-1@proxy:3128", "http://team:canary-2@proxy:3128"
QUIET = {"unless_published": {"userland-proxy": False}}
Call = Callable[..., Any]


def settings(host: Host) -> dict[str, Any]:
    return dict(json.loads(host.path.read_bytes()))


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.fixture
def entered(host: Host, call: Call, tmp_path: Path, run_module: Call) -> Call:
    """Return `entered(**params)`: the module between the two calls of the ledger, as in the role."""
    record = str(tmp_path / "state" / "ledger.json")
    entry = {"kind": "file", "name": str(host.path), "why": "holds the engine's settings"}

    def run(**params: Any) -> Any:
        for phase in ("before", "after"):
            given = {"path": record, "phase": phase, "owner": "docker_engine", "entries": [entry]}
            assert not run_module(ledger, given).failed
            if phase == "before":
                result = call(**{"ledger": record, "stable_seconds": 3, **params})
        return result

    return run


@pytest.mark.parametrize("file_mode", [0o644, 0o640, 0o600])
def test_a_password_makes_the_file_its_owner_s_alone_until_it_goes(host: Host, entered: Call, file_mode: int) -> None:
    host.path.write_text('{"debug": true}')
    host.path.chmod(file_mode)
    assert entered(proxies={"https-proxy": SECRET}).changed
    assert settings(host) == {"debug": True, "proxies": {"https-proxy": SECRET}}
    assert mode(host.path) == 0o600
    assert entered().changed
    assert settings(host) == {"debug": True}
    assert mode(host.path) == file_mode


def test_without_a_password_everybody_may_read_it(host: Host, entered: Call) -> None:
    entered(proxies={"https-proxy": "http://proxy:3128"})
    assert mode(host.path) == 0o644


def test_going_back_brings_the_mode_back(host: Host, entered: Call) -> None:
    host.path.write_text('{"debug": true}')
    host.path.chmod(0o644)
    host.refuses = lambda settings: "no" if "proxies" in settings else ""
    result = entered(proxies={"https-proxy": SECRET})
    assert result.failed
    assert result.json["rolled_back"]
    assert (host.path.read_text(), mode(host.path)) == ('{"debug": true}', 0o644)
    assert "canary" not in json.dumps(result.json)


def test_no_answer_holds_a_password_old_or_new(host: Host, entered: Call) -> None:
    first = entered(proxies={"https-proxy": SECRET, "http-proxy": SECRET})
    second = entered(proxies={"https-proxy": NEW}, settings={"registry-mirrors": [NEW]})
    assert settings(host)["proxies"] == {"https-proxy": NEW}
    assert "canary" not in json.dumps([first.json, second.json])


def test_a_second_run_changes_nothing(host: Host, entered: Call) -> None:
    wish = {
        "settings": {"icc": False},
        "proxies": {"https-proxy": SECRET},
        "unless_published": {"userland-proxy": False},
    }
    assert [entered(**wish).changed for _ in range(3)] == [True, False, False]


def test_what_is_ours_changes_and_goes_with_our_wish(host: Host, entered: Call) -> None:
    host.path.write_text('{"debug": true, "dns": ["192.0.2.53"]}')
    entered(settings={"shutdown-timeout": 20, "dns": ["192.0.2.1"]})
    entered(settings={"shutdown-timeout": 30})
    assert settings(host) == {"debug": True, "dns": ["192.0.2.53"], "shutdown-timeout": 30}


def test_once_somebody_changed_the_file_nothing_in_it_counts_as_ours(host: Host, entered: Call, call: Call) -> None:
    entered(settings={"shutdown-timeout": 20})
    host.path.write_text('{"shutdown-timeout": 25}')
    ledger_path = str(host.path.parents[1] / "state" / "ledger.json")
    result = call(settings={"shutdown-timeout": 30}, ledger=ledger_path, stable_seconds=3)
    assert settings(host) == {"shutdown-timeout": 25}
    assert result.json["kept"] == [{"key": "shutdown-timeout", "theirs": 25, "ours": 30}]


@pytest.mark.parametrize(
    ("ports", "containers", "active", "comes"),
    [
        pytest.param("", {}, True, True, id="nothing runs"),
        pytest.param("8080/tcp\n", {"web": 7001}, True, True, id="nothing published"),
        pytest.param("0.0.0.0:80->80/tcp\n", {"web": 7001}, True, False, id="published"),
        pytest.param("0.0.0.0:80->80/tcp\n", {"web": 7001}, False, True, id="engine not there yet"),
    ],
)
def test_what_changes_published_ports_waits_for_a_quiet_engine(
    host: Host,
    entered: Call,
    ports: str,
    containers: dict[str, int],
    active: bool,
    comes: bool,
) -> None:
    host.ports, host.containers, host.active = ports, containers, active
    entered(settings={"debug": True}, **QUIET)
    assert ("userland-proxy" in settings(host)) is comes


def test_once_there_it_stays_although_ports_are_published(host: Host, entered: Call) -> None:
    entered(**QUIET)
    host.ports = "127.0.0.1:11434->11434/tcp\n"
    assert not entered(**QUIET).changed
    assert settings(host) == {"userland-proxy": False}


def test_what_the_owner_said_of_published_ports_stays(host: Host, entered: Call) -> None:
    host.path.write_text('{"userland-proxy": true}')
    assert not entered(**QUIET).changed


def test_an_own_wish_goes_before(host: Host, entered: Call) -> None:
    entered(settings={"userland-proxy": True}, **QUIET)
    assert settings(host) == {"userland-proxy": True}


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"icc": False, "iptables": False}, "'icc' false needs firewall rules, and 'iptables' false forbids them"),
        ({"bridge": "br0", "bip": "10.0.0.1/24"}, "'bridge' and 'bip' both say what docker0 is"),
        (
            {"proxies": {"ftp-proxy": "http://proxy"}},
            "'proxies.ftp-proxy' is not a proxy (http-proxy, https-proxy, no-proxy)",
        ),
        ({"proxies": {"no-proxy": ["localhost"]}}, "'proxies.no-proxy' is a list (a text was needed)"),
        (
            {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 9, "Hard": 8}}},
            "has the soft limit 9 above the hard limit 8, and no container would start",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused_in_words(
    host: Host,
    call: Call,
    wish: dict[str, Any],
    words: str,
) -> None:
    result = call(settings=wish)
    assert result.failed
    assert words in result.msg
    assert not host.path.exists()
