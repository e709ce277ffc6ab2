# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a host allows: clock, runtime, architecture, port, network, threads."""

from __future__ import annotations

from ..host.names import AGENT, CONTAINER, PROJECT, UNIT
from ..look.capacity import HostCapacity, PortOwner
from .clock import clock_problem
from .own_ollama import ending, own_ollama_problem
from .wish import AUTO
from .wishes import Wishes, option

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def architecture(host: HostCapacity) -> str | None:
    """Return the architecture as release files name it; None if nobody builds for it."""
    return ARCHITECTURES.get(host.architecture.lower())


def runtime(host: HostCapacity, wishes: Wishes) -> tuple[str, str]:
    """Return "docker" or "native" and the reason."""
    if wishes.runtime != AUTO:
        return wishes.runtime, f"{option('runtime')} asks for it"
    if host.system == "darwin":
        if architecture(host) == "arm64":
            return "native", "in Docker on Apple silicon there is no Metal, and the CPU is many times slower"
        return "native", "Docker on macOS is a virtual machine that gets only part of the memory"
    return "docker", "the same on every laptop, easy to remove, and no slower than native on Linux"


def is_ours(owner: PortOwner | None, port: int) -> bool:
    """Say if our own server listens on the port."""
    if owner is None or owner.port != port:
        return False
    return owner.container == CONTAINER if owner.container else owner.unit in (UNIT, AGENT)


def host_problems(host: HostCapacity, wishes: Wishes) -> list[str]:
    """Return one piece of text for each reason why the wishes cannot be met on this host."""
    found = [
        clock_problem(host, wishes),
        _architecture_problem(host),
        _service_problem(host, wishes),
        _port_problem(host, wishes),
        own_ollama_problem(host, wishes, runtime(host, wishes)[0]),
        _network_problem(host, wishes),
        _exposure_problem(host, wishes),
        _cpu_limit_problem(host, wishes),
    ]
    return [problem for problem in found if problem]


def _architecture_problem(host: HostCapacity) -> str:
    if architecture(host):
        return ""
    return (
        f"the processor's architecture is {host.architecture} (needed: x86_64 or aarch64; Ollama is built for no other)"
        ". Leave this host out of the inventory, or install a 64-bit system if the processor can run one."
    )


def _service_problem(host: HostCapacity, wishes: Wishes) -> str:
    needed = {"linux": "systemd", "darwin": "launchd"}.get(host.system)
    if needed is None:
        return f"the system is {host.system} (needed: Linux or macOS; on Windows, WSL2). Leave it out of the inventory."
    desktop = host.docker is not None and host.docker.desktop and runtime(host, wishes)[0] == "docker"
    if host.service_manager == needed or desktop:  # Docker Desktop keeps the container running by itself
        return ""
    seen = f"process 1 is {host.service_manager or 'not known'} (needed: {needed}, which keeps Ollama running)"
    if host.virtualization == "wsl2":
        return f"{seen}. Put 'systemd=true' below '[boot]' in /etc/wsl.conf, then run 'wsl --shutdown' in Windows."
    return f"{seen}. Use a system that boots with {needed}, or leave this host out of the inventory."


def _port_problem(host: HostCapacity, wishes: Wishes) -> str:
    owner = host.port_owner
    if owner is None or owner.port != wishes.port or is_ours(owner, wishes.port):
        return ""
    if host.own_ollama is not None and host.own_ollama.pid == owner.pid:
        return ""  # reported already, as somebody's own Ollama
    if owner.container_project == PROJECT:
        return (
            f"port {wishes.port} is served by the container {owner.container}, which is ours under another name "
            f"(needed: {CONTAINER}); nothing was changed. Give it its name back: "
            f"sudo docker rename {owner.container} {CONTAINER}."
        )
    program = owner.program or "a program that only root can see"
    facts = [f"pid {owner.pid if owner.pid is not None else 'not known'}"]
    facts += [f"container {owner.container}"] if owner.container else [owner.unit] if owner.unit else []
    facts += [f"'{owner.command}'"] if owner.command else []
    free = 11435 if wishes.port != 11435 else 11434
    return (
        f"port {wishes.port} is taken on {owner.address} by {program} ({', '.join(facts)}) (needed: a free port, or "
        f"our own server); nothing was changed. {ending(owner)}, or choose another port, for example with "
        f"-e {option('port')}={free}."
    )


