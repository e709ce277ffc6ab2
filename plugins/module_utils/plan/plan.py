# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a host should run, with which limits, and which wishes would do nothing there."""

from __future__ import annotations

from typing import Any, Mapping

from ..host.values import GIB, gigabytes
from ..look.capacity import CapacityError, HostCapacity
from .candidates import Candidate, Room
from .catalog import CatalogError, read_catalogue
from .choice import Choice, choose
from .engine import engine_warnings
from .host_rules import host_problems, host_warnings, is_ours, runtime, threads
from .memory import UNKNOWN_LIMIT_BYTES, Budget, budget, limit, together
from .promises import proof_record
from .records import Models, Plan, Why
from .server import engine_record, exposure_record, server_record, server_url
from .settings import effective_kv_type, environment, swap
from .speed import bandwidth
from .store import store_problems
from .wish_reader import read_wishes
from .wishes import PlanError, Wishes

# Above this much memory, models that fit together stay loaded together. A "16 GB" laptop reports a little less.
SEVERAL_LOADED_ABOVE_BYTES = 16 * GIB


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
    memory = budget(host, wishes.memory_reserve, is_ours(host.port_owner, wishes.port))
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
    server = server_record(host, wishes, kind, count, most, environment(wishes, count, loaded))
    no_swap = swap(host, kind)
    return Plan(
        engine=engine_record(host, wishes, kind),
        server=server,
        models=Models(tuple(one.name for one in choice.models), wishes.mirror, server_url(server)),
        exposure=exposure_record(wishes),
        proof=proof_record(host, wishes, server, choice),
        why=Why(
            runtime=kind_reason,
            threads=count_reason,
            models=choice.reasons,
            memory_needed_bytes=needed,
            memory_reserve_bytes=memory.reserve,
            swap_means=no_swap.means,
            warnings=(
                *host_warnings(host, wishes),
                *engine_warnings(host, kind),
                *choice.warnings,
                *_warnings(host, wishes, choice, no_swap.unsure),
            ),
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
