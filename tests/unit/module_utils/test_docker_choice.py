# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Where Docker comes from: what is good enough stays, nothing is swapped unasked, and each refusal says what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plugins.module_utils.apply.docker_engine.choice import Wish, choose

URL = "https://download.docker.com/linux/debian/dists/trixie/InRelease"
ANSWERS = {
    "ok": {"status": 200, "content": "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n"},
    "portal": {"status": 200, "content": "<!DOCTYPE html>\n<html><body>Sign in</body></html>"},
    "no suite": {"status": 404, "msg": "HTTP Error 404: Not Found"},
    "no network": {
        "status": -1,
        "msg": "Request failed: <urlopen error [Errno -3] Temporary failure in name resolution>",
    },
    "intercepted": {"status": -1, "msg": "<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed>"},
}
DISTRO = ["docker.io", "docker-cli", "docker-compose"]
DOCKER = ["docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin"]
WISH = Wish("auto", False, "2.18.0", DISTRO, True, DOCKER, "laptop1", repository_url=URL)
BOOKWORM = replace(WISH, distro_packages=["docker.io"], distro_has_compose=False, missing_words="Debian 12 has none.")


def found(kind: str = "none", compose: str = "", **packages: str) -> dict[str, Any]:
    names = {name.replace("_", "-").replace("-io", ".io"): text for name, text in packages.items()}
    return {
        "kind": kind, "compose_version": compose, "packages": names, "socket": "/run/docker.sock",
        "program": "/usr/bin/docker",
        "system": {"id": "debian", "name": "Debian", "version": "13", "codename": "trixie"},
    }  # fmt: skip


DEBIANS = found(
    "distro", "2.26.1-4", docker_io="26.1.5", docker_cli="26.1.5", docker_compose="2.26.1", containerd="1.7"
)
DOCKERS = found(
    "docker-ce", "2.38.2", docker_ce="28.3", docker_ce_cli="28.3", containerd_io="1.7", docker_compose_plugin="2"
)
WITHOUT_COMPOSE = found("distro", "", docker_io="26.1.5")


@pytest.mark.parametrize(
    ("there", "source"),
    [
        (DEBIANS, "auto"),
        (DEBIANS, "distro"),
        (DOCKERS, "auto"),
        (DOCKERS, "docker"),
        (found("other", "2.30.0"), "auto"),
    ],
)
def test_what_is_good_enough_is_kept_and_nobody_is_asked(there: dict[str, Any], source: str) -> None:
    choice = choose(there, replace(WISH, source=source))
    assert (choice.source, choice.packages, choice.remove, choice.ask_repository) == ("keep", (), (), False)


@pytest.mark.parametrize(
    ("there", "wish", "answer", "source", "packages", "remove"),
    [
        pytest.param(found(), WISH, "ok", "docker", DOCKER, [], id="bare-laptop"),
        pytest.param(found(), WISH, "no network", "distro", DISTRO, [], id="bare-laptop-without-internet"),
        pytest.param(found(), WISH, "no suite", "distro", DISTRO, [], id="release-that-docker-does-not-have"),
        pytest.param(found(), WISH, "portal", "distro", DISTRO, [], id="captive-portal"),
        pytest.param(found(), replace(WISH, source="distro"), "", "distro", DISTRO, [], id="distro-asked"),
        pytest.param(found(), replace(WISH, docker_packages=[]), "", "distro", DISTRO, [], id="arch"),
        pytest.param(found(), BOOKWORM, "ok", "docker", DOCKER, [], id="debian-12"),
        pytest.param(WITHOUT_COMPOSE, WISH, "", "distro", DISTRO, [], id="only-compose-is-missing"),
        pytest.param(found("docker-ce", "", docker_ce="28"), WISH, "ok", "docker", DOCKER, [], id="no-plugin"),
        pytest.param(
            DEBIANS, replace(WISH, source="docker", replace_found=True), "ok", "docker", DOCKER,
            ["docker.io", "docker-cli", "docker-compose", "containerd"], id="swap-to-docker-ce",
        ),
        pytest.param(
            DOCKERS, replace(WISH, source="distro", replace_found=True), "", "distro", DISTRO,
            ["docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin"], id="swap-to-docker.io",
        ),
        pytest.param(
            WITHOUT_COMPOSE, replace(BOOKWORM, replace_found=True), "ok", "docker", DOCKER, ["docker.io"],
            id="debian-12-with-its-old-engine",
        ),
    ],
)  # fmt: skip
def test_source(
    there: dict[str, Any], wish: Wish, answer: str, source: str, packages: list[str], remove: list[str]
) -> None:
    if answer:
        assert choose(there, wish).ask_repository
        wish = replace(wish, repository=ANSWERS[answer])
    choice = choose(there, wish)
    assert (choice.refusal, choice.source) == ("", source)
    assert (list(choice.packages), list(choice.remove)) == (packages, remove)


