# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Whose Docker a host uses, and which roles bring it there."""

from __future__ import annotations

from ..look.capacity import HostCapacity
from .settings import Placebo

ENGINE, DESKTOP, NONE = "engine", "desktop", "none"


def engine(host: HostCapacity, runtime: str) -> str:
    """Return "engine" (Linux's own), "desktop" (Docker Desktop's, in a virtual machine) or "none" (native)."""
    if runtime != "docker":
        return NONE
    desktop = host.system == "darwin" or (host.docker is not None and host.docker.desktop)
    return DESKTOP if desktop else ENGINE


def engine_roles(host: HostCapacity, runtime: str) -> tuple[str, ...]:
    """Return the roles to run before Ollama's, in this order.

    WSL2 is always a virtual machine: .wslconfig decides its share of Windows, also for a native server.
    """
    kind = engine(host, runtime)
    machine = ("docker_desktop",) if host.virtualization == "wsl2" or kind == DESKTOP else ()
    return (*machine, "docker_engine") if kind == ENGINE else machine


def engine_placebos(host: HostCapacity, runtime: str) -> tuple[Placebo, ...]:
    """Return the settings of Docker Desktop that do nothing here."""
    if host.virtualization != "wsl2" or engine(host, runtime) != DESKTOP:
        return ()
    reason = "Docker Desktop leaves it to WSL2: [wsl2] in .wslconfig sets it for all distributions together"
    return tuple(Placebo(f"Docker Desktop's {key}", "as set there", reason) for key in ("Cpus", "MemoryMiB", "SwapMiB"))


def engine_warnings(host: HostCapacity, runtime: str) -> list[str]:
    """Return what a person should know of Docker in a virtual machine."""
    if engine(host, runtime) != DESKTOP or host.virtualization == "wsl2":
        return []
    return ["Docker Desktop is stopped and started when its share of the memory changes; what ran in it runs again."]
