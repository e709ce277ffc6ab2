# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read /proc and the cgroup of a container from inside it: Docker Desktop runs it in a virtual machine."""

from __future__ import annotations

import re
from dataclasses import replace

from ..host.programs import Ran, Runner
from ..host.reader import HostReader
from ..ollama.process import LimitsProbeError, Server

_MARK = "@nogpu@"
_PROCESS = ("stat", "status", "limits", "cmdline", "cgroup", "mountinfo", "environ", "net/tcp", "net/tcp6")
_FILES = " ".join(f"/proc/[0-9]*/{name}" for name in _PROCESS)
_GROUPS = "/sys/fs/cgroup/*.* /sys/fs/cgroup/memory/memory.* /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu*/cpu.*"
# One call, as each call takes Docker Desktop about 0.1 s. Some files of a cgroup can be written but not read.
SCRIPT = (
    f'for f in {_FILES} {_GROUPS} /proc/meminfo /proc/self/mountinfo; do [ -r "$f" ] && echo "{_MARK}$f" '
    '&& cat "$f" 2>/dev/null; done; true'
)


class InsideContainer(HostReader):
    """Files as the container sees them, all read in one call; programs run on the host as usual.

    /proc/net is left out: it would show the network of the container, not of the laptop.
    """

    one_container = True

    def __init__(self, name: str, run: Runner) -> None:
        super().__init__(run=run)
        ran = run(["docker", "exec", name, "sh", "-c", SCRIPT])
        self.files = _files(ran, name)

    def text(self, path: str, needed_for: str | None = None) -> str | None:
        return self.files.get(path)

    def names(self, path: str) -> list[str]:
        below = re.compile(re.escape(path.rstrip("/")) + r"/([^/]+)")
        return sorted({found[1] for found in map(below.match, self.files) if found})


def inside(server: Server) -> Server:
    """Return the same server with its pid inside: that of the container's first process."""
    return replace(server, pid=1)


def _files(ran: Ran, name: str) -> dict[str, str]:
    parts = (part.partition("\n") for part in ran.output.split(_MARK)[1:])
    found = {path: text for path, _, text in parts}
    if not found:
        raise LimitsProbeError(
            f'Could not look into container {name}: docker exec said "{ran.last_line}" (a running container with sh '
            f"and cat was needed). See what it says with: docker logs --tail 50 {name}"
        )
    return found
