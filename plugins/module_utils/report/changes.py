# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a run would change on a host, from its plan and what is there."""

from __future__ import annotations

from typing import Any, Mapping

from ..host.names import AGENT, CONTAINER, UNIT
from ..host.values import gigabytes
from ..look.capacity import HostCapacity
from ..plan.engine import DESKTOP, engine, engine_roles
from ..plan.host_rules import is_ours
from ..source.downloads import ARCHIVE, IMAGE


def changes(capacity: Mapping[str, Any], plan: Mapping[str, Any], estimate: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each thing that is not there yet; empty if everything is.

    `estimate` is what `download_estimate` returned. Whether the content of a file is as planned is not checked.
    """
    host = HostCapacity.from_dict(capacity)
    docker, ours = plan["server"]["runtime"] == "docker", is_ours(host.port_owner, plan["server"]["port"])
    running = host.port_owner.container or host.port_owner.unit if ours and host.port_owner else None
    server = AGENT if host.system == "darwin" else UNIT
    found = [] if ours else [_store(host)]
    if plan["server"]["adopt_ollama"] and host.own_ollama:
        found.append(f"stop and disable the {UNIT} that was here before; ./nogpu remove starts it again")
    found += _machine(host, plan)
    if docker:
        found += _docker(host, running)
    elif running != server:
        found.append(f"{_stop(running)}write {server} and start it")
    for item in estimate.get("items", []):
        if not item["present"]:
            verb = {IMAGE: "pull image", ARCHIVE: "unpack"}.get(item["kind"], "pull model")
            found.append(f"{verb} {item['name']}")
    return found


def _store(host: HostCapacity) -> str:
    if host.system == "darwin":
        return "create the model store ~/.nogpu/ollama, unless it is there"
    return "create the user ollama and the model store /var/lib/nogpu/ollama, unless they are there"


def _machine(host: HostCapacity, plan: Mapping[str, Any]) -> list[str]:
    """Return what would be set for the virtual machine around Docker."""
    if "docker_desktop" not in engine_roles(host, plan["server"]["runtime"]):
        return []
    if host.virtualization == "wsl2":
        what = "all of Windows' memory but 2 GiB or 20 %, all of its processors, and no swap"
        return [f"give WSL2 {what} in .wslconfig; it takes effect after 'wsl --shutdown', which you run yourself"]
    share = gigabytes((host.memory_total_bytes or 0) - plan["why"]["memory_reserve_bytes"])
    return [f"give Docker Desktop {share} of memory, {host.cores_logical} processors, no swap; it restarts for that"]


def _docker(host: HostCapacity, running: str | None) -> list[str]:
    found: list[str] = []
    compose = "~/.nogpu/compose.yaml" if host.system == "darwin" else "/etc/nogpu/compose.yaml"
    if host.docker is None and host.system == "darwin":
        found.append("install Docker Desktop with Homebrew, unless it is there, and start it")
    elif engine(host, "docker") == DESKTOP:
        pass  # the owner of Docker Desktop decides about its settings
    elif host.docker is None:
        found.append("install Docker Engine with Compose from the system's packages, with log rotation in daemon.json")
    elif running != CONTAINER:
        found.append("add log rotation and live-restore to /etc/docker/daemon.json; the owner's keys stay")
    if running != CONTAINER:
        found.append(f"{_stop(running)}write {compose} and start container {CONTAINER}")
    return found


def _stop(running: str | None) -> str:
    return f"stop {running}, which holds the port; " if running else ""
