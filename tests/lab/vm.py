# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A virtual machine among the laptops: a real Debian 13 with its own kernel, and so with cgroup v2 and its own limits.

QEMU emulates the processor, which works everywhere and is slow. It runs in a container of the lab's network that
forwards SSH, so that a machine has an address like any laptop. It boots once; from then on it starts out of its
saved state, on a disk of its own above the one that was saved.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from docker import DockerClient
from docker.models.containers import Container

from . import laptops, names, vm_disk
from .cache import Cache
from .errors import LabError
from .images import EMULATOR_DOCKERFILE, builder_labels
from .laptops import Laptop
from .recipe import fingerprint

# Measured: 30 seconds to boot and 3 to start from the saved state on two idle cores, ten times that on busy ones.
BOOT_SECONDS = 600.0
RESUME_SECONDS = 120.0
SAVE_SECONDS = 120.0
COMMAND_SECONDS = 300.0
# Four times that of a laptop: an emulated processor needs twenty seconds for one second of a laptop.
CPU_SHARES = 4096
_MONITOR_PORT = 4444
_DISK, _SAVED = "/srv/disk", "/srv/saved"
# Processor, memory and devices must be the same at each start as in the saved state.
# la57=off: emulation is faster without five levels of page tables.
QEMU = (
    "exec qemu-system-x86_64 -accel tcg,thread=multi,tb-size=512 -cpu max,la57=off"
    " -machine q35,sata=off,vmport=off,usb=off -smp 2 -m 8G -nodefaults -no-user-config -display none"
    f" -kernel {_DISK}/vmlinuz -initrd {_DISK}/initrd.img"
    " -append 'root=/dev/vda rw console=ttyS0 quiet mitigations=off nokaslr audit=0 nowatchdog systemd.show_status=0'"
    " -nic user,model=virtio-net-pci,hostfwd=tcp::22-:22 -device virtio-rng-pci -serial stdio"
    " -drive if=virtio,format=qcow2,cache=unsafe,discard=unmap,file="
)
BOOT_SCRIPT = (
    f"qemu-img create -q -f qcow2 -F raw -b {_DISK}/disk.ext4 {_SAVED}/disk.qcow2 && "
    f"{QEMU}{_SAVED}/disk.qcow2 -qmp tcp::{_MONITOR_PORT},server=on,wait=off"
)
# A machine that was stopped has a disk that is newer than the saved state: it boots.
START_SCRIPT = (
    "if [ -e /disk.qcow2 ]; then state=; else "
    f"qemu-img create -q -f qcow2 -F qcow2 -b {_SAVED}/disk.qcow2 /disk.qcow2 && "
    f"state='-incoming file:{_SAVED}/state'; fi && {QEMU}/disk.qcow2 $state"
)
# Once booted: swap, as most laptops have it, and nothing still to be written.
SETTLE = (
    "set -e; systemctl is-system-running --wait || { systemctl list-units --failed --plain --no-legend; exit 1; }; "
    "sudo fallocate -l 1G /swapfile; sudo chmod 600 /swapfile; sudo mkswap --quiet /swapfile; sudo swapon /swapfile; "
    "echo '/swapfile none swap sw 0 0' | sudo tee -a /etc/fstab; python3 -c 'import json, urllib.request'; sync"
)


def key() -> str:
    """Return the fingerprint of the saved state."""
    return fingerprint(vm_disk.key(), EMULATOR_DOCKERFILE, BOOT_SCRIPT, SETTLE)


@dataclass(frozen=True)
class Machine:
    """What machines are started from: QEMU's image, the folder of the disk, and the one of the saved state."""

    image: str
    disk: Path
    saved: Path


def build(client: DockerClient, cache: Cache, image: str, disk: Path, with_docker: bool) -> Machine:
    """Return what machines are started from, booting one for it if the cache lacks the saved state."""
    name = vm_disk.artefact("saved", with_docker)
    saved = cache.ensure(name, key(), lambda draft: make(client, image, disk, draft))
    return Machine(image, disk, saved)


def make(client: DockerClient, image: str, disk: Path, draft: Path) -> None:
    """Boot once and save: disk.qcow2, which lies above the machine's disk, and state."""
    draft.mkdir()
    container = client.containers.run(
        image,
        ["/bin/sh", "-c", BOOT_SCRIPT],
        detach=True,
        network=names.NETWORK,
        labels=builder_labels(),
        volumes=_mounts(disk, draft, "rw"),
    )
    try:
        container.reload()
        address = container.attrs["NetworkSettings"]["Networks"][names.NETWORK]["IPAddress"]
        wait_for_ssh(container, address, BOOT_SECONDS)
        execute(disk, address, SETTLE, BOOT_SECONDS)
        save(address)
        container.wait(timeout=SAVE_SECONDS)
    finally:
        container.remove(force=True)


