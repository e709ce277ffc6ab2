# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find the process that listens on a TCP port of a Linux host."""

from __future__ import annotations

from typing import Sequence

from ..host.reader import HostReader
from ..host.system_text import Listener, parse_container_id, parse_listeners, parse_unit
from .capacity import PortOwner
from .docker_text import Container


def read_port_owner(host: HostReader, port: int, containers: Sequence[Container]) -> PortOwner | None:
    """Return the process that listens on `port`, else the container that publishes it, else None.

    Docker without its userland proxy forwards with firewall rules alone: then no socket listens, and only Docker knows.
    """
    publisher = next((container for container in containers if container.address_of(port) is not None), None)
    listeners = _listeners(host, port)
    if not listeners:
        return _published(port, publisher) if publisher is not None else None
    pid = _holder(host, frozenset(listener.inode for listener in listeners))
    if pid is None:
        host.note(f"Could not see which process listens on port {port}: it is hidden. Run with become: true.")
    groups = host.text(f"/proc/{pid}/cgroup") or ""
    # A container with host networking publishes nothing; it is found by the control group of its process.
    identity = parse_container_id(groups)
    container = publisher or next((each for each in containers if each.identity == identity), None)
    command = (host.text(f"/proc/{pid}/cmdline") or "").replace("\0", " ").strip()
    return PortOwner(
        port=port,
        address=listeners[0].address,
        pid=pid,
        program=host.line(f"/proc/{pid}/comm"),
        command=command or None,
        unit=parse_unit(groups),
        container=container.name if container else None,
        container_project=container.project if container else None,
    )


def _listeners(host: HostReader, port: int) -> list[Listener]:
    use = f"The owner of port {port}"
    texts = [host.text(f"/proc/net/{name}", needed_for=use) or "" for name in ("tcp", "tcp6")]
    return [listener for text in texts for listener in parse_listeners(text, port)]


def _published(port: int, container: Container) -> PortOwner:
    address = container.address_of(port) or "0.0.0.0"  # noqa: S104 - where Docker listens; nothing is opened here
    return PortOwner(port, address, None, "dockerd", None, None, container.name, container.project)


def _holder(host: HostReader, inodes: frozenset[str]) -> int | None:
    """Return the process that holds one of the sockets. Without root only the user's own processes show theirs."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for pid in host.processes():
        folder = f"/proc/{pid}/fd"
        if any(host.link(f"{folder}/{name}") in wanted for name in host.names(folder)):
            return pid
    return None
