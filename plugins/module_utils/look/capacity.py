# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a laptop has to run a model with: the record that `host_capacity` makes and the plan reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Mapping


class CapacityError(ValueError):
    """A dictionary is not the capacity of a host."""


@dataclass(frozen=True)
class DockerEngine:
    """An engine that answers.

    `memlock_unlimited`: the engine may give a container an unlimited memlock; None when its process is not visible.
    `swap_limit`: it can limit the swap of a container.
    """

    version: str
    api_version: str | None
    cgroup_version: int | None
    cgroup_driver: str | None
    compose_version: str | None
    storage_driver: str | None
    rootless: bool
    desktop: bool
    memlock_unlimited: bool | None
    swap_limit: bool


@dataclass(frozen=True)
class PortOwner:
    """What listens on the port. `unit`: its systemd unit or launch agent. `container`: the one that publishes it."""

    port: int
    address: str
    pid: int | None
    program: str | None
    command: str | None
    unit: str | None
    container: str | None
    container_project: str | None


@dataclass(frozen=True)
class OwnOllama:
    """An Ollama that somebody else installed as a systemd unit or launch agent. `pid` is None while it is stopped."""

    unit_path: str
    command: str
    enabled: bool
    active: bool
    pid: int | None


@dataclass(frozen=True)
class Ours:
    """Which Ollama on the host is nogpu's.

    `unit`: our native server is installed, as a systemd unit or a launch agent.
    `renamed_container`: a container of our Compose project that does not have our name.
    `foreign_project`: the Compose project of a container that has our name and is not ours, "" for one without a
    project. None where no such container exists.
    """

    unit: bool
    renamed_container: str | None
    foreign_project: str | None


@dataclass(frozen=True)
class Store:
    """The folder of the models. `owners`: a user's name for each folder, or "uid 2000" for a number without a name.

    Folders that do not exist are left out: the store itself, and those that Ollama makes in it. `read_only`: the disk
    is mounted so.
    """

    read_only: bool | None
    owners: Mapping[str, str]


@dataclass(frozen=True)
class HostCapacity:
    """Everything that decides what a host can run. Bytes, cores and seconds; None where it is not known.

    `cores_performance`: physical cores of the fast kind; equal to `cores_physical` when `core_kinds_known` is false.
    `cpu_quota_cores`: smallest CPU quota of our control group and those above it, in cores; None without a quota.
    `cpuset_cores`: logical CPUs that we may run on.
    `memory_total_bytes`: what the kernel reports, also where a control group allows less.
    `memory_available_bytes`: what can be used without swapping, at most what the control groups leave.
    `memory_limit_bytes`: smallest memory limit of our control group and those above it; None without a limit.
    `disk_path`: the directory that was measured, the nearest that exists.
    `memory_bandwidth_bytes_per_second`: sequential reading by one thread per usable core; None when not measured.
    """

    system: str
    architecture: str
    virtualization: str
    service_manager: str | None
    hostname: str
    cpu_model: str | None
    cpu_flags: tuple[str, ...]
    cores_logical: int
    cores_physical: int
    cores_performance: int
    core_kinds_known: bool
    threads_per_core: int
    cpu_quota_cores: float | None
    cpuset_cores: int | None
    memory_total_bytes: int | None
    memory_available_bytes: int | None
    memory_limit_bytes: int | None
    swap_total_bytes: int | None
    swap_used_bytes: int | None
    zram_bytes: int | None
    cgroup_version: int | None
    swap_accounting: bool | None
    disk_path: str
    disk_free_bytes: int | None
    power: str | None
    cpu_governor: str | None
    load_1m: float | None
    docker: DockerEngine | None
    port_owner: PortOwner | None
    memory_bandwidth_bytes_per_second: float | None
    memory_bandwidth_method: str | None
    own_ollama: OwnOllama | None
    ours: Ours
    store: Store | None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: every key, lists for tuples."""
        return dict(asdict(self), cpu_flags=list(self.cpu_flags))

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> HostCapacity:
        """Return the record from its JSON form. Unknown keys are ignored, so that a newer record can be read.

        Raises CapacityError when a key is missing.
        """
        values = _known(cls, record, "host capacity")
        values["cpu_flags"] = tuple(values["cpu_flags"])
        for name, kind in _PARTS.items():
            if values[name] is not None:
                values[name] = kind(**_known(kind, values[name], f"host capacity, {name}"))
        return cls(**values)


_PARTS: Mapping[str, Any] = {
    "docker": DockerEngine,
    "port_owner": PortOwner,
    "own_ollama": OwnOllama,
    "ours": Ours,
    "store": Store,
}


def _known(kind: Any, record: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the values of `record` that are fields of the dataclass `kind`."""
    if not isinstance(record, Mapping):
        raise CapacityError(
            f"Could not read {where}: {type(record).__name__} was seen (a dictionary is needed). "
            "Give it the value 'capacity' that module host_capacity returned."
        )
    names = [field.name for field in fields(kind)]
    missing = [name for name in names if name not in record]
    if missing:
        raise CapacityError(
            f"Could not read {where}: {', '.join(missing)} missing (all keys are needed, null where unknown). "
            "Give it the value 'capacity' that module host_capacity returned."
        )
    return {name: record[name] for name in names}
