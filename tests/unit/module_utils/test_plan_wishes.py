# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Wishes are read as people and playbooks write them; what cannot be read is refused in their words."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.host.values import gigabytes, parse_bool, parse_bytes, parse_version, tokens
from plugins.module_utils.plan.wish_reader import read_wishes, wish_values
from plugins.module_utils.plan.wishes import RULES, PlanError, Wishes


def read(**raw: Any) -> Wishes:
    wishes, problems = read_wishes(raw)
    assert problems == []
    return wishes


def refused(**raw: Any) -> str:
    _wishes, problems = read_wishes(raw)
    assert len(problems) == 1
    return problems[0]


def test_no_wishes_are_the_defaults() -> None:
    assert read() == Wishes()


def test_empty_wishes_are_the_defaults() -> None:
    nothing = dict.fromkeys(("runtime", "models", "port", "memlock", "memory_reserve", "cpu_limit", "quantisation"))
    assert read(**nothing) == read(**dict.fromkeys(nothing, "")) == read(**dict.fromkeys(nothing, " ")) == Wishes()


@pytest.mark.parametrize(
    ("wish", "written", "expected"),
    [
        pytest.param("runtime", "Native", "native", id="upper-case"),
        pytest.param("port", "8080", 8080, id="number-as-text"),
        pytest.param("expose", "yes", True, id="switch-as-text"),
        pytest.param("expose", "False", False, id="false-as-text"),
        pytest.param("min_tokens_per_second", "7.5", 7.5, id="fraction-as-text"),
        pytest.param("min_tokens_per_second", 0, 0, id="zero-is-a-value"),
        pytest.param("models", "qwen2.5:0.5b,hello", ("qwen2.5:0.5b", "hello:latest"), id="names-as-text"),
        pytest.param("models", ["hello", "hello:latest"], ("hello:latest",), id="twice-the-same"),
        pytest.param("models", ["AUTO"], ("auto",), id="auto-in-upper-case"),
        pytest.param("models", ["registry.ollama.ai/library/hello"], ("hello:latest",), id="long-name"),
        pytest.param("memory_reserve", "3GiB", 3 * 1024**3, id="binary-size"),
        pytest.param("memory_reserve", "auto", None, id="automatic"),
        pytest.param("memory_reserve", 0, 0, id="no-reserve"),
        pytest.param("memlock", "UNLIMITED", "unlimited", id="unlimited"),
        pytest.param("memlock", 8388608, 8388608, id="bytes"),
        pytest.param("memlock", "8MiB", 8388608, id="size"),
        pytest.param("listen", "::1", "::1", id="loopback-of-ipv6"),
        pytest.param("keep_alive", -1, "-1", id="always"),
        pytest.param("allowed_networks", "10.1.0.0/16, fd00::/64", ("10.1.0.0/16", "fd00::/64"), id="networks-as-text"),
        pytest.param("allowed_networks", ["10.1.2.3", "10.1.2.3/32"], ("10.1.2.3/32",), id="the-same-computer-once"),
        pytest.param("keep_alive", "1h30m", "1h30m", id="duration"),
        pytest.param("quantisation", "Q4_k_m", "q4_K_M", id="quantisation-in-any-case"),
        pytest.param("ollama_version", "v0.33.0-rc2", "v0.33.0-rc2", id="release-candidate"),
        pytest.param("ollama_version", " 0.33.0\n", "0.33.0", id="version-with-spaces"),
        pytest.param("mirror", " http://192.168.1.5:5000 ", "http://192.168.1.5:5000", id="text-with-spaces"),
        pytest.param("docker_users", "alice, bob", ("alice", "bob"), id="list-as-text"),
        pytest.param("docker_users", ["alice", 1001], ("alice", "1001"), id="list"),
        pytest.param("docker_users", [], (), id="empty-list"),
        pytest.param("measure_memory", True, "true", id="choice-that-yaml-reads-as-a-switch"),
        pytest.param("cpu_limit", "4", 4.0, id="cpu-limit"),
        pytest.param("mem_swappiness", 0, 0, id="swappiness-zero-is-a-value"),
        pytest.param("manifest_sizes", {"hello": "5MB"}, {"hello:latest": 5_000_000}, id="sizes"),
    ],
)
def test_a_wish_is_read_as_people_write_it(wish: str, written: Any, expected: Any) -> None:
    assert getattr(read(**{wish: written}), wish) == expected


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        pytest.param(
            {"runtime": "dockr"},
            "nogpu_runtime is 'dockr' (needed: auto, docker or native). "
            "Set nogpu_runtime to one of them, for example with -e nogpu_runtime=docker.",
            id="runtime",
        ),
        pytest.param(
            {"port": 70000},
            "nogpu_port is 70000 (needed: a whole number from 1 to 65535). Correct nogpu_port.",
            id="port",
        ),
        pytest.param(
            {"listen": "localhost"},
            "nogpu_listen is 'localhost' (needed: an IP address such as 127.0.0.1). "
            "Set nogpu_listen to an address, for example with -e nogpu_listen=127.0.0.1.",
            id="listen-by-name",
        ),
        pytest.param(
            {"listen": "0.0.0.0"},
            "nogpu_listen is '0.0.0.0' (needed: a loopback address such as 127.0.0.1, as Ollama asks nobody for a "
            "password). Set nogpu_expose: true if others may use it, and name their networks in "
            "nogpu_allowed_networks.",
            id="listen-for-everybody",
        ),
        pytest.param(
            {"listen": "0.0.0.0", "expose": True},
            "nogpu_allowed_networks is empty, but nogpu_listen is '0.0.0.0' (needed: the networks that may use Ollama, "
            "as it asks nobody for a password). Name them, for example with -e nogpu_allowed_networks=192.168.1.0/24; "
            "'ip -brief address' shows those of the laptop.",
            id="exposed-to-nobody",
        ),
        pytest.param(
            {"allowed_networks": ["192.168.1.5/24"]},
            "nogpu_allowed_networks holds '192.168.1.5/24', an address with the size of a network (needed: networks "
            "such as 192.168.1.0/24 or fd12:3456::/64, or one address). Write 192.168.1.0/24 for the network, or "
            "192.168.1.5/32 for this one computer.",
            id="address-or-network",
        ),
        pytest.param(
            {"ollama_version": "0.9.3"},
            "nogpu_ollama_version is '0.9.3' (needed: 0.21.0 or newer; below 0.17.1 a crafted model file can read the "
            "server's memory, before 0.21 a restart throws away unfinished downloads). Set it to a newer version, or "
            "lower nogpu_ollama_floor_version if you know why.",
            id="old-version",
        ),
    ],
)
def test_a_refusal_says_what_was_seen_what_is_needed_and_what_to_do(raw: dict[str, Any], sentence: str) -> None:
    assert refused(**raw) == sentence


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param({"port": "0"}, "nogpu_port is '0'", id="port-zero"),
        pytest.param({"port": 80.5}, "nogpu_port is 80.5", id="half-a-port"),
        pytest.param({"port": True}, "nogpu_port is True", id="port-true"),
        pytest.param({"min_tokens_per_second": "nan"}, "nogpu_min_tokens_per_second is 'nan'", id="no-number"),
        pytest.param({"expose": "perhaps"}, "nogpu_expose is 'perhaps' (needed: true or false)", id="switch"),
        pytest.param({"allowed_networks": ["lan"]}, "nogpu_allowed_networks holds 'lan' (needed", id="network"),
        pytest.param({"allowed_networks": 7.5}, "nogpu_allowed_networks holds '7.5' (needed", id="network-number"),
        pytest.param({"models": []}, "nogpu_models is [] (needed: auto, or names", id="no-models"),
        pytest.param({"models": {"a": 1}}, "nogpu_models is {'a': 1}", id="models-as-dictionary"),
        pytest.param({"models": ["two words"]}, "nogpu_models: Model name 'two words' has the character", id="name"),
        pytest.param({"models": ["gpt-oss:20b-cloud"]}, "is a cloud model", id="cloud"),
        pytest.param({"models": [None]}, "nogpu_models is [None]", id="nothing-as-a-model"),
        pytest.param(
            {"docker_users": ["alice", None]}, "nogpu_docker_users is ['alice', None]", id="nothing-as-a-user"
        ),
        pytest.param({"docker_users": "alice,"}, "nogpu_docker_users is 'alice,' (needed: a list", id="nobody"),
        pytest.param({"docker_users": {"a": 1}}, "nogpu_docker_users is {'a': 1}", id="users-as-dictionary"),
        pytest.param({"mirror": False}, "nogpu_mirror is False (needed: text)", id="switch-as-text"),
        pytest.param({"no_proxy": ["a"]}, "nogpu_no_proxy is ['a'] (needed: text)", id="list-as-text"),
        pytest.param({"port": 10**400}, "nogpu_port is 1000", id="endless-number"),
        pytest.param({"memory_reserve": "9" * 400}, "nogpu_memory_reserve is '9999", id="endless-size"),
        pytest.param({"memory_reserve": "much"}, "nogpu_memory_reserve is 'much'", id="reserve"),
        pytest.param({"memory_reserve": -1}, "nogpu_memory_reserve is -1", id="negative-reserve"),
        pytest.param({"memlock": "all"}, "nogpu_memlock is 'all' (needed: auto, unlimited, bytes", id="memlock"),
        pytest.param({"ollama_version": "latest"}, "nogpu_ollama_version is 'latest'", id="latest"),
        pytest.param({"ollama_version": 0.33}, "nogpu_ollama_version is 0.33 (needed: a version", id="yaml-number"),
        pytest.param({"kv_cache_type": "q5"}, "nogpu_kv_cache_type is 'q5'", id="kv-type"),
        pytest.param({"parallel": 0}, "nogpu_parallel is 0", id="parallel"),
        pytest.param({"keep_alive": "a day"}, "nogpu_keep_alive is 'a day'", id="keep-alive"),
        pytest.param({"cpu_weight": 0}, "nogpu_cpu_weight is 0 (needed: a whole number from 1 to 10000", id="weight"),
        pytest.param({"cpu_limit": "half"}, "nogpu_cpu_limit is 'half'", id="cpu-limit"),
        pytest.param({"quantisation": "q1"}, "nogpu_quantisation is 'q1'", id="quantisation"),
        pytest.param({"manifest_sizes": {"hello": "big"}}, "hello: is 'big' (needed: bytes)", id="size"),
        pytest.param(
            {"clock_epoch_seconds": -1}, "clock_epoch_seconds is '-1' (needed: a number from 0 to 2534", id="clock"
        ),
        pytest.param(
            {"modells": ["auto"]},
            "nogpu_modells is not a variable of nogpu (did you mean nogpu_models?). Correct",
            id="unknown-wish",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(raw: dict[str, Any], words: str) -> None:
    assert words in refused(**raw)


def test_values_are_plain_data_with_every_wish_and_the_way_of_downloads() -> None:
    way = {"mirror": "http://192.168.1.5:5000", "https": "http://p:1", "http": "http://p:2", "no_proxy": "a.example"}
    wishes = {
        "mirror": way["mirror"],
        "https_proxy": way["https"],
        "http_proxy": way["http"],
        "no_proxy": way["no_proxy"],
    }
    found = wish_values({"models": "hello", **wishes})
    assert set(found) == {*RULES, "downloads", "problems", "proxies"}
    assert (found["models"], found["port"], found["problems"]) == (["hello:latest"], 11434, [])
    assert found["downloads"] == way


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({}, id="nothing"),
        pytest.param(
            {"models": "hello,qwen2.5:3b", "allowed_networks": "10.0.0.0/8", "memlock": "8MiB"}, id="all-right"
        ),
        pytest.param({"port": 0, "modells": "x"}, id="wrong"),
        pytest.param({"listen": "0.0.0.0"}, id="contradiction"),
    ],
)
def test_what_was_read_may_be_read_again(raw: dict[str, Any]) -> None:
    once = wish_values(raw)
    assert wish_values(once) == once


