# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Debian, small, with systemd and SSH: the disk of a laptop, made by mmdebstrap."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from . import host, names
from .cache import Cache
from .recipe import fingerprint

# What a laptop has before nogpu runs. Left out on purpose, as nogpu must install them: zstd, iptables, Docker.
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "python3", "python3-apt", "sudo", "openssh-server", "iproute2",
    "ca-certificates", "procps", "curl", "jq", "kmod",
)  # fmt: skip
# They manage hardware and screens, which a container does not have.
MASKED_UNITS = (
    "systemd-firstboot.service", "systemd-udevd.service", "systemd-udev-trigger.service", "systemd-logind.service",
    "getty.target", "console-getty.service", "systemd-networkd-wait-online.service",
)  # fmt: skip
_HOST_KEY_SCRIPT = """\
#!/bin/sh
# Each laptop makes its own host key on its first boot.
key=/etc/ssh/ssh_host_ed25519_key
test -e "$key" || ssh-keygen -q -t ed25519 -N "" -f "$key"
"""
_HOST_KEY_DROP_IN = """\
[Service]
ExecStartPre=
ExecStartPre=/bin/sh /usr/local/lib/lab/host-key
ExecStartPre=/usr/sbin/sshd -t
"""
_CGROUP_SCRIPT = """\
#!/bin/sh
# On cgroup v1 Docker mounts the controllers read-only; a Docker Engine inside needs to write them.
for mount in $(awk '$3 == "cgroup" {print $2}' /proc/mounts); do
    mount -o remount,rw "$mount" 2>/dev/null || mount -o remount,rw,bind "$mount"
done
"""
_CGROUP_UNIT = """\
[Unit]
Description=Make the control groups writable
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=/bin/sh /usr/local/lib/lab/cgroup-writable
# systemd saw them read-only when it started, and would set no weight and no limit: now it may, as on a real laptop.
ExecStartPost=/bin/systemctl --no-block daemon-reexec

[Install]
WantedBy=sysinit.target
"""
FILES = {
    "/etc/sudoers.d/teammate": f"{names.USER} ALL=(ALL) NOPASSWD: ALL\n",
    "/usr/local/lib/lab/host-key": _HOST_KEY_SCRIPT,
    "/etc/systemd/system/ssh.service.d/host-key.conf": _HOST_KEY_DROP_IN,
    "/usr/local/lib/lab/cgroup-writable": _CGROUP_SCRIPT,
    "/etc/systemd/system/lab-cgroup.service": _CGROUP_UNIT,
}


def key(suite: str) -> str:
    """Return the fingerprint of a suite's disk."""
    return fingerprint(suite, sys.modules[__name__])


def build_disk(cache: Cache, suite: str) -> Path:
    """Return the tar of a laptop's disk, building it if the cache has none."""

    def make(draft: Path) -> None:
        host.ensure_tools("mmdebstrap")
        # --format: the draft's name does not end in .tar.
        options = [
            "--quiet", "--variant=minbase", "--mode=root", "--format=tar", f"--include={','.join(PACKAGES)}",
            '--aptopt=APT::Install-Recommends "false"', *_without_docs(), f"--customize-hook={_customize_script()}",
        ]  # fmt: skip
        host.run("mmdebstrap", *options, suite, draft, f"deb {host.debian_mirror()} {suite} main")

    return cache.ensure(f"disk-{suite}", key(suite), make, ".tar")


def _without_docs() -> list[str]:
    return [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale")]


def _customize_script() -> str:
    lines = [
        "set -eu",
        'rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/resolv.conf',
        ': > "$1"/etc/machine-id',
        *(_write_line(path, text) for path, text in FILES.items()),
        f'chroot "$1" useradd --create-home --shell /bin/bash {names.USER}',
        f'chroot "$1" systemctl mask --quiet {" ".join(MASKED_UNITS)}',
        'chroot "$1" systemctl enable --quiet lab-cgroup.service',
        'chroot "$1" systemctl set-default --quiet multi-user.target',
    ]
    return "\n".join(lines)


def _write_line(path: str, text: str) -> str:
    target = f'"$1"{shlex.quote(path)}'
    return f'mkdir -p "$(dirname {target})" && printf %s {shlex.quote(text)} > {target}'
