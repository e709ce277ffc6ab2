# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Proxies: which addresses are valid, and what each client is given."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from plugins.module_utils.source.proxy import ProxyError, assignments, endpoint, parse_proxies, refusal, shown, wrapper

GOOD = "http://team:s3$cr&t%20@proxy.example:3128"


@pytest.mark.parametrize(
    "address",
    [
        "http://proxy:3128",
        "https://proxy.example",
        GOOD,
        "http://proxy.example:3128/",
        "http://[fd00::1]:3128",
        "http://10.0.0.1:1",
        "http://DOMAIN%5Canna:p%40ss@proxy:8080",
    ],
)
def test_a_valid_address_is_taken(address: str) -> None:
    assert parse_proxies(address, address, "", "").addresses == (address,)


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("proxy.example:3128", "does not begin with http:// or https://"),
        ("10.0.0.1:3128", "does not begin with http:// or https://"),
        ("team:s3cret@proxy:3128", "does not begin with http:// or https://"),
        ("socks5://proxy:1080", "does not begin with http:// or https://"),
        ("http:/proxy:3128", "does not begin with http:// or https://"),
        ("http://proxy example:3128", "a space, a quote or a backslash"),
        (" http://proxy:3128", "a space, a quote or a backslash"),
        ("http://team:s3'cret@proxy:3128", "a space, a quote or a backslash"),
        ("http://team:s3\ncret@proxy:3128", "a space, a quote or a backslash"),
        ("http://proxy:port", "not a number from 1 to 65535"),
        ("http://team:s3cret", "not a number from 1 to 65535"),
        ("http://proxy:0", "not a number from 1 to 65535"),
        ("http://proxy:70000", "not a number from 1 to 65535"),
        ("http://:3128", "does not name a host"),
        ("http://", "does not name a host"),
        ("http://team:s3cret/x@proxy:3128", "%2F"),
        ("http://team:s3cret#x@proxy:3128", "%2F"),
        ("http://team:s3cret@x@proxy:3128", "%40"),
        ("http://proxy:3128/path", "more than a host and a port"),
    ],
)
@pytest.mark.parametrize("name", ["https", "http"])
def test_an_address_that_is_not_valid_is_named_without_its_password(address: str, seen: str, name: str) -> None:
    sentence = refusal({"https": "", "http": "", "no_proxy": "", "mirror": "", name: address})
    assert sentence.startswith(f"{name}_proxy is '")
    assert seen in sentence
    assert "such as http://proxy.example:3128 was needed" in sentence
    assert "Nothing was changed." in sentence
    assert "s3" not in sentence
    assert "cret" not in sentence


@pytest.mark.parametrize("hosts", ["http://intranet", "a b", "in'tranet", "10.0.0.0/8/9"])
def test_what_is_not_a_host_cannot_be_reached_directly(hosts: str) -> None:
    with pytest.raises(ProxyError, match="which is not a host"):
        parse_proxies("", "", hosts, "")


def test_without_a_proxy_no_client_is_given_anything() -> None:
    none = parse_proxies("", "", "intranet.example", "http://192.168.1.5:5000")
    assert (none.engine(), none.server(), none.clients()) == ({}, {}, {})


@pytest.mark.parametrize(
    ("no_proxy", "mirror", "direct"),
    [
        ("", "", "localhost,127.0.0.1,::1"),
        ("", "http://192.168.1.5:5000", "localhost,127.0.0.1,::1,192.168.1.5"),
        ("", "http://[fd00::5]:5000/", "localhost,127.0.0.1,::1,fd00::5"),
        (" .intranet.example, 10.0.0.0/8 ,", "", "localhost,127.0.0.1,::1,.intranet.example,10.0.0.0/8"),
        ("localhost,mirror", "http://mirror", "localhost,127.0.0.1,::1,mirror"),
    ],
)
def test_the_laptop_itself_and_the_mirror_are_always_reached_directly(no_proxy: str, mirror: str, direct: str) -> None:
    proxies = parse_proxies(GOOD, GOOD, no_proxy, mirror)
    assert proxies.engine()["no-proxy"] == direct
    assert proxies.server()["NO_PROXY"] == direct
    assert proxies.clients()["no_proxy"] == proxies.clients()["NO_PROXY"] == direct


def test_ollama_is_never_given_the_proxy_for_http() -> None:
    assert set(parse_proxies(GOOD, GOOD, "", "").server()) == {"HTTPS_PROXY", "NO_PROXY"}
    assert parse_proxies("", GOOD, "", "").server() == {}


def test_the_engine_gets_what_was_named() -> None:
    assert set(parse_proxies(GOOD, "", "", "").engine()) == {"https-proxy", "no-proxy"}
    assert set(parse_proxies("", GOOD, "", "").engine()) == {"http-proxy", "no-proxy"}


@pytest.mark.parametrize(
    ("version", "refused"),
    [("20.10.24", True), ("22.06", True), ("23.0.0", False), ("26.1.5+dfsg1", False), ("", False)],
)
def test_an_engine_without_the_setting_is_refused(version: str, refused: bool) -> None:
    wish = {"https": GOOD, "http": "", "no_proxy": "", "mirror": ""}
    sentence = refusal(wish, version)
    assert ("23 or later was needed" in sentence) is refused
    assert refusal({**wish, "https": ""}, version) == ""


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [("http://proxy", "proxy", 80), ("https://proxy", "proxy", 443), ("http://u:p@[::1]:3128/", "::1", 3128)],
)
def test_where_a_proxy_listens(address: str, host: str, port: int) -> None:
    assert endpoint(address) == (host, port)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://a:b@c:1", "http://xxxxx@c:1"),
        ("a:b@c:1", "xxxxx@c:1"),
        ("http://a:b@b/c@d", "http://xxxxx@d"),
        ("http://c:1", "http://c:1"),
        ("http://a:b", "http://a:xxxxx"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, words: str) -> None:
    assert shown(address) == words


def test_the_stand_in_for_python_keeps_each_character(tmp_path: Path) -> None:
    stand_in = tmp_path / "python"
    stand_in.write_text(wrapper(parse_proxies(GOOD, "", "", "").clients(), "/usr/bin/env"))
    stand_in.chmod(0o700)
    seen = subprocess.run([stand_in], env={}, capture_output=True, text=True, check=True).stdout.splitlines()
    assert f"https_proxy={GOOD}" in seen
    assert f"HTTPS_PROXY={GOOD}" in seen


def test_lines_are_quoted_so_that_nobody_expands_them() -> None:
    assert assignments({"B": "x$HOME", "A": "1"}) == "A='1'\nB='x$HOME'\n"
