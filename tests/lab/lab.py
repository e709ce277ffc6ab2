# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The whole lab: start it, remove it, and find out what is running."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from docker import DockerClient
from rich.console import Console

from . import host, inventory, laptops, mirror, names, ollama, vm, vm_disk
from .cache import STATE, Cache, default_folder, remove
from .debian import build_disk
from .errors import LabError
from .images import Images
from .laptops import Laptop
from .progress import Steps


@dataclass(frozen=True)
class Place:
    """Where a set of laptops keeps its key, its inventory and the record of the Docker Engine that it started."""

    set_name: str
    state: Path
    inventory: Path

    @classmethod
    def of(cls, set_name: str = names.MAIN_SET, state: Path | None = None, inventory: Path | None = None) -> Place:
        """Return the place of a set: .lab for the main one, .lab/sets/NAME for others, or the given folder."""
        names.check_set_name(set_name)
        usual = STATE if set_name == names.MAIN_SET else STATE / "sets" / set_name
        folder = (state or usual).absolute()
        return cls(set_name, folder, (inventory or folder / "inventory.yml").absolute())

    @property
    def ssh(self) -> Path:
        return self.state / "ssh"


@dataclass(frozen=True)
class Wish:
    """Which laptops to make: at least `count`, and a machine if `vm`. Those that exist stay as they are."""

    count: int = 1
    suite: str = "trixie"
    with_docker: bool = False
    vm: bool = False


@dataclass(frozen=True)
class Up:
    """The result of `up`: the laptops, and whether anything changed."""

    laptops: tuple[Laptop, ...]
    changed: bool
    seconds: float


def up(wish: Wish, place: Place, console: Console) -> Up:
    """Make what is missing and boot it: Docker, images, mirror, laptops, key, inventory."""
    start = time.monotonic()
    host.require_root()
    cache = Cache(default_folder())
    with cache.lock():
        client = host.ensure_engine(STATE)
        changed = laptops.ensure_network(client)
        there = bool(laptops.containers(client, place.set_name, "vm"))
        # For a machine that exists, no disk and no saved state is needed.
        image, machine, mirror_changed = _provide(client, cache, replace(wish, vm=wish.vm and not there), console)
        wish = replace(wish, vm=wish.vm or there)
        booted, laptops_changed = _boot(client, image, machine, wish, place, console)
    changed = _write_files(booted, place) or changed or mirror_changed or laptops_changed
    return Up(tuple(booted), changed, time.monotonic() - start)


def _provide(client: DockerClient, cache: Cache, wish: Wish, console: Console) -> tuple[str, vm.Machine | None, bool]:
    """Return what laptops are made from, with the mirror running. Steps that wait for network and CPU run together."""
    images = Images(client, cache)
    with Steps(console) as steps:
        tree = steps.start(f"Ollama {names.OLLAMA_VERSION} without GPU", ollama.build_tree, cache)
        disk = steps.start("Debian trixie", build_disk, cache, "trixie")
        base = steps.start("Image of a trixie laptop", lambda _: images.laptop("trixie"), disk)
        server = steps.start("Image of the mirror", lambda _: images.mirror(), base)
        content = steps.start(
            "Images, models and archives in the mirror",
            lambda image, tree, disk: mirror.build_content(client, cache, image, tree, disk),
            server, tree, disk,
        )  # fmt: skip
        served = steps.start(
            "Mirror", lambda image, content: mirror.ensure_container(client, image, content), server, content
        )
        laptop = base
        if wish.suite != "trixie":
            laptop = steps.start(f"Image of a {wish.suite} laptop", images.laptop, wish.suite)
        if wish.with_docker and wish.count:
            laptop = steps.start(
                f"Image of a {wish.suite} laptop with Docker",
                lambda *_: images.laptop_with_docker(wish.suite), laptop, base,
            )  # fmt: skip
        machine = _machine(client, cache, images, steps, base, wish.with_docker) if wish.vm else None
    return laptop.result(), machine.result() if machine else None, served.result()


