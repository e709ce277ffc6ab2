# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Decide where Docker comes from on a host: what is there, its distribution, or Docker's own repository."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Mapping, Sequence

from ...host.values import parse_version
from ...source.fault import TRUST
from .found import DISTRO_ENGINES, DOCKER_ENGINE

_FOREIGN = {
    "snap": "the snap docker, which reads another daemon.json and cannot see folders outside of /home."
    " `sudo snap remove docker` removes it with its images (`docker save` keeps them)",
    "podman": "podman under the name docker (package podman-docker). Remove that package; podman may stay",
    "rootless": "a rootless Docker, which can only give limits that were delegated to it."
    " `dockerd-rootless-setuptool.sh uninstall` ends it (its images stay in the user's home)",
    "desktop": "Docker Desktop, whose engine is in a virtual machine: role docker_desktop sets that one up."
    " Quit it and run `docker context use default` to use an engine of the system instead",
    "wsl": "Docker Desktop's integration into WSL: role docker_desktop sets that one up."
    " Turn the integration off for this distribution to have an engine of its own",
}
# The packages of each engine, which must be removed so that the other engine's can be installed.
_LEAVE = {
    "docker-ce": ("docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin", "docker-buildx-plugin",
                  "docker-ce-rootless-extras"),
    "docker.io": (*DISTRO_ENGINES, "docker-cli", "docker-compose", "docker-compose-v2", "docker-buildx", "containerd",
                  "runc"),
}  # fmt: skip
_NATIVE = "or set nogpu_runtime to native on this host"


@dataclass(frozen=True)
class Choice:
    """`source` keep, distro or docker; "" with `refusal`, or with `ask_repository`: its answer is needed first."""

    source: str = ""
    packages: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    reason: str = ""
    refusal: str = ""
    ask_repository: bool = False


@dataclass(frozen=True)
class Wish:
    """What is wanted, and the values of the distribution. `repository`: the answer of module uri, empty = not asked."""

    source: str
    replace_found: bool
    compose_floor: str
    distro_packages: Sequence[str]
    distro_has_compose: bool
    docker_packages: Sequence[str]
    host: str
    missing_words: str = ""
    repository_url: str = ""
    repository: Mapping[str, Any] = field(default_factory=dict)


def choose(found: Mapping[str, Any], wish: Wish) -> Choice:
    """`found` as module docker_engine_info returns it."""
    kind = found["kind"]
    if kind in _FOREIGN:
        return _refuse(wish, found, f"{_FOREIGN[kind]}, {_NATIVE}.")
    good = _is_at_least(found["compose_version"], wish.compose_floor)
    here = {"distro": "distro", "docker-ce": "docker"}.get(kind, "")
    if kind != "none" and good and wish.source in ("auto", here):
        return Choice("keep", reason="an engine with Compose v2 is there")
    if kind == "other":
        return _refuse(wish, found, f"an engine that no package owns. Remove it, {_NATIVE}.")
    if here == "docker" and wish.source in ("auto", "docker"):  # docker-ce without its plugin
        return _docker(found, wish)
    if here == "distro" and wish.source in ("auto", "distro") and wish.distro_has_compose:
        return _distro(found, wish, "Compose v2 is missing")
    return _fresh_or_swap(found, wish)


def _fresh_or_swap(found: Mapping[str, Any], wish: Wish) -> Choice:
    if wish.source == "distro" or (wish.source == "auto" and not wish.docker_packages):
        return _distro(found, wish, "asked for" if wish.source == "distro" else "Docker has no repository for it")
    choice = _docker(found, wish)
    if choice.refusal and wish.source == "auto" and wish.distro_has_compose and found["kind"] == "none":
        return _distro(found, wish, _repository_fault(wish))
    return choice


