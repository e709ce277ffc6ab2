# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The disk of a virtual machine: a laptop as the containers are, with what a machine needs beside them.

A kernel, devices, a network, swap, and AppArmor, as Debian installs it with each kernel.
"""

from __future__ import annotations

import shutil
import sys
import tarfile
from pathlib import Path

from . import debian, host, laptops, names
from .cache import Cache, remove
from .errors import LabError
from .images import Images
from .recipe import fingerprint

# The packages that nogpu will ask for are downloaded, not installed: the network is slow inside an emulated machine.
DOCKERFILE = f"""\
FROM {{base}}
RUN apt-get update -qq \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \\
    linux-image-cloud-amd64 udev e2fsprogs apparmor \\
 && apt-get clean \\
 && apt-get install -y -qq --no-install-recommends --download-only docker.io docker-cli docker-compose iptables zstd \\
 && systemctl unmask --quiet {" ".join(debian.MASKED_UNITS)} \\
 && systemctl mask --quiet systemd-firstboot.service systemd-networkd-wait-online.service \\
    apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer \\
 && systemctl disable --quiet lab-cgroup.service \\
 && systemctl enable --quiet systemd-networkd.service apparmor.service
"""
# For a machine that comes with Docker: an emulated processor takes minutes over dpkg. zstd is on most laptops already.
DOCKER_LINE = "RUN apt-get install -y -qq --no-install-recommends docker.io docker-cli docker-compose iptables zstd\n"
# The network is QEMU's: it forwards what the machine asks for, as from this host.
# Kind=!*: hardware alone. A container's end of a cable is "ether", too, and would be taken from Docker's bridge.
FILES = {
    "etc/fstab": "/dev/vda / ext4 defaults,noatime 0 1\n",
    "etc/hostname": "vm1\n",
    "etc/hosts": "127.0.0.1 localhost vm1\n",
    "etc/resolv.conf": "nameserver 10.0.2.3\n",
    "etc/systemd/network/10-lab.network": (
        "[Match]\nType=ether\nKind=!*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nLinkLocalAddressing=no\n"
    ),
}
HOST_KEY = "ssh_host_ed25519_key"
DISK_BYTES = 8 * 1024**3
# A sparse disk of 8 GiB with 0.7 in it, its tree and its tar while it is made, the saved state, and QEMU's image.
NEEDED_BYTES = 3 * 1024**3


def key() -> str:
    """Return the fingerprint of the disk."""
    return fingerprint(debian.key("trixie"), sys.modules[__name__])


def artefact(what: str, with_docker: bool) -> str:
    """Return the name in the cache of what a machine is made of: a machine with Docker is kept beside a bare one."""
    return f"vm-{what}-docker" if with_docker else f"vm-{what}"


def build(cache: Cache, images: Images, with_docker: bool) -> Path:
    """Return the folder with disk, kernel, initrd and keys, building it if the cache has none."""
    recipe = DOCKERFILE + (DOCKER_LINE if with_docker else "")
    return cache.ensure(artefact("disk", with_docker), key(), lambda draft: make(images, recipe, draft))


def make(images: Images, dockerfile: str, draft: Path) -> None:
    """Fill `draft`: disk.ext4, vmlinuz, initrd.img, the lab's key and the machine's host key."""
    check_space(draft.parent)
    host.ensure_tools("mke2fs", "ssh-keygen")
    draft.mkdir()
    archive, tree = draft / "disk.tar", draft / "tree"
    images.export(dockerfile, archive)
    with tarfile.open(archive) as disk:
        disk.extractall(tree, numeric_owner=True, filter="fully_trusted")
    archive.unlink()
    _furnish(tree, laptops.ensure_key_pair(draft), draft)
    for name in ("vmlinuz", "initrd.img"):
        shutil.copyfile(next((tree / "boot").glob(f"{name}-*")), draft / name)
    host.run("truncate", f"--size={DISK_BYTES}", draft / "disk.ext4")
    host.run("mke2fs", "-q", "-t", "ext4", "-d", tree, draft / "disk.ext4")
    remove(tree)


def _furnish(tree: Path, public_key: str, draft: Path) -> None:
    # systemd takes a machine with this file for a container.
    (tree / ".dockerenv").unlink()
    for name, text in FILES.items():
        path = tree / name
        path.unlink(missing_ok=True)  # Docker leaves empty files and links
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    ssh = tree / "home" / names.USER / ".ssh"
    ssh.mkdir(mode=0o700)
    (ssh / "authorized_keys").write_text(public_key)
    (ssh / "authorized_keys").chmod(0o600)
    for path in (ssh, ssh / "authorized_keys"):
        shutil.chown(path, 1000, 1000)
    # The host key is known before the first connection: nothing is trusted on first sight.
    host.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "nogpu-lab", "-f", draft / HOST_KEY)
    for file in (HOST_KEY, f"{HOST_KEY}.pub"):
        shutil.copy(draft / file, tree / "etc" / "ssh" / file)


def check_space(folder: Path) -> None:
    """Raise LabError unless the folder's file system has room for a virtual machine."""
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise LabError(
            f"Cannot make a virtual machine: {folder} has {free / 1024**3:.1f} GiB free "
            f"(needed: {NEEDED_BYTES / 1024**3:.0f} GiB). Free some, or name another folder in NOGPU_LAB_CACHE."
        )