def _machine(
    client: DockerClient, cache: Cache, images: Images, steps: Steps, base: Future[str], with_docker: bool
) -> Future[vm.Machine]:
    emulator = steps.start("Image of the emulator", lambda _: images.emulator(), base)
    also = " with Docker" if with_docker else ""
    disk = steps.start(f"Disk of a trixie machine{also}", lambda _: vm_disk.build(cache, images, with_docker), base)
    return steps.start(
        "Machine, booted once and saved",
        lambda image, disk: vm.build(client, cache, image, disk, with_docker),
        emulator, disk,
    )  # fmt: skip


def _boot(
    client: DockerClient, image: str, machine: vm.Machine | None, wish: Wish, place: Place, console: Console
) -> tuple[list[Laptop], bool]:
    public_key = laptops.ensure_key_pair(place.ssh)
    there = len(laptops.containers(client, place.set_name, "laptop"))
    booted, changed = [], False
    with Steps(console) as steps:
        for number in range(1, max(wish.count, there) + 1):
            name = names.LaptopName(place.set_name, number)
            laptop, new = steps.do(name.host, laptops.ensure_laptop, client, name, image, wish.suite, public_key)
            booted.append(laptop)
            changed = changed or new
        if wish.vm:
            name = names.LaptopName(place.set_name, 1, "vm")
            laptop, new = steps.do(f"{name.host}, emulated", vm.ensure, client, name, machine, public_key)
            booted.append(laptop)
            changed = changed or new
    return booted, changed


def _write_files(booted: list[Laptop], place: Place) -> bool:
    hosts = {laptop.name.host: laptop.address for laptop in booted}
    machines = [laptop.name.host for laptop in booted if laptop.name.kind == "vm"]
    keys = laptops.known_hosts({laptop.address: laptop.host_key for laptop in booted})
    texts = {
        place.ssh / "known_hosts": keys,
        place.inventory: inventory.render(hosts, host.memlock_limit(), str(place.ssh), machines),
    }
    stale = {path: text for path, text in texts.items() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_text(text)
        draft.replace(path)
    return bool(stale)


def down(place: Place, console: Console, with_cache: bool = False) -> None:
    """Remove a set of laptops; for the main set all that the lab made, and the cache only on request."""
    host.require_root()
    everything = place.set_name == names.MAIN_SET
    if _reachable():
        _remove_from_engine(host.engine(), None if everything else place.set_name, console)
    for path in (place.inventory, place.ssh):
        remove(path)
    if everything:
        remove(STATE / "sets")
    elif place.state.is_dir() and not any(place.state.iterdir()):
        place.state.rmdir()
    if with_cache:
        remove(default_folder())
        console.print("Removed the cache")


def _reachable() -> bool:
    try:
        host.engine()
    except LabError:
        return False
    return True


def _remove_from_engine(client: DockerClient, set_name: str | None, console: Console) -> None:
    for container in laptops.containers(client, set_name):
        container.remove(force=True, v=True)
        console.print(f"Removed {container.name}")
    label = names.LABEL if set_name is None else f"{names.LABEL}={set_name}"
    for volume in client.volumes.list(filters={"label": label}):
        volume.remove()
    if set_name is not None:
        return
    for network in client.networks.list(filters={"label": names.LABEL}):
        network.remove()
    for image in client.images.list(filters={"label": names.LABEL}):
        for tag in [tag for tag in image.tags if tag.startswith(f"{names.PREFIX}/")]:
            client.images.remove(tag, force=True)
    console.print("Removed the network, the volumes and the images")
    if not client.containers.list() and host.stop_own_daemon(STATE):
        console.print("Stopped the Docker Engine that the lab had started")


def address_of(place: Place, laptop: str) -> str:
    """Return the address of a laptop of this set, by its name in the inventory; raise LabError if there is none."""
    found = {
        str(container.attrs["Config"]["Hostname"]): laptops.address_of(container)
        for container in laptops.containers(host.engine(), place.set_name)
    }
    if laptop not in found:
        raise LabError(f"Cannot reach {laptop}: the lab has {', '.join(found) or 'no laptops'}. Run `up` first.")
    return found[laptop]