def ensure(
    client: DockerClient, name: names.LaptopName, machine: Machine | None, public_key: str
) -> tuple[Laptop, bool]:
    """Return the machine, running and open to `public_key`; make it if it is missing. Say if something changed."""
    container = laptops.find(client, name.container)
    made = container is None
    if container is None:
        assert machine is not None  # made ready for this
        container = _create(client, name, machine)
    started = container.status != "running"
    if started:
        container.start()
    address = laptops.address_of(container)
    # The container's own mount: the cache may hold a newer disk.
    disk = next(Path(mount["Source"]) for mount in container.attrs["Mounts"] if mount["Destination"] == _DISK)
    wait_for_ssh(container, address, RESUME_SECONDS if made else BOOT_SECONDS)
    opened = execute(disk, address, welcome(public_key), COMMAND_SECONDS)
    return Laptop(name, address, "trixie", host_key(disk)), made or started or bool(opened)


def _mounts(disk: Path, saved: Path, mode: str) -> list[str]:
    return [f"{disk.resolve()}:{_DISK}:ro", f"{saved.resolve()}:{_SAVED}:{mode}"]


def _create(client: DockerClient, name: names.LaptopName, machine: Machine) -> Container:
    api = client.api
    binds = _mounts(machine.disk, machine.saved, "ro")
    made = api.create_container(
        machine.image,
        ["/bin/sh", "-c", START_SCRIPT],
        name=name.container,
        hostname=name.host,
        labels={names.LABEL: name.set_name, names.KIND_LABEL: "vm", names.SUITE_LABEL: "trixie, emulated"},
        host_config=api.create_host_config(network_mode=names.NETWORK, binds=binds, cpu_shares=CPU_SHARES),
        networking_config=laptops.attached(client, names.choose_address(name, laptops.taken_addresses(client))),
    )
    return client.containers.get(made["Id"])


def welcome(public_key: str) -> str:
    """Return the script that allows a key, prints if it was not allowed before, and sets a clock that stood still."""
    keys = f"/home/{names.USER}/.ssh/authorized_keys"
    return (
        f"sudo date --quiet --set=@{time.time():.0f} >/dev/null 2>&1 || sudo date --set=@{time.time():.0f} >/dev/null; "
        f"grep -qF '{public_key.strip()}' {keys} || {{ echo '{public_key.strip()}' >> {keys}; echo opened; }}"
    )


def wait_for_ssh(container: Container, address: str, seconds: float) -> None:
    """Return when the machine answers; raise LabError with its console's last lines if it ends or is too slow."""
    end = time.monotonic() + seconds
    why = f"no SSH within {seconds:.0f} seconds"
    while time.monotonic() < end:
        container.reload()
        if container.status != "running":
            why = "QEMU ended"
            break
        if laptops.answers_ssh(address):
            return
        time.sleep(0.2)
    console = container.logs(tail=15).decode(errors="replace").strip()
    raise LabError(f"Could not boot {container.name}: {why}. Its console's last lines were:\n{console or '(none)'}")


def host_key(disk: Path) -> str:
    """Return the public half of the machine's host key, without its comment."""
    return " ".join((disk / f"{vm_disk.HOST_KEY}.pub").read_text().split()[:2])


def execute(disk: Path, address: str, script: str, seconds: float) -> str:
    """Run a script on the machine with the lab's own key and return what it printed."""
    with NamedTemporaryFile("w", prefix="nogpu-lab-") as known:
        known.write(laptops.known_hosts({address: host_key(disk)}))
        known.flush()
        command = [
            "ssh", "-i", str(disk / "id_ed25519"), "-o", f"UserKnownHostsFile={known.name}", "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=60", f"{names.USER}@{address}", script,
        ]  # fmt: skip
        try:
            done = subprocess.run(command, timeout=seconds, capture_output=True, text=True, check=False)
        except subprocess.TimeoutExpired:
            raise LabError(f"Could not set {address} up: `{script}` did not end in {seconds:.0f} seconds.") from None
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
        raise LabError(f"Could not set {address} up: `{script}` ended with status {done.returncode} and said:\n{said}")
    return done.stdout


def save(address: str) -> None:
    """Let QEMU write the machine's state beside its disk and end."""
    with closing(socket.create_connection((address, _MONITOR_PORT), timeout=10)) as connection:
        connection.settimeout(SAVE_SECONDS)
        lines = connection.makefile("rw", encoding="utf-8")

        def ask(command: str, **arguments: object) -> Any:
            lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            lines.flush()
            while True:
                answer = json.loads(lines.readline())
                if "error" in answer:
                    raise LabError(f"Could not save the machine: QEMU answered to {command}: {answer['error']['desc']}")
                if "return" in answer:
                    return answer["return"]

        lines.readline()  # the greeting
        ask("qmp_capabilities")
        ask("migrate", uri=f"file:{_SAVED}/state")
        end = time.monotonic() + SAVE_SECONDS
        while (state := ask("query-migrate").get("status")) != "completed":
            if state == "failed" or time.monotonic() > end:
                raise LabError(f"Could not save the machine: QEMU says {state!r} (completed was needed).")
            time.sleep(0.2)
        with suppress(OSError, ValueError):  # the answer may not arrive
            ask("quit")
