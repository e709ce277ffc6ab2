# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a host should run, with which limits, and which wishes would do nothing there. No I/O here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Mapping

from ..host.values import GIB, gigabytes
from ..look.capacity import CapacityError, HostCapacity
from .candidates import Candidate, Room
from .catalog import CatalogError, read_catalogue
from .choice import Choice, choose
from .cpu_share import share
from .engine import engine, engine_placebos, engine_roles, engine_warnings
from .host_rules import architecture, host_problems, host_warnings, is_ours, runtime, threads
from .knobs import (
    OPEN_FILES,
    STACK_BYTES,
    Placebo,
    effective_kv_type,
    environment,
    memlock,
    no_memory_limit,
    placebos,
    swap,
)
from .memory import UNKNOWN_LIMIT_BYTES, Budget, budget, limit, together
from .own_ollama import must_adopt
from .speed import bandwidth
from .store import store_problems
from .wish_reader import read_wishes
from .wishes import PlanError, Wishes

# Above this much memory, models that fit together stay loaded together. A "16 GB" laptop reports a little less.
SEVERAL_LOADED_ABOVE_BYTES = 16 * GIB


@dataclass(frozen=True)
class Plan:
    """Everything that the roles carry out. Bytes and tokens a second.

    `memory_needed_bytes` is None when no model's size is known. `memlock` is "unlimited", bytes, or None to leave the
    engine's own. `api_address` is where the laptop itself asks the API, as in a URL; `allowed_networks` who else may.
    `adopt_ollama`: ours takes the place of somebody's own server, which was allowed.
    `request_options` belong into each request: versions before 0.30 do not read them in the environment.
    `engine` is whose Docker runs it, `engine_roles` what brings that there, in this order.
    `promises` is what `effective_limits` checks, `placebo` what was left out or does nothing, with the reason.
    """

    runtime: str
    runtime_reason: str
    engine: str
    engine_roles: tuple[str, ...]
    architecture: str
    threads: int
    threads_reason: str
    memory_limit_bytes: int
    memory_needed_bytes: int | None
    memory_reserve_bytes: int
    swap_means: str
    models: tuple[str, ...]
    models_reason: tuple[str, ...]
    predicted: Mapping[str, Mapping[str, float | int | None]]
    context_length: int
    parallel: int
    keep_alive: str
    kv_cache_type: str
    max_loaded_models: int
    memlock: str | int | None
    cpu_weight: int
    cgroup_parent: str
    host_network: bool
    listen: str
    port: int
    api_address: str
    allowed_networks: tuple[str, ...]
    adopt_ollama: bool
    environment: Mapping[str, str]
    request_options: Mapping[str, int]
    promises: Mapping[str, Any]
    placebo: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: lists for tuples."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def plan(capacity: Mapping[str, Any], raw_wishes: Mapping[str, Any]) -> Plan:
    """Plan for a host. `capacity` is the JSON form of HostCapacity, `raw_wishes` may hold a 'catalogue'.

    Raises PlanError, with every problem that could be found at once.
    """
    raw = dict(raw_wishes)
    entries = raw.pop("catalogue", None) or []
    name = str(raw.get("host") or (capacity.get("hostname") if isinstance(capacity, Mapping) else "") or "this host")
    try:
        host, catalogue = HostCapacity.from_dict(capacity), read_catalogue(entries)
    except (CapacityError, CatalogError) as error:
        raise PlanError(name, [str(error)]) from error
    wishes, problems = read_wishes(raw)
    problems += host_problems(host, wishes) + store_problems(host, wishes)
    memory = budget(host, wishes.memory_reserve_bytes, is_ours(host.port_owner, wishes.port))
    if memory.available is None:
        problems.append("how much memory there is could not be read (needed: /proc/meminfo). Run on the host itself.")
    if problems:
        raise PlanError(name, problems)
    choice = choose(catalogue, _room(host, wishes, memory))
    if choice.problems:
        raise PlanError(name, choice.problems)
    return _assemble(host, wishes, memory, choice)


def _room(host: HostCapacity, wishes: Wishes, memory: Budget) -> Room:
    # Where nobody looked which models are there, ours may be: the pull checks the disk again by itself.
    unseen = wishes.models_present is None and is_ours(host.port_owner, wishes.port)
    disk_free = None if unseen else host.disk_free_bytes
    return Room(memory, disk_free, host.disk_path, bandwidth(host), wishes)


