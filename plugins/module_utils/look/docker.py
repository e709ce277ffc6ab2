# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Ask the Docker engine for its abilities and its containers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ..host.programs import NOT_STARTED
from ..host.reader import HostReader
from .capacity import DockerEngine
from .docker_text import PS_FORMAT, Container, can_unlimit_memlock, parse_containers, parse_engine

INFO = ["docker", "info", "--format", "{{json .}}"]
API_VERSION = ["docker", "version", "--format", "{{.Server.APIVersion}}"]
COMPOSE = ["docker", "compose", "version", "--short"]
CONTAINERS = ["docker", "ps", "--all", "--no-trunc", "--format", PS_FORMAT]


def read_docker(host: HostReader) -> tuple[DockerEngine | None, tuple[Container, ...]]:
    """Return the engine that answers the docker command and its containers; a note says why there is no engine."""
    # All at once: each takes about 50 ms or, when the engine hangs, its whole time limit.
    with ThreadPoolExecutor(max_workers=4) as pool:
        info, api_version, compose, containers = pool.map(host.run, (INFO, API_VERSION, COMPOSE, CONTAINERS))
    engine = parse_engine(
        info.output,
        api_version.output if api_version.ok else "",
        compose.output if compose.ok else "",
        read_memlock_unlimited(host),
    )
    if engine is None and info.code == NOT_STARTED:
        host.note("Docker is not installed: the command docker was not found.")
    elif engine is None:
        reason = (api_version.error or info.error or info.output).strip().splitlines()
        host.note(f"No Docker engine answered 'docker info': {reason[-1] if reason else 'it said nothing'}")
    return engine, parse_containers(containers.output if engine is not None and containers.ok else "")


def read_memlock_unlimited(host: HostReader) -> bool | None:
    """Say if the engine may start containers with an unlimited memlock, from its processes; None without processes.

    runc sets the limit and inherits its rights from containerd, which dockerd may have started. With several engines
    all of them must be able to: a limit that is left out does no harm, a container that does not start does.
    """
    engines = [pid for pid in host.processes() if host.line(f"/proc/{pid}/comm") in ("dockerd", "containerd")]
    answers = [
        can_unlimit_memlock(*(host.text(f"/proc/{pid}/{name}") or "" for name in ("limits", "status", "uid_map")))
        for pid in engines
    ]
    return all(answers) if answers else None
