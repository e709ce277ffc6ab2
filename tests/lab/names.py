# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The names, labels, addresses and versions of the lab."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass

from .errors import LabError

LABEL = "io.nogpu.lab"  # on everything the lab makes; the value is the set's name
KIND_LABEL = "io.nogpu.lab.kind"  # laptop, vm, mirror or builder
RECIPE_LABEL = "io.nogpu.lab.recipe"  # the mirror's fingerprint, to know when it must be made again
SUITE_LABEL = "io.nogpu.lab.suite"

PREFIX = "nogpu-lab"  # of containers, volumes and images
NETWORK = "nogpu-lab"
SUBNET = "172.29.7.0/24"
AUTOMATIC = "172.29.7.192/26"  # addresses that Docker chooses itself, for builders
MIRROR = "nogpu-lab-mirror"
MIRROR_ADDRESS = "172.29.7.2"
MIRROR_PORT = 5000

MAIN_SET = "main"
SHARED_SET = "shared"  # the network and the mirror belong to no set of laptops
SUITES = ("trixie", "bookworm")
USER = "teammate"
SSH_PORT = 22

OLLAMA_VERSION = "0.9.3"
# The same server under the next version's name, so that upgrades can be tried.
OLLAMA_NEXT_VERSION = "0.9.4"
OLLAMA_VERSIONS = (OLLAMA_VERSION, OLLAMA_NEXT_VERSION)
OLLAMA_IMAGE = "ollama/ollama"
OLLAMA_ARCHIVE = "ollama-linux-amd64.tar.zst"
# The form of releases before 0.14. The next version has both forms.
OLLAMA_FORMER_ARCHIVE = "ollama-linux-amd64.tgz"

_MAIN_HOSTS = range(11, 64)
_OTHER_HOSTS = range(64, 192)


@dataclass(frozen=True)
class LaptopName:
    """One laptop of a set: `number` counts from 1, for each kind: "laptop" for containers, "vm"."""

    set_name: str
    number: int
    kind: str = "laptop"

    @property
    def host(self) -> str:
        """Its name in the inventory and its own host name."""
        return f"{self.kind}{self.number}"

    @property
    def container(self) -> str:
        part = "" if self.set_name == MAIN_SET else f"{self.set_name}-"
        return f"{PREFIX}-{part}{self.host}"

    @property
    def volume(self) -> str:
        """The volume for its /var/lib/docker."""
        return f"{self.container}-docker"


def check_set_name(name: str) -> str:
    """Return `name` if it is valid for a set of laptops, else raise LabError."""
    if name == SHARED_SET or re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,30}", name) is None:
        raise LabError(
            f"Cannot name a lab {name!r}: it must be lower-case letters, digits, '-' and '_', and not {SHARED_SET!r}."
        )
    return name


def choose_address(name: LaptopName, taken: Collection[str]) -> str:
    """Return the address for a new laptop: .11 and up in the main set, the first free one from .64 for all others."""
    network = ipaddress.ip_network(SUBNET)
    first = _MAIN_HOSTS.start + name.number - 1
    main = name.set_name == MAIN_SET and name.kind == "laptop"
    hosts = range(first, _MAIN_HOSTS.stop) if main else _OTHER_HOSTS
    for host in hosts:
        address = str(network[host])
        if address not in taken:
            return address
    raise LabError(f"Cannot add {name.host}: no address is free in {SUBNET}. Remove a lab with `down --name NAME`.")
