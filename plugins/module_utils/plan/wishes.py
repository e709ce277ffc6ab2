# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The wishes: every variable `nogpu_*` that people set, in one table, as a typed record.

A field that is made by `wish` is the variable `nogpu_` and its name. Its type, default, choices, unit and meaning stand
here and nowhere else: docs/variables.md and inventory/group_vars/all.yml are made of this table (scripts/reference.py).
A field without `wish` is not a variable: the look at the host fills it in.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, fields
from typing import Any, Mapping, Sequence

from ..host.values import Version, parse_version
from .wish import AUTO, KV_CACHE_TYPES, PREFIX, QUANTISATIONS, RUNTIMES, UNLIMITED, Rule, wish


@dataclass(frozen=True)
class Wishes:
    """Checked wishes, and what the look at the host found out for the plan.

    `memory_reserve` is None for automatic, `memlock` "auto", "unlimited" or bytes, `models` holds complete names or
    "auto". `host` is the host's name in messages, `store_user` who must own the store, `manifest_sizes` the bytes of
    models that may not be in the catalogue, `models_present` the complete names of those that need no download (None
    where nobody looked), `exposed_ports` the ports that an earlier run protects. `clock_epoch_seconds` is what the
    host's clock said, the two `control_*` what the control node's said before and after; None where not compared.
    """

    runtime: str = wish(
        AUTO,
        "choice",
        "where Ollama runs; auto = docker on Linux and WSL2, native on a Mac",
        choices=RUNTIMES,
        example="docker",
        more="On Apple silicon, Docker has no Metal.",
    )
    models: tuple[str, ...] = wish(
        (AUTO,), "models", "names as on ollama.com; auto = the largest that fits the memory and is fast enough"
    )
    ollama_version: str = wish(
        "0.32.7",
        "version",
        "version of Ollama, for the image and the archive",
        more='In quotes, and never "latest".',
        example="0.32.7",
    )
    mirror: str = wish(
        "", "text", "address of a team mirror, such as http://192.168.1.5:5000; empty = the internet",
        more="It is used instead of Docker Hub, ollama.com and Ollama's releases.",
    )  # fmt: skip
    https_proxy: str = wish(
        "",
        "text",
        "proxy for everything that is downloaded over https, such as http://user:password@proxy.example:3128",
        more="Keep a password in a vault; only root can read it on the laptop.",
    )
    http_proxy: str = wish(
        "",
        "text",
        "the same for plain http, over which most distributions get their packages",
        more="Ollama's server never gets it.",
    )
    no_proxy: str = wish(
        "", "text", "hosts that are reached without a proxy, with commas between them",
        more="The laptop itself and the mirror always are.",
    )  # fmt: skip
    port: int = wish(11434, "number", "port of the API", least=1, most=65535, whole=True)
    listen: str = wish(
        "127.0.0.1",
        "address",
        "address of the API; any other than loopback also needs nogpu_expose and nogpu_allowed_networks",
    )
    expose: bool = wish(False, "switch", "let other computers use Ollama, which has no password")
    allowed_networks: tuple[str, ...] = wish(
        (), "networks", "networks that may use Ollama with nogpu_expose, such as [192.168.1.0/24]"
    )
    host_network: bool = wish(
        False,
        "switch",
        "Docker on Linux: use the laptop's own network, where Ollama refuses a foreign Host header",
    )
    min_tokens_per_second: float = wish(
        8.0,
        "number",
        "lowest predicted speed of a model that auto takes for fast enough",
        unit="tokens/s",
        most=10_000,
        more="8 is about as fast as people read.",
    )
    context_length: int | None = wish(
        None,
        "number",
        "tokens of one conversation, question and answer together; empty = 4096, and more need more memory",
        least=256,
        most=1_048_576,
        whole=True,
        words={AUTO: None},
        unit="tokens",
        more="./nogpu doctor shows how much.",
    )
    parallel: int = wish(1, "number", "conversations at once; memory grows with them", least=1, most=64, whole=True)
    keep_alive: str = wish("24h", "duration", "how long a model stays in memory after its last answer; -1 = always")
    kv_cache_type: str = wish(
        "f16",
        "choice",
        "number format of the key-value cache; a smaller one than f16 saves memory and reads prompts slower",
        choices=KV_CACHE_TYPES,
        example="f16",
    )
    quantisation: str | None = wish(
        None,
        "choice",
        "quantisation that auto chooses, such as q2_K; empty = q4_0 up to a billion parameters, else q4_K_M",
        choices=QUANTISATIONS,
        example="q4_K_M",
    )
    memory_reserve: int | None = wish(
        None,
        "size",
        "memory that the system keeps; empty = 2 GiB or 20 %, whichever is more",
        words={AUTO: None},
        unit="bytes, or a size such as 3GiB",
        example="3GiB",
    )
    cpu_weight: int = wish(
        2000,
        "number",
        "Ollama's weight while the CPU is busy; the desktop and the services have 100 each",
        least=1,
        most=10_000,
        whole=True,
    )
    cpu_limit: float | None = wish(
        None,
        "number",
        "most cores that Ollama may use; refused below the number of threads, and without effect above it",
        unit="cores",
        most=4096,
    )
    memlock: str | int = wish(
        AUTO,
        "size",
        "limit of locked memory; not set where it would do nothing, and the report says why",
        words={AUTO: AUTO, UNLIMITED: UNLIMITED},
        unit="bytes, or a size such as 3GiB",
        example=UNLIMITED,
    )
    mem_swappiness: int | None = wish(
        None,
        "number",
        "swappiness of the container; never set, because it would do nothing; listed as placebo",
        most=200,
        whole=True,
    )
    measure_memory: str = wish(
        AUTO,
        "choice",
        "measure the memory's speed before planning (2 s), to predict speeds; auto = where nogpu_models has auto",
        choices=(AUTO, "true", "false"),
        example="true",
        more="Without a measurement, the speed of one slow memory module is assumed.",
    )
    docker_source: str = wish(
        AUTO,
        "choice",
        "where Docker comes from; auto = what is there if it is good enough, else docker, else distro",
        choices=(AUTO, "docker", "distro"),
        example="docker",
        more="docker = Docker's own signed repository. Debian 12 needs it, as its packages have no Compose v2.",
    )
    docker_repository: str = wish(
        "https://download.docker.com/linux",
        "text",
        "Docker's repository, or a mirror of it with the same folders",
        more="The packages' signatures are checked either way.",
    )
    docker_users: tuple[str, ...] = wish(
        (), "list", "users who may use Docker without sudo; each of them can then become root on the laptop"
    )
    adopt_ollama: bool = wish(
        False,
        "switch",
        "replace somebody's own Ollama that is a systemd unit, until ./nogpu remove; false = the run stops there",
        more="Its program and its models are never touched.",
    )
    ollama_floor_version: str = wish(
        "0.21.0", "version", "oldest version that is accepted; older ones have known security holes", example="0.21.0"
    )
    state: str = wish(
        "present",
        "choice",
        "with absent, ./nogpu up undoes everything, as ./nogpu remove does",
        choices=("present", "absent"),
        example="absent",
        more="What we changed is in /var/lib/nogpu/ledger.json on each laptop.",
    )
    remove_models: bool = wish(
        False, "switch", "remove the models that were pulled, too; those of somebody else always stay"
    )
    report: str = wish(
        "", "text", "file on this machine that gets what up, doctor and bench show, as JSON; empty = none"
    )
    page: str = wish("", "text", "file on this machine for the page of bench; empty = bench.html")
    hosts: str = wish("all", "text", "hosts of the inventory that a run is for, as an Ansible pattern", run=True)

    host: str = ""
    store_user: str = "ollama"
    manifest_sizes: Mapping[str, int] = field(default_factory=dict)
    models_present: tuple[str, ...] | None = None
    exposed_ports: tuple[int, ...] = ()
    clock_epoch_seconds: float | None = None
    control_before_epoch_seconds: float | None = None
    control_after_epoch_seconds: float | None = None

    @property
    def context(self) -> int:
        """Tokens of one conversation: those wished for, else what Ollama gives a computer without a GPU."""
        return self.context_length or 4096

    @property
    def exposed(self) -> bool:
        """Whether other computers than this laptop may reach the API."""
        return self.expose and not ipaddress.ip_address(self.listen).is_loopback

    @property
    def bind_address(self) -> str:
        """Where the server listens, as it stands before a port: an address of version 6 in brackets."""
        return f"[{self.listen}]" if ":" in self.listen else self.listen

    @property
    def api_address(self) -> str:
        """Where the laptop itself reaches the API, as it stands in a URL."""
        address = ipaddress.ip_address(self.listen)
        if address.is_unspecified:
            return "127.0.0.1" if address.version == 4 else "[::1]"
        return self.bind_address

    @property
    def version(self) -> Version:
        return parse_version(self.ollama_version)


# The table: for each variable its rule and its default, in the order in which people read it.
RULES: dict[str, Rule] = {each.name: each.metadata["rule"] for each in fields(Wishes) if each.metadata}
DEFAULTS: dict[str, Any] = {name: getattr(Wishes, name) for name in RULES}


def option(name: str) -> str:
    """Return the name under which a person sets a wish. The owner of the store is set at role ollama_store."""
    return "ollama_store_user" if name == "store_user" else f"{PREFIX}{name}"


class PlanError(ValueError):
    """The wishes cannot be had on this host. `problems` holds one piece of text for each reason."""

    def __init__(self, host: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            text = self.problems[0]
        else:
            text = " ".join(f"({number}) {problem}" for number, problem in enumerate(self.problems, 1))
            text = f"{len(self.problems)} problems. {text}"
        super().__init__(f"Cannot plan {host}: {text}")