@pytest.mark.parametrize("name", ["host", "store_user", "manifest_sizes", "models_present", "exposed_ports"])
def test_what_the_look_finds_out_is_no_variable(name: str) -> None:
    [problem] = wish_values({name: None})["problems"]
    assert problem.startswith(f"nogpu_{name} is not a variable of nogpu (")
    assert read_wishes({name: None})[1] == []


def test_exposing_allows_any_address() -> None:
    assert read(listen="0.0.0.0", expose=True, allowed_networks=["10.0.0.0/8"]).listen == "0.0.0.0"


def test_a_lower_floor_allows_an_old_version() -> None:
    assert read(ollama_version="0.9.3", ollama_floor_version="0.9").version == (0, 9, 3)


def test_a_bad_version_is_not_compared_with_the_floor() -> None:
    assert "0.21.0 or newer" not in refused(ollama_version="latest")


def test_one_problem_is_one_sentence() -> None:
    assert str(PlanError("laptop3", ["it is too old."])) == "Cannot plan laptop3: it is too old."


def test_several_problems_are_numbered() -> None:
    assert str(PlanError("laptop3", ["one.", "two."])) == "Cannot plan laptop3: 2 problems. (1) one. (2) two."


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("0", 0),
        ("512", 512),
        ("1.5 GB", 1_500_000_000),
        ("2g", 2 * 1024**3),
        ("1kib", 1024),
        ("10b", 10),
        (7, 7),
        (True, None),
        ("3 apples", None),
        ("-1", None),
        ("", None),
        (None, None),
    ],
)
def test_sizes(written: Any, count: int | None) -> None:
    assert parse_bytes(written) == count


