# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Parse what Linux says about a process. The formats are those of proc(5) and the kernel's documents on cgroups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Mapping, Union

UNLIMITED = "unlimited"
Amount = Union[int, str]  # a number, or UNLIMITED

# cgroup v1 has no word for "no limit": it shows the largest possible number, just below 2^63.
_V1_NO_LIMIT = 1 << 62

# Bit numbers of linux/capability.h.
_CAPABILITIES = """
    chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
    net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
    sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
    mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore
""".split()  # noqa: SIM905 - as literals these are 41 lines


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo. `root` is the folder of the file system that is mounted at `point`."""

    root: str
    point: str
    read_only: bool
    fs_type: str
    super_options: tuple[str, ...]


@dataclass(frozen=True)
class Threads:
    """How many threads a runner was told to use. The flag counts more than the environment, as in llama-server."""

    flag: int | None
    environment: int | None
    by_ollama: bool  # `ollama runner` (before 0.30): the server chooses the number itself and reads no setting


def amount(text: str) -> Amount:
    """Return a limit as a number or UNLIMITED. Raises ValueError for anything else."""
    word = text.strip()
    if word in ("max", "unlimited", "infinity", "-1"):
        return UNLIMITED
    number = int(word)
    return UNLIMITED if number >= _V1_NO_LIMIT else number


def parse_limits(text: str) -> dict[str, tuple[Amount, Amount]]:
    """Return /proc/PID/limits as {name: (soft, hard)}, in the units of the kernel."""
    found = re.findall(r"^(Max .+?)\s{2,}(\w+)\s+(\w+)", text, re.MULTILINE)
    return {name: (amount(soft), amount(hard)) for name, soft, hard in found}


def parse_fields(text: str) -> dict[str, str]:
    """Return the lines `Name: value` of /proc/PID/status."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def parse_cgroup(text: str) -> dict[str, str]:
    """Return /proc/PID/cgroup as {controller: path}; "" is the cgroup v2 tree, "name=systemd" a named v1 tree."""
    paths: dict[str, str] = {}
    for line in text.splitlines():
        if line.count(":") >= 2:
            _number, controllers, path = line.split(":", 2)
            paths.update(dict.fromkeys(controllers.split(","), path))
    return paths


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """Return the mounts of /proc/PID/mountinfo. A later mount at the same point hides an earlier one."""
    mounts = []
    for line in text.splitlines():
        left, _dash, right = line.partition(" - ")
        fields, rest = left.split(), right.split()
        if len(fields) >= 6 and rest:
            point = fields[4].replace("\\040", " ")
            options = tuple(rest[2].split(",")) if len(rest) > 2 else ()
            mounts.append(Mount(fields[3], point, "ro" in fields[5].split(","), rest[0], options))
    return tuple(mounts)


def mount_at(mounts: tuple[Mount, ...], point: str) -> Mount | None:
    """Return the mount that is visible at a path, None when nothing is mounted exactly there."""
    return next((mount for mount in reversed(mounts) if mount.point == point), None)


def path_in_mount(cgroup_path: str, mount_root: str) -> str:
    """Return a group's path below its mount point; "/" for a group outside the mounted tree (the kernel says /..)."""
    if "/.." in cgroup_path:
        return "/"
    if mount_root != "/" and (cgroup_path + "/").startswith(mount_root + "/"):
        return cgroup_path[len(mount_root) :] or "/"
    return cgroup_path


def levels(path: str) -> tuple[str, ...]:
    """Return a path and all above it, the root last. A limit at any of them counts."""
    parts = [part for part in path.split("/") if part]
    return tuple("/" + "/".join(parts[:count]) for count in range(len(parts), -1, -1))


def parse_nul_list(text: str) -> tuple[str, ...]:
    """Return the strings of /proc/PID/cmdline or environ."""
    return tuple(part for part in text.split("\0") if part)


def parent_pid(stat: str) -> int | None:
    """Return the parent from /proc/PID/stat. The name in parentheses may itself hold spaces and parentheses."""
    fields = stat.rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else None


def descendants(parents: Mapping[int, int | None], pid: int) -> list[int]:
    """Return a process and all below it, parents first; `parents` gives each process its parent."""
    tree = [pid]
    for each in tree:  # the list grows during the loop
        tree.extend(child for child, parent in parents.items() if parent == each)
    return tree


def is_server(args: tuple[str, ...]) -> bool:
    """Say if this is `ollama serve`, in any folder."""
    return len(args) > 1 and args[0].rpartition("/")[2] == "ollama" and "serve" in args[1:]


def is_runner(args: tuple[str, ...]) -> bool:
    """Say if this is `ollama runner ...` (Ollama before 0.30) or `llama-server ...` (later)."""
    program = args[0].rpartition("/")[2] if args else ""
    return program.startswith("llama-server") or (program == "ollama" and args[1:2] == ("runner",))


def parse_threads(args: tuple[str, ...], environ: tuple[str, ...]) -> Threads:
    """Return the number of threads that a runner was started with."""
    flag = None
    for position, word in enumerate(args):
        name, equals, value = word.partition("=")
        if name in ("-t", "--threads"):
            value = value if equals else "".join(args[position + 1 : position + 2])
            flag = int(value) if value.isdigit() else None
    values = dict(pair.split("=", 1) for pair in environ if "=" in pair)
    setting = values.get("LLAMA_ARG_THREADS", "")
    by_ollama = args[1:2] == ("runner",)
    return Threads(flag, int(setting) if setting.isdigit() else None, by_ollama)


def capability_names(mask: str) -> tuple[str, ...]:
    """Return the names in a hexadecimal set of capabilities, such as CapEff of /proc/PID/status."""
    bits = int(mask, 16)
    known = [name for number, name in enumerate(_CAPABILITIES) if bits >> number & 1]
    unknown = bits >> len(_CAPABILITIES)
    return (*known, *(["unknown"] if unknown else []))
