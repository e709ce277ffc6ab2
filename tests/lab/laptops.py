# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Laptops: containers with systemd as process 1, reached over SSH like any other machine."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container
from docker.types import IPAMConfig, IPAMPool, NetworkingConfig

from . import host, names
from .errors import LabError
from .images import tar_of

# Docker Engine 20.10 does not know these names.
_UNKNOWN_TO_OLD_ENGINES = {"PERFMON", "BPF", "CHECKPOINT_RESTORE"}


@dataclass(frozen=True)
class Laptop:
    """A laptop that runs: its name, address and the public half of its host key."""

    name: names.LaptopName
    address: str
    suite: str
    host_key: str


def ensure_network(client: DockerClient) -> bool:
    """Make the lab's own network; say if it was missing."""
    if client.networks.list(names=[f"^{names.NETWORK}$"]):
        return False
    pool = IPAMPool(subnet=names.SUBNET, iprange=names.AUTOMATIC)
    client.networks.create(
        names.NETWORK, driver="bridge", ipam=IPAMConfig(pool_configs=[pool]), labels={names.LABEL: names.SHARED_SET}
    )
    return True


def attached(client: DockerClient, address: str) -> NetworkingConfig:
    """Return the setting that gives a new container this address in the lab's network."""
    endpoint = client.api.create_endpoint_config(ipv4_address=address)
    return NetworkingConfig({names.NETWORK: endpoint})  # type: ignore[arg-type]  # the stubs mistake a dict for its value


def find(client: DockerClient, container: str) -> Container | None:
    """Return the lab's container of that name; raise LabError if another container has that name."""
    try:
        found = client.containers.get(container)
    except NotFound:
        return None
    if names.LABEL not in found.labels:
        raise LabError(
            f"Cannot use the name {container}: a container that is not the lab's has that name. Rename or remove it."
        )
    return found


def containers(client: DockerClient, set_name: str | None = None, kind: str | None = None) -> list[Container]:
    """Return the lab's containers, all or one set's, stopped ones included, in the order of their names."""
    labels = [names.LABEL if set_name is None else f"{names.LABEL}={set_name}"]
    if kind is not None:
        labels.append(f"{names.KIND_LABEL}={kind}")
    found = client.containers.list(all=True, filters={"label": labels})
    return sorted(found, key=lambda container: (len(container.name or ""), container.name or ""))


def address_of(container: Container) -> str:
    """Return the address that a laptop got when it was made; it keeps it while it is stopped."""
    network = container.attrs["NetworkSettings"]["Networks"][names.NETWORK]
    return str((network.get("IPAMConfig") or {}).get("IPv4Address") or network["IPAddress"])


def taken_addresses(client: DockerClient) -> list[str]:
    """Return the addresses of all sets' laptops."""
    return [address_of(container) for container in containers(client) if names.SUITE_LABEL in container.labels]