@pytest.mark.parametrize(
    ("written", "truth"),
    [
        *((word, True) for word in (True, 1, 1.0, "1", "true", "TRUE", " yes ", "on", "y", "t")),
        *((word, False) for word in (False, 0, "0", "false", "No", "off", "n", "f")),
        *((word, None) for word in (None, "", "perhaps", "2", 2, "truee", "10", [], ["true"], {})),
    ],
    ids=repr,
)
def test_switches(written: Any, truth: bool | None) -> None:
    assert parse_bool(written) is truth


def test_versions_are_compared_by_number() -> None:
    assert parse_version("0.9.3") < parse_version("0.21") < parse_version("0.21.1") < parse_version("1.0.0")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 MB"), (873_496_576, "873 MB"), (10**9, "1.0 GB"), (12_884_901_888, "12.9 GB")]
)
def test_bytes_are_shown_as_models_are_offered(count: int, text: str) -> None:
    assert gigabytes(count) == text


@pytest.mark.parametrize(("speed", "text"), [(6.93, "6.9"), (13.5, "14")])
def test_speeds_are_shown_no_finer_than_they_are_known(speed: float, text: str) -> None:
    assert tokens(speed) == text


@pytest.mark.parametrize("raw", [{"listen": "0.0.0.0"}, {"ollama_version": "0.9.3"}])
def test_a_contradiction_stops_the_plan_but_no_removal(raw: dict[str, Any]) -> None:
    assert wish_values(raw)["problems"] == []
    assert len(read_wishes(raw)[1]) == 1
