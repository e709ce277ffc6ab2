# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Group the steps of an undo plan by how role `removal` does them, each group in the order of the plan."""

from __future__ import annotations

import os
import re
from typing import Any, Mapping, Pattern, Sequence

from .states import DOCKER_KINDS

Step = Mapping[str, Any]

# The unit that protects an exposed port (role lan_exposure). It is stopped when nothing listens there any more.
_EXPOSURE = "nogpu-exposure.service"
_DAEMON_JSON = re.compile("/etc/docker/daemon[.]json")
# Docker Desktop writes these when it ends: they are brought back while it is stopped.
_DESKTOP_SETTINGS = re.compile(r".*/(group[.]com[.]docker|[.]docker/desktop)/settings[^/]*[.]json")
_ENGINES = frozenset({"docker.io", "docker-ce", "moby-engine"})
_NO_FILE = "/dev/null"  # stands for the former file where there was none
_KERNEL_KEEPS = "docker0 and Docker's firewall rules: the kernel forgets them at the next start."
_WINDOWS_KEEPS = (
    "WSL2's limits: they go with its next start. Close your work in Linux, then on Windows run: wsl --shutdown."
)


def group_steps(steps: Sequence[Step]) -> dict[str, Any]:
    """Return the groups; module `ledger` documents each. A thing that needs no work is in no group."""
    stopped = _names(steps, "stop_and_disable_service")
    removed, back = _names(steps, "remove_package"), _names(steps, "install_package")
    engine_leaves = not back and _ENGINES.intersection(removed)
    return {
        "services": [name for name in stopped if name != _EXPOSURE and not _is_slice(name)],
        "exposure": [name for name in stopped if name == _EXPOSURE],
        "slices": [name for name in stopped if _is_slice(name)],
        "services_back": _services_back(steps),
        "unit_files": any(step["kind"] == "service" for step in steps),
        "launch_agents": _names(steps, "remove_launch_agent"),
        "docker": _things_in_docker(steps),
        "memberships": _names(steps, "remove_membership"),
        "packages": removed,
        "packages_back": back,
        "automatic": _automatic(steps),
        "daemon_json": _former_files(steps, _DAEMON_JSON, "remove_file", "restore_file", "restore_link"),
        "desktop_settings": _former_files(steps, _DESKTOP_SETTINGS, "remove_file", "restore_file"),
        "casks": _names(steps, "remove_cask"),
        "users": _names(steps, "remove_user"),
        "user_groups": _names(steps, "remove_group"),
        "kept_by_kernel": [_KERNEL_KEEPS] if engine_leaves else [],
        "kept_by_windows": [_WINDOWS_KEEPS] if any(_is_wslconfig(step) for step in steps) else [],
    }


def _names(steps: Sequence[Step], *actions: str) -> list[str]:
    return [step["name"] for step in steps if step["action"] in actions]


def _things_in_docker(steps: Sequence[Step]) -> list[dict[str, str]]:
    actions = [f"remove_{kind}" for kind in DOCKER_KINDS]
    return [{"kind": step["kind"], "name": step["name"]} for step in steps if step["action"] in actions]


def _is_slice(name: str) -> bool:
    """Whether it is a slice. Stopping one stops all that is in it, so slices come last."""
    return name.endswith(".slice")


def _is_wslconfig(step: Step) -> bool:
    return step["action"] not in ("nothing", "keep", "hold") and step["name"].endswith(".wslconfig")


def _services_back(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Return the owner's services that we stopped, or whose unit file we replaced."""
    names = {os.path.basename(path) for path in _names(steps, "restore_file")} | {*_names(steps, "restore_service")}
    return [
        {"name": step["name"], "enabled": step["before"]["enabled"], "active": step["before"]["active"]}
        for step in steps
        if step["kind"] == "service" and step["before"]["state"] != "absent" and step["name"] in names
    ]


def _automatic(steps: Sequence[Step]) -> list[str]:
    """Return the packages that were there only because others need them, and that we asked for or install again."""
    some = [step for step in steps if step["before"].get("chosen") is False]
    return _names(some, "install_package", "mark_package_automatic")


def _former_files(steps: Sequence[Step], path: Pattern[str], *actions: str) -> list[dict[str, str]]:
    return [
        {"name": step["name"], "former_file": step["before"].get("backup") or _NO_FILE}
        for step in steps
        if step["action"] in actions and path.fullmatch(step["name"])
    ]