@pytest.mark.parametrize(
    ("there", "wish", "words"),
    [
        pytest.param(
            DEBIANS, replace(WISH, source="docker"), ["docker.io 26.1.5", "docker_engine_replace_found"], id="swap"
        ),
        pytest.param(
            DOCKERS, replace(WISH, source="distro"), ["docker-ce 28.3", "docker_engine_replace_found"], id="back"
        ),
        pytest.param(WITHOUT_COMPOSE, BOOKWORM, ["docker.io 26.1.5", "Compose 'none'", "replace_found"], id="bookworm"),
        pytest.param(found("snap"), WISH, ["snap", "/run/docker.sock", "snap remove docker", "native"], id="snap"),
        pytest.param(found("podman"), WISH, ["podman-docker", "nogpu_runtime to native"], id="podman"),
        pytest.param(found("rootless"), WISH, ["rootless", "dockerd-rootless-setuptool.sh"], id="rootless"),
        pytest.param(found("desktop"), WISH, ["Docker Desktop", "role docker_desktop"], id="desktop"),
        pytest.param(found("wsl"), WISH, ["WSL", "role docker_desktop"], id="wsl"),
        pytest.param(found("other"), WISH, ["no package owns"], id="by-hand-without-compose"),
        pytest.param(
            found(), replace(BOOKWORM, source="distro"), ["No Compose v2", "2.18.0", "Debian 12"], id="no-compose"
        ),
        pytest.param(
            found(), replace(WISH, source="docker", docker_packages=[]), ["no repository"], id="arch-asks-docker"
        ),
    ],
)
def test_refusal_says_what_is_there_and_what_to_do(there: dict[str, Any], wish: Wish, words: list[str]) -> None:
    choice = choose(there, replace(wish, repository=ANSWERS["ok"]))
    assert choice.source == ""
    assert [word for word in [*words, "laptop1"] if word not in choice.refusal] == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("portal", "captive portal"),
        ("no suite", "no packages for this release"),
        ("no network", "name resolution"),
        ("intercepted", "'sudo update-ca-certificates'"),
    ],
)
@pytest.mark.parametrize("wish", [replace(WISH, source="docker"), BOOKWORM])
def test_repository_that_is_needed_and_cannot_be_used_is_named(wish: Wish, answer: str, words: str) -> None:
    choice = choose(found(), replace(wish, repository=ANSWERS[answer]))
    assert choice.source == ""
    assert words in choice.refusal
    assert URL in choice.refusal


def test_other_engines_are_refused_even_with_leave_to_swap() -> None:
    assert choose(found("snap"), replace(WISH, replace_found=True)).refusal


@pytest.mark.parametrize(
    ("compose", "source"),
    [
        ("2.18.0", "keep"), ("2.26.1-4", "keep"), ("2.38.2+ds", "keep"), ("2.40.1~ds-1", "keep"),
        ("2.100.0", "keep"), ("5.0.1", "keep"),
        ("2.17.9", "distro"), ("1.29.2", "distro"), ("2", "distro"), ("", "distro"), ("dev", "distro"),
    ],
)  # fmt: skip
def test_compose_must_be_at_least_the_floor(compose: str, source: str) -> None:
    assert choose(found("distro", compose, docker_io="26.1.5"), WISH).source == source


REPOMD = '<?xml version="1.0"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo">'


@pytest.mark.parametrize(
    ("url", "content", "source"),
    [
        pytest.param("https://a/stable/repodata/repomd.xml", REPOMD, "docker", id="dnf"),
        pytest.param("https://a/stable/repodata/repomd.xml", "Welcome", "", id="dnf-and-something-else"),
        pytest.param("https://a/dists/trixie/InRelease", REPOMD, "", id="apt-needs-a-signed-file"),
    ],
)
def test_the_answer_must_be_of_the_kind_that_the_package_manager_reads(url: str, content: str, source: str) -> None:
    wish = replace(WISH, source="docker", repository_url=url, repository={"status": 200, "content": content})
    assert choose(found(), wish).source == source