def _network_problem(host: HostCapacity, wishes: Wishes) -> str:
    if not wishes.host_network or runtime(host, wishes)[0] != "docker":
        return ""
    if host.system == "linux" and not (host.docker and host.docker.desktop):
        return ""
    seen = "Docker Desktop" if host.docker and host.docker.desktop else "macOS"
    return (
        f"{option('host_network')} is true, but on {seen} Docker runs in a virtual machine (needed: Docker Engine on "
        f"Linux, where it is this computer's network). Set {option('host_network')}: false; the port is published all "
        "the same."
    )


def _exposure_problem(host: HostCapacity, wishes: Wishes) -> str:
    virtual = runtime(host, wishes)[0] == "docker" and host.docker is not None and host.docker.desktop
    if not wishes.exposed or (host.system == "linux" and not virtual):
        return ""
    seen = "Docker Desktop" if virtual else "macOS"
    return (
        f"{option('expose')} is true, but on {seen} no iptables can be asked to let only the allowed networks in "
        f"(needed: Linux, native or with Docker Engine). Set {option('expose')}: false and "
        f"{option('listen')}: 127.0.0.1."
    )


def _cpu_limit_problem(host: HostCapacity, wishes: Wishes) -> str:
    if wishes.cpu_limit is None:
        return ""
    count, _reason = threads(host)
    limit = f"{option('cpu_limit')} is {wishes.cpu_limit:g}"
    if wishes.cpu_limit < count:
        return (
            f"{limit}, below the {count} threads that compute (needed: none; threads wait for each other, and a limit "
            "below their number made Ollama up to 45 times slower). Leave it out: a CPU weight keeps the laptop usable."
        )
    if wishes.cpu_limit != int(wishes.cpu_limit):
        return f"{limit} (needed: none, or a whole number of cores; 1.5 cores are no faster than 1). Leave it out."
    return ""


def threads(host: HostCapacity) -> tuple[int, str]:
    """Return how many threads compute and why: performance cores, not more than quota and CPU set allow.

    A quota is rounded down: one thread too many waits for its turn while all others wait for it.
    """
    kind = "performance cores" if host.core_kinds_known else "cores (their kinds are not known)"
    count = max(1, host.cores_performance or host.cores_physical or 1)
    reason = f"{count} {kind} of {host.cores_physical}"
    if host.cpuset_cores is not None and host.cpuset_cores < count:
        count = max(1, host.cpuset_cores)
        reason += f", of which {count} may be used"
    if host.cpu_quota_cores is not None and host.cpu_quota_cores < count:
        count = max(1, int(host.cpu_quota_cores))
        rounded = "rounded down" if host.cpu_quota_cores >= 1 else "needs at least one thread"
        reason += f", quota of {host.cpu_quota_cores:g} cores {rounded}"
    return count, reason


def host_warnings(host: HostCapacity, wishes: Wishes) -> list[str]:
    """Return what the person should know. The plan can still be carried out."""
    found = []
    count, _reason = threads(host)
    kind, _why = runtime(host, wishes)
    quota = host.cpu_quota_cores
    if quota is not None and quota < 1:
        found.append(f"This host may use {quota:g} of a core: slower than predicted. Ask for at least one whole core.")
    if host.load_1m is not None and host.load_1m >= count / 2:
        found.append(
            f"The laptop is busy (load {host.load_1m:g} on {count} cores), and one busy program halves the speed."
        )
    if host.power == "battery":
        found.append("The laptop runs on battery, which slows most of them down. Plug it in.")
    if host.architecture in ("x86_64", "amd64") and "avx2" not in host.cpu_flags:
        found.append("The processor shows no AVX2: prompts are read several times slower.")
    if host.system == "darwin" and kind == "docker":
        found.append("Docker on macOS has no Metal and gets only part of the memory: native is many times faster.")
    if host.virtualization == "wsl2":
        found.append(
            "Windows gives WSL2 half of its memory by default: [wsl2] in .wslconfig is set, and applies after "
            "'wsl --shutdown' in Windows."
        )
    if wishes.exposed:
        networks = ", ".join(wishes.allowed_networks)
        found.append(f"Everybody in {networks} may use Ollama on port {wishes.port}: it asks for no password.")
    elif kind == "docker" and not wishes.host_network:
        found += _engine_warning(host)
    return found


def _engine_warning(host: HostCapacity) -> list[str]:
    """Warn of engines that answer neighbours on ports published on loopback; Docker 28 drops such packets."""
    if host.docker is None or host.docker.desktop:
        return []
    major = host.docker.version.split(".")[0]
    if not major.isdigit() or int(major) >= 28:
        return []
    return [
        f"Docker {host.docker.version} is older than 28: neighbours on the same network can reach ports that are "
        f"published on 127.0.0.1. {option('host_network')}: true publishes none."
    ]
