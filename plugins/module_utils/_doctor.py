# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a run would change on a host, from its plan and what is there. Pure: no I/O, no Ansible."""

from __future__ import annotations

from typing import Any, Mapping

from ._capacity import HostCapacity
from ._downloads import ARCHIVE, IMAGE
from ._host_rules import CONTAINER, UNIT, is_ours


def changes(capacity: Mapping[str, Any], plan: Mapping[str, Any], estimate: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each thing that is not there yet; empty if all is.

    `estimate` is what `download_estimate` returned. Whether a file's content is still as planned is not looked at.
    """
    host = HostCapacity.from_dict(capacity)
    docker, ours = plan["runtime"] == "docker", is_ours(host.port_owner, plan["port"])
    running = host.port_owner.container or host.port_owner.unit if ours and host.port_owner else None
    found = [] if ours else ["create the user ollama and the model store /var/lib/nogpu/ollama, unless they are there"]
    if plan.get("adopt_ollama") and host.own_ollama:
        found.append(f"stop and disable somebody's own {UNIT}, until ./nogpu remove gives it back")
    if docker:
        found += _docker(host, running)
    elif running != UNIT:
        found.append(f"{_stop(running)}write {UNIT} and start it")
    for item in estimate.get("items", []):
        if not item["present"]:
            verb = {IMAGE: "pull image", ARCHIVE: "unpack"}.get(item["kind"], "pull model")
            found.append(f"{verb} {item['name']}")
    return found


def _docker(host: HostCapacity, running: str | None) -> list[str]:
    found = []
    if host.docker is None:
        found.append("install Docker Engine with Compose from the system's packages, with log rotation in daemon.json")
    elif running != CONTAINER:
        found.append("add log rotation and live-restore to /etc/docker/daemon.json; the owner's keys stay")
    if running != CONTAINER:
        found.append(f"{_stop(running)}write /etc/nogpu/compose.yaml and start container {CONTAINER}")
    return found


def _stop(running: str | None) -> str:
    return f"stop {running}, which holds the port; " if running else ""
