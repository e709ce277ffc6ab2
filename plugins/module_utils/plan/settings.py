# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Settings that a host can or cannot honour: what is promised, and what is left out with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..look.capacity import HostCapacity
from .wish import AUTO, UNLIMITED
from .wishes import Wishes

# The version whose runner is llama.cpp's server, which reads LLAMA_ARG_* and honours a quantised key-value cache.
LLAMA_SERVER_SINCE = (0, 30, 0)
STACK_BYTES = 67108864
OPEN_FILES = 16384


@dataclass(frozen=True)
class Placebo:
    """A wish that would do nothing here."""

    setting: str
    requested: Any
    reason: str

    def as_dict(self) -> dict[str, Any]:
        return {"setting": self.setting, "requested": self.requested, "reason": self.reason}


def no_memory_limit(host: HostCapacity, runtime: str) -> str:
    """Say why memory and swap of the server cannot be limited, "" where they can."""
    native_mac = host.system == "darwin" and runtime == "native"
    return "macOS has no limit for a single program" if native_mac else ""


@dataclass(frozen=True)
class Swap:
    """How swap is ruled out: `means` is the setting's name, `unsure` why it may not work, "" where it does."""

    means: str
    unsure: str


def swap(host: HostCapacity, runtime: str) -> Swap:
    """Say by what setting this host keeps the model out of swap. Weights are anonymous memory: they can be swapped."""
    if no_memory_limit(host, runtime):
        return Swap("none", no_memory_limit(host, runtime))
    # On a Mac the engine is in a virtual machine, and limits swap there.
    if host.swap_total_bytes == 0 or (host.system == "darwin" and host.docker is None):
        unsure = ""
    elif runtime == "native" and host.cgroup_version != 2:
        unsure = "systemd limits a service's swap only with control groups version 2"
    elif host.docker is not None and runtime == "docker":
        unsure = "" if host.docker.swap_limit else "Docker reports 'No swap limit support' here"
    elif host.swap_accounting is False or (host.swap_accounting is None and host.cgroup_version != 2):
        unsure = "this kernel does not count swap for each group (cgroup version 1 needs swapaccount=1)"
    else:
        unsure = ""
    return Swap("memswap_limit" if runtime == "docker" else "MemorySwapMax", unsure)


def memlock(host: HostCapacity, wishes: Wishes, runtime: str) -> tuple[str | int | None, tuple[Placebo, ...]]:
    """Return the limit of locked memory to set, None for none, and what to say about it."""
    asked = wishes.memlock
    cannot = _why_no_memlock(host, runtime)
    if isinstance(asked, int) and not no_memory_limit(host, runtime):
        useless = "the limit is set, but Ollama locks no memory since 0.7: what keeps weights in RAM is the swap limit"
        return asked, (Placebo("memlock_bytes", asked, useless),)
    if cannot:
        return None, (
            Placebo("memlock_bytes", asked, f"{cannot}; Ollama locks no memory since 0.7, so nothing is lost"),
        )
    if asked == AUTO:
        return UNLIMITED, ()
    useless = "the limit is lifted, but Ollama locks no memory since 0.7: what keeps weights in RAM is the swap limit"
    return UNLIMITED, (Placebo("memlock_bytes", asked, useless),)


def _why_no_memlock(host: HostCapacity, runtime: str) -> str:
    """Return why an unlimited memlock cannot be had; asking for it would keep the container from starting."""
    if host.system == "darwin" and runtime == "native":
        return "macOS cannot set it for a service"
    if host.system == "darwin" and host.docker is None:
        return "whether this Docker may lift it could not be seen"
    if runtime == "docker" and host.docker is not None:
        if host.docker.memlock_unlimited:
            return ""
        if host.docker.memlock_unlimited is None:
            return "whether this Docker may lift it could not be seen"
        return (
            "this Docker may not lift it (it is rootless, or lacks CAP_SYS_RESOURCE), and the container would not start"
        )
    # An engine that is still to be installed gets root's rights, which are cut down only inside a container.
    return "root may not lift it inside a container" if host.virtualization == "container" else ""


def placebos(host: HostCapacity, wishes: Wishes, runtime: str, threads: int) -> tuple[Placebo, ...]:
    """Return the wishes that do nothing on this host."""
    found = []
    if wishes.mem_swappiness is not None:
        found.append(Placebo("mem_swappiness", wishes.mem_swappiness, _why_no_swappiness(host, wishes, runtime)))
    if wishes.host_network and runtime == "native":
        found.append(Placebo("host_network", True, "a native server is on the host's network anyway"))
    if wishes.cpu_limit is not None:
        reason = f"{threads} threads never use more; a CPU weight is set in its place"
        found.append(Placebo("cpu_limit", wishes.cpu_limit, reason))
    if wishes.version < LLAMA_SERVER_SINCE:
        reason = (
            f"Ollama {wishes.ollama_version} does not read it (0.30 and later do): request option num_thread is used"
        )
        found.append(Placebo("LLAMA_ARG_THREADS", threads, reason))
        if wishes.kv_cache_type != "f16":
            reason = f"Ollama {wishes.ollama_version} keeps f16 on a CPU: only 0.30 and later hand the type on"
            found.append(Placebo("kv_cache_type", wishes.kv_cache_type, reason))
    return tuple(found)


def _why_no_swappiness(host: HostCapacity, wishes: Wishes, runtime: str) -> str:
    if runtime == "native":
        return "there is no such setting for a service: the swap limit of 0 does what it was meant for"
    if host.cgroup_version == 2 or host.system == "darwin":
        return "Docker discards it with control groups version 2: memswap_limit = mem_limit does what it was meant for"
    if wishes.mem_swappiness == 0:
        return "Compose takes 0 for 'not set': memswap_limit = mem_limit does what it was meant for"
    return "memswap_limit = mem_limit already leaves no swap"


def effective_kv_type(wishes: Wishes) -> str:
    """Return the type of key-value cache that this version really uses."""
    return wishes.kv_cache_type if wishes.version >= LLAMA_SERVER_SINCE else "f16"


def environment(wishes: Wishes, threads: int, loaded: int) -> dict[str, str]:
    """Return the server's settings, the same for container and service."""
    settings = {
        "OLLAMA_CONTEXT_LENGTH": str(wishes.context),
        "OLLAMA_KEEP_ALIVE": wishes.keep_alive,
        "OLLAMA_MAX_LOADED_MODELS": str(loaded),
        "OLLAMA_NO_CLOUD": "1",
        "OLLAMA_NUM_PARALLEL": str(wishes.parallel),
        # An integrated GPU would otherwise be picked up: slower, and different from laptop to laptop.
        "OLLAMA_VULKAN": "0",
        # There is no OLLAMA_NUM_THREADS; the runner inherits the environment.
        "LLAMA_ARG_THREADS": str(threads),
    }
    if effective_kv_type(wishes) != "f16":
        settings["OLLAMA_KV_CACHE_TYPE"] = wishes.kv_cache_type
    return settings