def ensure_laptop(
    client: DockerClient, name: names.LaptopName, image: str, suite: str, public_key: str
) -> tuple[Laptop, bool]:
    """Return the laptop, booted and open to `public_key`; make it if it is missing. Say if something changed."""
    container = find(client, name.container)
    made = container is None
    if container is None:
        container = _create(client, name, image, suite)
    started = container.status != "running"
    if started:
        container.start()
    _wait_until_booted(container)
    opened = _ensure_key(container, public_key)
    address = address_of(container)
    _wait_for_ssh(address)
    key = execute(container, "cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()
    return Laptop(name, address, container.labels[names.SUITE_LABEL], " ".join(key[:2])), made or started or opened


def execute(container: Container, *command: str) -> str:
    """Run a command in a container as root and return what it printed, also if it fails."""
    output = container.exec_run(list(command)).output
    assert isinstance(output, bytes)  # not streamed
    return output.decode()


def host_settings(bounding_set: tuple[str, ...]) -> dict[str, object]:
    """Return the settings that an ordinary container does not have and a laptop needs.

    Where root has every capability, the container is privileged. Where some are missing (as SYS_RESOURCE in some
    virtual machines), those that exist are given one by one: `--privileged` and `--cap-add ALL` fail there.
    """
    common: dict[str, object] = {
        "Tmpfs": {"/run": "exec", "/run/lock": "", "/tmp": "exec"},
        "CgroupnsMode": "private",
        "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
    }
    if set(host.CAPABILITIES) - _UNKNOWN_TO_OLD_ENGINES <= set(bounding_set):
        return {**common, "Privileged": True}
    return {
        **common,
        "CapAdd": [name for name in bounding_set if name not in _UNKNOWN_TO_OLD_ENGINES],
        "DeviceCgroupRules": ["a *:* rwm"],
        # All of /proc and /sys, as `systempaths=unconfined` on the command line: a Docker Engine inside mounts its own.
        "MaskedPaths": [],
        "ReadonlyPaths": [],
    }


def _create(client: DockerClient, name: names.LaptopName, image: str, suite: str) -> Container:
    api = client.api
    labels = {names.LABEL: name.set_name, names.KIND_LABEL: "laptop", names.SUITE_LABEL: suite}
    taken = taken_addresses(client)
    client.volumes.create(name.volume, labels={names.LABEL: name.set_name})
    # A volume, as overlay2 does not work on a container's own overlay.
    settings = api.create_host_config(
        network_mode=names.NETWORK, binds={name.volume: {"bind": "/var/lib/docker", "mode": "rw"}}
    )
    settings.update(host_settings(host.bounding_set()))
    made = api.create_container(
        image,
        ["/lib/systemd/systemd"],
        name=name.container,
        hostname=name.host,
        labels=labels,
        stop_signal="SIGRTMIN+3",  # the signal by which systemd shuts down
        host_config=settings,
        networking_config=attached(client, names.choose_address(name, taken)),
    )
    return client.containers.get(made["Id"])


def _ensure_key(container: Container, public_key: str) -> bool:
    """Allow the team's key beside those of other checkouts; say if it was not allowed before."""
    folder = f"/home/{names.USER}/.ssh"
    said = execute(container, "cat", f"{folder}/authorized_keys")
    keys = [line for line in said.splitlines(keepends=True) if line.startswith("ssh-")]
    if public_key in keys:
        return False
    execute(container, "install", "-d", "-m", "700", "-o", names.USER, "-g", names.USER, folder)
    text = "".join([*keys, public_key])
    container.put_archive(folder, tar_of({"authorized_keys": text.encode()}, mode=0o600, owner=1000))
    return True


def _wait_until_booted(container: Container) -> None:
    state = ""
    for _ in range(150):
        state = execute(container, "systemctl", "is-system-running").strip()
        if state == "running":
            return
        if state == "degraded":
            failed = execute(container, "systemctl", "list-units", "--failed", "--plain", "--no-legend")
            raise LabError(f"Could not boot {container.name}: units failed (none may):\n{failed}")
        time.sleep(0.2)
    raise LabError(
        f"Could not boot {container.name}: systemd still says {state!r}. See `docker logs {container.name}`."
    )


def answers_ssh(address: str) -> bool:
    """Say if an SSH server answers there."""
    try:
        with socket.create_connection((address, names.SSH_PORT), timeout=5) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _wait_for_ssh(address: str) -> None:
    for _ in range(50):
        if answers_ssh(address):
            return
        time.sleep(0.1)
    raise LabError(f"Could not reach SSH on {address} within 5 seconds. Does something else use {names.SUBNET}?")


def ensure_key_pair(folder: Path) -> str:
    """Return the public half of the team's SSH key in `folder`, making the pair if it is missing."""
    private = folder / "id_ed25519"
    if not private.exists():
        host.ensure_tools("ssh-keygen")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        host.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "nogpu-lab", "-f", private)
    return private.with_suffix(".pub").read_text()


def known_hosts(keys: Mapping[str, str]) -> str:
    """Return the text of a known_hosts file from addresses and host keys."""
    return "".join(f"{address} {key}\n" for address, key in keys.items())
