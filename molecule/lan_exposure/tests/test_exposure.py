# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Only named networks reached the port; back on loopback nobody else does, and nothing of ours is left."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from testinfra import get_host
from testinfra.host import Host

SCAN = Path(__file__).parents[1] / "files" / "scan"


# laptop3 is the stranger in the same network.
testinfra_hosts = ["ansible://laptop1", "ansible://laptop2"]


@pytest.fixture
def address(host: Host) -> str:
    found: str = host.ansible.get_variables()["ansible_host"]
    return found


def test_nobody_else_reached_the_port_at_any_time(address: str) -> None:
    """Watched from before the first run to the last one, over restarts of the engine and the laptop."""
    log = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "watched.log"
    tries = [line.split()[1:] for line in log.read_text(encoding="utf-8").splitlines()]
    seen = Counter(answer for each, answer in tries if each == address)
    assert seen["open"] == 0
    assert seen["dropped"] > 50, "the rules dropped too little to prove anything"


def test_on_loopback_only_ssh_is_open_to_the_lan(
    request: pytest.FixtureRequest, address: str, listeners: list[str]
) -> None:
    visitor = get_host("ansible://laptop3", ansible_inventory=request.config.option.ansible_inventory)
    assert visitor.check_output(f"python3 -c {quoted(SCAN.read_text(encoding='utf-8'))} {address}").split() == ["22"]
    assert listeners == ["127.0.0.1:11434"]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"


@pytest.mark.parametrize("program", ["iptables", "ip6tables"])
def test_no_rule_of_ours_is_left(host: Host, program: str) -> None:
    assert "nogpu" not in host.check_output(f"{program} -S").lower()


def test_the_unit_and_its_script_are_gone(host: Host) -> None:
    assert host.run("systemctl cat nogpu-exposure.service").rc == 1
    assert host.check_output("find /etc -name '*exposure*'") == ""
    assert host.check_output("grep -c exposure.service /var/lib/nogpu/ledger.json || true") == "0"


def test_the_server_runs_on(host: Host) -> None:
    assert "0.9.3" in host.check_output("curl --silent --fail http://127.0.0.1:11434/api/version")
