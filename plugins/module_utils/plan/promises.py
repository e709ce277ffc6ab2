# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What must be in force once the server runs, and what this host cannot do."""

from __future__ import annotations

from typing import Any

from ..host.names import AGENT, CONTAINER, UNIT
from ..look.capacity import HostCapacity
from .choice import Choice
from .cpu_share import share
from .engine import engine_placebos
from .records import Proof, Server
from .server import server_url
from .settings import OPEN_FILES, STACK_BYTES, Placebo, memlock, no_memory_limit, placebos, swap
from .wishes import Wishes


def proof_record(host: HostCapacity, wishes: Wishes, server: Server, choice: Choice) -> Proof:
    """Return what must be in force; what this host cannot do is a placebo instead, with the reason."""
    kind, desktop = server.runtime, server.bind_store
    unsure = {
        "memory_limit_bytes": (server.memory_limit_bytes, no_memory_limit(host, kind)),
        "swap_limit_bytes": (0, swap(host, kind).unsure),
        "cpu_weight": (wishes.cpu_weight, share(host, kind).cannot),
    }
    doubtful = {name: each for name, each in unsure.items() if each[1]}
    placebo = (
        *placebos(host, wishes, kind, server.threads),
        *memlock(host, wishes, kind)[1],
        *engine_placebos(host, kind),
        *(Placebo(name, *each) for name, each in doubtful.items()),
    )
    promises = _promises(host, wishes, server)
    return Proof(
        runtime=kind,
        container=CONTAINER,
        unit=AGENT if host.system == "darwin" else UNIT,
        url=server_url(server),
        port=server.port,
        inside=desktop,
        # Not with Docker Desktop or on a Mac: bringing a server back needs root's files and systemd.
        remembered=not desktop and host.system != "darwin",
        request_options={"num_thread": server.threads},
        predicted={one.name: one.as_dict() for one in choice.models},
        promises={name: value for name, value in promises.items() if name not in doubtful},
        placebo=tuple(one.as_dict() for one in placebo),
    )


def _promises(host: HostCapacity, wishes: Wishes, server: Server) -> dict[str, Any]:
    """Return what must be in force once the server runs. On macOS only a container has limits."""
    promises: dict[str, Any] = {"threads": server.threads, "listen": wishes.listen}
    if wishes.exposed:
        promises["allowed_networks"] = list(wishes.allowed_networks)
    if host.system == "linux" or server.runtime == "docker":
        promises.update(
            memory_limit_bytes=server.memory_limit_bytes,
            swap_limit_bytes=0,
            cpu_weight=wishes.cpu_weight,
            stack_bytes=STACK_BYTES,
            nofile=OPEN_FILES,
            capabilities="none",
            no_new_privileges=True,
        )
        if server.memlock is not None:
            promises["memlock_bytes"] = server.memlock
    return promises
