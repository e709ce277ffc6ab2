# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The records that say what runs where: engine, server and who else may use it."""

from __future__ import annotations

from typing import Mapping

from ..look.capacity import HostCapacity
from .cpu_share import share
from .engine import DESKTOP, engine, engine_roles
from .host_rules import architecture, is_ours
from .own_ollama import must_adopt
from .records import Engine, Exposure, Server
from .settings import memlock
from .wish import AUTO
from .wishes import Wishes


def server_url(server: Server) -> str:
    return f"http://{server.api_address}:{server.port}"


def engine_record(host: HostCapacity, wishes: Wishes, kind: str) -> Engine:
    return Engine(
        kind=engine(host, kind),
        roles=engine_roles(host, kind),
        source=wishes.docker_source,
        repository_url=wishes.docker_repository,
        users=wishes.docker_users,
        memory_reserve=AUTO if wishes.memory_reserve is None else wishes.memory_reserve,
    )


def server_record(
    host: HostCapacity, wishes: Wishes, kind: str, count: int, most: int, settings: Mapping[str, str]
) -> Server:
    owner = host.port_owner
    ours = is_ours(owner, wishes.port)
    return Server(
        runtime=kind,
        version=wishes.ollama_version,
        architecture=architecture(host) or "",
        bind_address=wishes.bind_address,
        api_address=wishes.api_address,
        port=wishes.port,
        host_network=wishes.host_network and kind == "docker",
        bind_store=engine(host, kind) == DESKTOP,
        threads=count,
        memory_limit_bytes=most,
        memlock=memlock(host, wishes, kind)[0],
        cpu_weight=wishes.cpu_weight,
        cgroup_parent=share(host, kind).cgroup_parent,
        environment=settings,
        replaces_own=wishes.adopt_ollama,
        adopt_ollama=must_adopt(host, kind),
        running=("docker" if owner and owner.container else "native") if ours else "",
    )


def exposure_record(wishes: Wishes) -> Exposure:
    networks = wishes.allowed_networks if wishes.exposed else ()
    left = [port for port in wishes.exposed_ports if not networks or port != wishes.port]
    return Exposure(networks=networks, port=wishes.port, former_ports=tuple(left))
