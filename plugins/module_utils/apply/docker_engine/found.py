# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Which Docker a host has, judged by who owns the socket and the program."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

# Engines as packages of distributions; `docker` is Arch's, openSUSE's and Fedora's older name.
DISTRO_ENGINES = ("docker.io", "moby-engine", "docker")
DOCKER_ENGINE = "docker-ce"
# All packages that a swap of the engines, or a message, may have to name.
PACKAGES = (
    *DISTRO_ENGINES, DOCKER_ENGINE, "docker-ce-cli", "docker-cli", "containerd", "containerd.io", "runc",
    "docker-compose", "docker-compose-v2", "docker-compose-plugin", "docker-buildx", "docker-buildx-plugin",
    "docker-ce-rootless-extras", "podman-docker",
)  # fmt: skip
_WSL = ("/mnt/wsl/docker-desktop", "/Docker/host")


@dataclass(frozen=True)
class System:
    """/etc/os-release: `like` from near to far; `codename` is that of the distribution it is built on."""

    id: str
    like: tuple[str, ...]
    name: str
    version: str
    codename: str

    def data_names(self) -> list[str]:
        """Names of data files, the closest first: debian-bookworm, debian. A derivative takes those of its base."""
        ids = [*dict.fromkeys((self.id, *self.like))]
        return [*(f"{each}-{self.codename}" for each in ids if self.codename), *ids]


@dataclass(frozen=True)
class Daemon:
    """A running dockerd: its program's path and the user it runs as."""

    program: str
    uid: int


@dataclass(frozen=True)
class Traces:
    """Paths are those that links point to in the end, "" = nothing there. `packages` maps names to versions."""

    program: str = ""
    socket: str = ""
    daemons: tuple[Daemon, ...] = ()
    packages: Mapping[str, str] | None = None

    def has(self, *names: str) -> bool:
        return any(name in (self.packages or {}) for name in names)


def parse_os_release(text: str) -> System:
    """Read os-release(5). Unknown lines are ignored."""
    facts: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            try:
                facts[name] = " ".join(shlex.split(value))
            except ValueError:
                facts[name] = value
    like = tuple(facts.get("ID_LIKE", "").split())
    base = "UBUNTU_CODENAME" if "ubuntu" in (facts.get("ID"), *like) else "DEBIAN_CODENAME"
    codename = facts.get(base) or facts.get("VERSION_CODENAME", "")
    identity = facts.get("ID", "linux")
    return System(identity, like, facts.get("NAME", identity), facts.get("VERSION_ID", ""), codename)


def kind(traces: Traces) -> str:
    """none, distro, docker-ce, snap, podman, rootless, desktop, wsl, or other (installed by hand)."""
    by_path = _by_path(traces.socket) or _by_path(traces.program)
    rootful = [daemon for daemon in traces.daemons if daemon.uid == 0]
    if by_path or any(_by_path(daemon.program) == "snap" for daemon in rootful):
        return by_path or "snap"
    if traces.has("podman-docker"):
        return "podman"
    if traces.daemons and not rootful:
        return "rootless"
    if traces.has(DOCKER_ENGINE):
        return "docker-ce"
    if traces.has(*DISTRO_ENGINES):
        return "distro"
    return "other" if rootful else "none"  # a client alone is not an engine


def _by_path(path: str) -> str:
    if path.startswith("/snap/") or path.startswith("/var/snap/") or path == "/usr/bin/snap":
        return "snap"
    if path.startswith(_WSL):
        return "wsl"
    if "/.docker/desktop/" in path or path.startswith("/opt/docker-desktop/"):
        return "desktop"
    return "podman" if "podman" in path else ""


def as_dict(system: System, traces: Traces) -> dict[str, Any]:
    """What the module returns as `found`."""
    packages: Sequence[tuple[str, str]] = sorted((traces.packages or {}).items())
    return {
        "kind": kind(traces),
        "program": traces.program,
        "socket": traces.socket,
        "packages": dict(packages),
        "system": {"id": system.id, "name": system.name, "version": system.version, "codename": system.codename},
        "data_names": system.data_names(),
    }
