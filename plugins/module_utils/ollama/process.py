# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find the process of a running Ollama server and of its runner on a Linux host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Mapping

from ..host.process_text import descendants, is_runner, is_server, parent_pid, parse_nul_list
from ..host.reader import HostReader
from ..host.system_text import parse_properties


class LimitsProbeError(RuntimeError):
    """A server is not there or cannot be read; the text is a sentence for the user."""


@dataclass(frozen=True)
class Server:
    """The process to look at. `published`: addresses that Docker publishes the port on; `declared`: systemd's limit."""

    subject: str
    pid: int
    published: tuple[str, ...] = ()
    declared: bool = False


def find_container(host: HostReader, name: str, port: int) -> Server:
    """Ask Docker for a container's process; raises LimitsProbeError when it is missing or does not run."""
    ran = host.run(["docker", "container", "inspect", name])
    if not ran.ok:
        raise LimitsProbeError(
            f'Could not look at container {name}: docker said "{ran.last_line}" (a running container was needed). '
            f"Run the site playbook first, or correct 'container'."
        )
    seen = json.loads(ran.output)[0]
    pid = seen["State"]["Pid"]
    if not pid:
        raise LimitsProbeError(
            f"Could not look at container {name}: it is {seen['State'].get('Status', 'stopped')} (running was needed). "
            f"See why with: docker logs --tail 50 {name}"
        )
    ports = (seen.get("NetworkSettings") or {}).get("Ports") or {}
    published = [binding["HostIp"] for bindings in ports.values() for binding in bindings or () if _is(binding, port)]
    return Server(f"container {name}", pid, tuple(address or "0.0.0.0" for address in published))  # noqa: S104


def _is(binding: Mapping[str, str], port: int) -> bool:
    return binding.get("HostPort") == str(port)


def find_unit(host: HostReader, name: str) -> Server:
    """Ask systemd for a unit's main process; raises LimitsProbeError when there is none."""
    ran = host.run(["systemctl", "show", "--property=MainPID,MemoryMax,ActiveState", name])
    if not ran.ok:
        raise LimitsProbeError(
            f'Could not look at unit {name}: systemctl said "{ran.last_line}" (a running unit was needed). '
            f"On a host without systemd give 'pid' instead."
        )
    seen = parse_properties(ran.output)
    pid = seen.get("MainPID", "0")
    if not pid.isdigit() or pid == "0":
        raise LimitsProbeError(
            f"Could not look at unit {name}: it is {seen.get('ActiveState', 'unknown')} and has no main process "
            f"(active was needed). See why with: journalctl -u {name} -n 50"
        )
    return Server(f"unit {name}", int(pid), declared=seen.get("MemoryMax", "infinity") != "infinity")


def find_processes(host: HostReader, server: Server) -> tuple[int, int | None]:
    """Return the pids of the server itself and of its runner; the latter is None while no model is loaded."""
    parents = {each: parent_pid(host.text(f"/proc/{each}/stat") or "") for each in host.processes()}
    tree = descendants(parents, server.pid)
    # An init such as docker-init may stand before the server.
    pid = next((each for each in tree if is_server(arguments(host, each))), server.pid)
    return pid, next((each for each in tree if is_runner(arguments(host, each))), None)


def needed_text(host: HostReader, pid: int, name: str, server: Server) -> str:
    """Return a file of the process; raises LimitsProbeError when it cannot be read."""
    text = host.text(f"/proc/{pid}/{name}")
    if not text:
        raise LimitsProbeError(
            f"Could not read /proc/{pid}/{name} of {server.subject} on this host (Linux and root were needed). "
            f"Use become: true. With Docker Desktop the process is inside its virtual machine and cannot be seen."
        )
    return text


def arguments(host: HostReader, pid: int) -> tuple[str, ...]:
    """Return the command line of a process; nothing when it is gone."""
    return parse_nul_list(host.text(f"/proc/{pid}/cmdline") or "")
