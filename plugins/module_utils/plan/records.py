# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The plan: a few small records, one for each reader. Units are bytes, seconds, and tokens a second.

The fields of each are documented for users in the filter's RETURN (plugins/filter/plan.yml); a test compares the two.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Mapping


@dataclass(frozen=True)
class Engine:
    """Whose Docker runs it and how it gets there. Roles docker_engine and docker_desktop.

    `kind` is "engine", "desktop" or "none"; `roles` what brings it there, in this order. `memory_reserve` is what the
    system keeps beside Docker Desktop's machine, in bytes or "auto".
    """

    kind: str
    roles: tuple[str, ...]
    source: str
    repository_url: str
    users: tuple[str, ...]
    memory_reserve: int | str


@dataclass(frozen=True)
class Server:
    """What runs, where it listens and within which limits. Roles ollama_store, ollama_stack and ollama_service; bench.

    `bind_address` is where it listens, `api_address` where the laptop itself reaches it, both as in a URL.
    `bind_store`: the store is mounted as a folder, not as a volume. `memlock` is "unlimited", bytes, or None to leave
    the engine's own. `replaces_own`: somebody's own server may be replaced; `adopt_ollama`: one has to be.
    `running` is the runtime of our server that answers now, "" for none.
    """

    runtime: str
    version: str
    architecture: str
    bind_address: str
    api_address: str
    port: int
    host_network: bool
    bind_store: bool
    threads: int
    memory_limit_bytes: int
    memlock: str | int | None
    cpu_weight: int
    cgroup_parent: str
    environment: Mapping[str, str]
    replaces_own: bool
    adopt_ollama: bool
    running: str


@dataclass(frozen=True)
class Models:
    """Which models, from where, by which server. Role model_catalog."""

    names: tuple[str, ...]
    mirror: str
    url: str


@dataclass(frozen=True)
class Exposure:
    """Who else may use the API. Role lan_exposure. `former_ports` stay protected until the server has left them."""

    networks: tuple[str, ...]
    port: int
    former_ports: tuple[int, ...]


@dataclass(frozen=True)
class Proof:
    """What has to be in force. Roles smoke_test and last_good_server.

    `unit` and `container` are the server's names. `inside`: the limits are read inside of the container.
    `remembered`: a later run can come back to this server. `request_options` must be in each request: versions before
    0.30 do not read them in the environment. `predicted` holds for each model tokens_per_second, needed_bytes,
    context_bytes (of which the conversations take) and download_bytes, None where not known. `promises` is what
    `effective_limits` checks, `placebo` what was left out or does nothing, with the reason.
    """

    runtime: str
    container: str
    unit: str
    url: str
    port: int
    inside: bool
    remembered: bool
    request_options: Mapping[str, int]
    predicted: Mapping[str, Mapping[str, float | int | None]]
    promises: Mapping[str, Any]
    placebo: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Why:
    """What the reports say of the plan. `memory_needed_bytes` is None when no model's size is known."""

    runtime: str
    threads: str
    models: tuple[str, ...]
    memory_needed_bytes: int | None
    memory_reserve_bytes: int
    swap_means: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that the roles carry out, and why."""

    engine: Engine
    server: Server
    models: Models
    exposure: Exposure
    proof: Proof
    why: Why

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: lists for tuples."""
        return {
            record: {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}
            for record, fields in asdict(self).items()
        }