def _assemble(host: HostCapacity, wishes: Wishes, memory: Budget, choice: Choice) -> Plan:
    kind, kind_reason = runtime(host, wishes)
    count, count_reason = threads(host)
    loaded = _loaded(host, memory, choice.models)
    needed, most = _memory(choice.models, memory, loaded)
    locked, locked_placebo = memlock(host, wishes, kind)
    no_swap = swap(host, kind)
    placebo = placebos(host, wishes, kind, count) + locked_placebo + engine_placebos(host, kind)
    cpu = share(host, kind)
    unsure = (
        ("memory_limit_bytes", most, no_memory_limit(host, kind)),
        ("swap_limit_bytes", 0, no_swap.unsure),
        ("cpu_weight", wishes.cpu_weight, cpu.cannot),
    )
    placebo += tuple(Placebo(*each) for each in unsure if each[2])
    promised = _promises(host, wishes, kind, count, most, locked).items()
    promises = {knob: value for knob, value in promised if knob not in [each[0] for each in unsure if each[2]]}
    return Plan(
        runtime=kind,
        runtime_reason=kind_reason,
        engine=engine(host, kind),
        engine_roles=engine_roles(host, kind),
        architecture=architecture(host) or "",
        threads=count,
        threads_reason=count_reason,
        memory_limit_bytes=most,
        memory_needed_bytes=needed,
        memory_reserve_bytes=memory.reserve,
        swap_means=no_swap.means,
        models=tuple(one.name for one in choice.models),
        models_reason=choice.reasons,
        predicted={one.name: one.as_dict() for one in choice.models},
        context_length=wishes.context_length,
        parallel=wishes.parallel,
        keep_alive=wishes.keep_alive,
        kv_cache_type=effective_kv_type(wishes),
        max_loaded_models=loaded,
        memlock=locked,
        cpu_weight=wishes.cpu_weight,
        cgroup_parent=cpu.cgroup_parent,
        host_network=wishes.host_network and kind == "docker",
        listen=wishes.listen,
        port=wishes.port,
        api_address=wishes.api_address,
        allowed_networks=wishes.allowed_networks if wishes.exposed else (),
        adopt_ollama=must_adopt(host, kind),
        environment=environment(wishes, count, loaded),
        request_options={"num_thread": count},
        promises=promises,
        placebo=tuple(one.as_dict() for one in placebo),
        warnings=(
            *host_warnings(host, wishes),
            *engine_warnings(host, kind),
            *choice.warnings,
            *_warnings(host, wishes, choice, no_swap.unsure),
        ),
    )


def _loaded(host: HostCapacity, memory: Budget, models: tuple[Candidate, ...]) -> int:
    """Return how many models may be loaded at once: all, if that fits a host with much memory, else one."""
    needs = [one.need for one in models if one.need is not None]
    all_known = len(needs) == len(models)
    large = (host.memory_total_bytes or 0) > SEVERAL_LOADED_ABOVE_BYTES
    return len(models) if large and all_known and together(needs, len(needs)) <= memory.room else 1


def _memory(models: tuple[Candidate, ...], memory: Budget, loaded: int) -> tuple[int | None, int]:
    """Return the bytes that the loaded models need, None if no size is known, and the limit."""
    needs = [one.need for one in models if one.need is not None]
    needed = together(needs, loaded) if needs else None
    most = limit(needed, max(one.download_bytes for one in models), memory.room) if needed is not None else 0
    if len(needs) < len(models):
        most = max(most, limit(UNKNOWN_LIMIT_BYTES, 0, memory.room))
    return needed, most


def _promises(
    host: HostCapacity, wishes: Wishes, kind: str, count: int, most: int, locked: str | int | None
) -> dict[str, Any]:
    """Return what must be in force once the server runs. On macOS only a container has limits."""
    promises: dict[str, Any] = {"threads": count, "listen": wishes.listen}
    if wishes.exposed:
        promises["allowed_networks"] = list(wishes.allowed_networks)
    if host.system == "linux" or kind == "docker":
        promises.update(
            memory_limit_bytes=most,
            swap_limit_bytes=0,
            cpu_weight=wishes.cpu_weight,
            stack_bytes=STACK_BYTES,
            nofile=OPEN_FILES,
            capabilities="none",
            no_new_privileges=True,
        )
        if locked is not None:
            promises["memlock_bytes"] = locked
    return promises


def _warnings(host: HostCapacity, wishes: Wishes, choice: Choice, swap_unsure: str) -> list[str]:
    found = []
    if swap_unsure and host.swap_total_bytes != 0:
        found.append(f"Swap cannot be ruled out: {swap_unsure}. If answers stall, look at the swap in use.")
    if host.disk_free_bytes is None:
        found.append(f"The free space of {host.disk_path} is not known: whether the models fit was not checked.")
    if effective_kv_type(wishes) != "f16":
        found.append(
            f"A key-value cache of type {wishes.kv_cache_type} saves memory, but prompts are read 0.6 times as fast."
        )
    if wishes.parallel > 1:
        extra = gigabytes(sum(one.need.kv for one in choice.models if one.need))
        found.append(
            f"{wishes.parallel} conversations at once take {extra} for their contexts; a single one gets no faster."
        )
    return found
