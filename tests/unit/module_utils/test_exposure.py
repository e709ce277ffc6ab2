# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Networks as people write them, and what the rules in the kernel let through."""

from __future__ import annotations

import pytest

from plugins.module_utils.host.firewall import EVERYBODY, NetworkError, allowed, former_ports, parse_network

RULES = """\
-P INPUT ACCEPT
-N DOCKER-USER
-N NOGPU
-A INPUT -p tcp -m tcp --dport 11434 -m conntrack --ctdir ORIGINAL -m comment --comment nogpu -j NOGPU
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -p tcp -m conntrack --ctstate DNAT --ctorigdstport 11434 --ctdir ORIGINAL -m comment --comment nogpu -j NOGPU
-A DOCKER-USER -s 198.51.100.0/24 -m comment --comment "of the owner" -j DROP
-A DOCKER-USER -j RETURN
-A NOGPU -i lo -j RETURN
-A NOGPU -s 192.168.1.0/24 -j RETURN
-A NOGPU -s 10.0.0.7/32 -j RETURN
-A NOGPU -j DROP
"""  # noqa: E501 - as iptables prints it
NAMED = ("192.168.1.0/24", "10.0.0.7/32")


def without(words: str) -> str:
    return "".join(line for line in RULES.splitlines(keepends=True) if words not in line)


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("192.168.1.0/24", "192.168.1.0/24"),
        (" 10.0.0.7 ", "10.0.0.7/32"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("FD12:3456:0::/64", "fd12:3456::/64"),
        ("fe80::1", "fe80::1/128"),
    ],
)
def test_a_network_is_read_as_iptables_prints_it(written: str, network: str) -> None:
    assert parse_network(written) == network


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("lan", "holds 'lan' (needed: networks such as 192.168.1.0/24 or fd12:3456::/64, or one address). Correct it."),
        ("", "holds ''"),
        ("192.168.1.0/33", "holds '192.168.1.0/33'"),
        ("192.168.1", "holds '192.168.1'"),
        ("10.0.0.1; reboot", "holds '10.0.0.1; reboot'"),
        ("fe80::1%eth0/64", "holds 'fe80::1%eth0/64'"),
        ("0.0.0.0/0", "holds '0.0.0.0/0', which is every address"),
        ("::/0", "holds '::/0', which is every address"),
        ("fd00::5/64", "Write fd00::/64 for the network, or fd00::5/128 for this one computer."),
    ],
)
def test_what_is_no_network_is_refused_with_words(written: str, words: str) -> None:
    with pytest.raises(NetworkError) as caught:
        parse_network(written)
    assert words in str(caught.value)


@pytest.mark.parametrize("published", [True, False])
def test_the_named_networks_are_let_in(published: bool) -> None:
    assert allowed(RULES, 11434, published) == NAMED


@pytest.mark.parametrize(
    ("rules", "published"),
    [
        pytest.param("", False, id="no-rules"),
        pytest.param(without("-A INPUT"), False, id="input-passes-by"),
        pytest.param(without("ctorigdstport"), True, id="docker-passes-by"),
        pytest.param(without("ctorigdstport"), False, id="docker-passes-by-though-nothing-is-published-yet"),
        pytest.param(without("-N DOCKER-USER").replace("ctorigdstport", "x"), True, id="docker-has-no-chain-yet"),
        pytest.param(
            RULES.replace("--comment nogpu -j NOGPU", "--comment nogpu -j ACCEPT"), False, id="not-to-our-chain"
        ),
        pytest.param(RULES.replace("-A INPUT", "-A OUTPUT"), False, id="from-another-chain"),
        pytest.param(without("-A FORWARD"), True, id="docker-does-not-ask"),
        pytest.param(without("-A NOGPU -j DROP"), True, id="nobody-is-dropped"),
        pytest.param(RULES + "-A NOGPU -j RETURN\n", True, id="something-after-the-drop"),
        pytest.param(RULES.replace("--dport 11434", "--dport 114341"), False, id="another-port"),
    ],
)
def test_a_way_past_our_chain_is_open_to_everybody(rules: str, published: bool) -> None:
    assert allowed(rules, 11434, published) == EVERYBODY


def test_a_rule_that_lets_all_through_counts_as_everybody() -> None:
    rules = RULES.replace("-A NOGPU -i lo", "-A NOGPU -i eth0")
    assert allowed(rules, 11434, published=True) == (*EVERYBODY, *NAMED)


def test_without_docker_only_input_counts() -> None:
    assert allowed(without("DOCKER-USER"), 11434, published=False) == NAMED


@pytest.mark.parametrize(
    ("script", "ports"),
    [
        (None, []),
        ("#!/bin/sh\n", []),
        ('#!/bin/sh\nports="11434"\n', [11434]),
        ('ports="11435 11434"\n', [11435, 11434]),
        ('ports=""\n', []),
    ],
)
def test_the_ports_of_an_earlier_run_are_known_from_its_script(script: str | None, ports: list[int]) -> None:
    assert former_ports(script) == ports
