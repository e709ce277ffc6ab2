# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What people wish for, and the error that names every wish that cannot be had. No I/O here."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Mapping, Sequence

from ..host.values import Version, parse_version

AUTO = "auto"
UNLIMITED = "unlimited"
RUNTIMES = (AUTO, "docker", "native")
KV_CACHE_TYPES = ("f16", "q8_0", "q4_0")
QUANTISATIONS = ("q2_K", "q3_K_S", "q3_K_M", "q3_K_L", "q4_0", "q4_K_S", "q4_K_M", "q5_K_M", "q6_K", "q8_0", "f16")

# What the person typed. A wish that the inventory has no variable for is the role's variable.
_TYPED = {
    **{wish: f"nogpu_{wish}" for wish in ("runtime", "models", "min_tokens_per_second", "host_network", "listen")},
    **{wish: f"nogpu_{wish}" for wish in ("port", "expose", "allowed_networks", "memlock", "ollama_version")},
    **{wish: f"nogpu_{wish}" for wish in ("cpu_weight", "adopt_ollama")},
    "memory_reserve_bytes": "nogpu_memory_reserve",
    "floor_version": "nogpu_ollama_floor_version",
    "store_user": "ollama_store_user",
}


def option(wish: str) -> str:
    """Return the name under which a person sets a wish."""
    return _TYPED.get(wish, f"capacity_plan_{wish}")


class PlanError(ValueError):
    """The wishes cannot be had on this host. `problems` holds one piece of text for each reason."""

    def __init__(self, host: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            text = self.problems[0]
        else:
            text = " ".join(f"({number}) {problem}" for number, problem in enumerate(self.problems, 1))
            text = f"{len(self.problems)} problems. {text}"
        super().__init__(f"Cannot plan {host}: {text}")


@dataclass(frozen=True)
class Wishes:
    """Checked wishes; the defaults are those of role capacity_plan.

    `memory_reserve_bytes` is None for automatic, `memlock` is "auto", "unlimited" or bytes,
    `models` holds complete names or "auto", `manifest_sizes` bytes of models that the catalogue may not know,
    `models_present` the complete names of those that need no download; None where nobody looked.
    `clock_epoch_seconds` is what the host's clock said, `control_before_epoch_seconds` and
    `control_after_epoch_seconds` the control node's before and after that; None where nobody compared them.
    """

    host: str = ""
    runtime: str = AUTO
    models: tuple[str, ...] = (AUTO,)
    min_tokens_per_second: float = 8.0
    host_network: bool = False
    listen: str = "127.0.0.1"
    port: int = 11434
    expose: bool = False
    allowed_networks: tuple[str, ...] = ()
    memory_reserve_bytes: int | None = None
    memlock: str | int = AUTO
    context_length: int = 4096
    parallel: int = 1
    keep_alive: str = "24h"
    kv_cache_type: str = "f16"
    ollama_version: str = "0.33.0"
    floor_version: str = "0.21.0"
    adopt_ollama: bool = False
    store_user: str = "ollama"
    cpu_limit: float | None = None
    cpu_weight: int = 2000
    quantisation: str | None = None
    mem_swappiness: int | None = None
    manifest_sizes: Mapping[str, int] = field(default_factory=dict)
    models_present: tuple[str, ...] | None = None
    clock_epoch_seconds: float | None = None
    control_before_epoch_seconds: float | None = None
    control_after_epoch_seconds: float | None = None

    @property
    def exposed(self) -> bool:
        """Whether others than this laptop are to reach the API."""
        return self.expose and not ipaddress.ip_address(self.listen).is_loopback

    @property
    def api_address(self) -> str:
        """Where the laptop itself reaches the API, as it stands in a URL."""
        address = ipaddress.ip_address(self.listen)
        if address.is_unspecified:
            return "127.0.0.1" if address.version == 4 else "[::1]"
        return str(address) if address.version == 4 else f"[{address}]"

    @property
    def version(self) -> Version:
        return parse_version(self.ollama_version)