def _docker(found: Mapping[str, Any], wish: Wish) -> Choice:
    if not wish.docker_packages:
        cure = "Set nogpu_docker_source to distro."
        return Choice(refusal=f"Docker has no repository for {_system(found, wish)} (a signed one was needed). {cure}")
    swap = _swap(found, wish, "docker.io", DISTRO_ENGINES)
    if isinstance(swap, Choice):
        return swap
    if not wish.repository:
        return Choice(ask_repository=True)
    fault = _repository_fault(wish)
    if fault:
        cure = f"Fix that, set nogpu_docker_source to distro, {_NATIVE}"
        if not wish.distro_has_compose:
            cure = f"{wish.missing_words} Fix that, {_NATIVE}".strip()
        cure = f"{TRUST} {cure}" if "certificate" in fault else cure
        return Choice(refusal=f"Could not use Docker's repository for {_system(found, wish)}: {fault}. {cure}.")
    return Choice("docker", tuple(wish.docker_packages), swap, "Docker's own repository answers")


def _distro(found: Mapping[str, Any], wish: Wish, reason: str) -> Choice:
    if not wish.distro_packages or not wish.distro_has_compose:
        needed = f"needed: {wish.compose_floor} or newer"
        where = _system(found, wish)
        return Choice(refusal=f"No Compose v2 in the packages of {where} ({needed}). {wish.missing_words}".rstrip())
    swap = _swap(found, wish, "docker-ce", (DOCKER_ENGINE,))
    return swap if isinstance(swap, Choice) else Choice("distro", tuple(wish.distro_packages), swap, reason)


def _swap(found: Mapping[str, Any], wish: Wish, other: str, engines: Sequence[str]) -> Choice | tuple[str, ...]:
    """The packages that must go, or a refusal if nobody allowed that."""
    installed = found["packages"]
    if not any(name in installed for name in engines):
        return ()
    ours = wish.docker_packages if other == "docker.io" else wish.distro_packages
    leave = _LEAVE[other]
    gone = tuple(name for name in leave if name in installed and name not in ours)
    if wish.replace_found:
        return gone
    there = next(name for name in engines if name in installed)
    return Choice(
        refusal=f"Docker is there already on {wish.host}, from package {there} {installed[there]} with Compose"
        f" '{found['compose_version'] or 'none'}', and {' '.join(ours)} would have to replace it. Nothing was"
        f" changed. Set docker_engine_replace_found to true to swap the packages ({', '.join(gone)} go; images, volumes"
        f" and containers stay, running ones start again), set nogpu_docker_source to auto to keep what is good"
        f" enough, {_NATIVE}."
    )


def _repository_fault(wish: Wish) -> str:
    """What is wrong with the answer to `dists/SUITE/InRelease`, "" if nothing."""
    answer = wish.repository
    status, content = int(answer.get("status") or -1), str(answer.get("content") or "")
    if status == 200 and "BEGIN PGP SIGNED MESSAGE" in content[:200]:
        return ""
    if status == 200 and wish.repository_url.endswith(".xml") and "<repomd" in content[:400]:
        return ""
    if status == 200 and "<html" in content[:1000].lower():
        return f"{wish.repository_url} answered a web page (a captive portal? open a browser and sign in)"
    if status == 404:
        return f"{wish.repository_url} is not there (404): no packages for this release"
    said = str(answer.get("msg") or "no answer").rstrip(".")
    return f"{wish.repository_url} gave no release file (status {status}: {said})"


def _refuse(wish: Wish, found: Mapping[str, Any], words: str) -> Choice:
    where = " and ".join(path for path in (found["socket"], found["program"]) if path) or "its process"
    return Choice(refusal=f"Found on {wish.host} ({where}): {words}")


def _system(found: Mapping[str, Any], wish: Wish) -> str:
    system = found["system"]
    return f"{system['name']} {system['version'] or system['codename']} on {wish.host}".replace("  ", " ")


def _is_at_least(seen: str, floor: str) -> bool:
    """Compare versions of Compose such as 2.26.1-4, 2.38.2+ds and 2.40.1~ds; what is not a version is too old."""
    try:
        return parse_version(re.split("[+~]", seen)[0]) >= parse_version(floor)
    except ValueError:
        return False


def as_dict(choice: Choice) -> dict[str, Any]:
    """Plain data for Ansible."""
    data = asdict(choice)
    return {**data, "packages": list(choice.packages), "remove": list(choice.remove)}
