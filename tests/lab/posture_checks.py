# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The checks of the CIS Docker Benchmark, as docker-bench-security 1.6 judges them: number, meaning, how it is judged.

Sections 2 (the engine), 3 (its files), 4.1 and 5 (one container).

INFO: no setting can answer this, or it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .posture import INFO, PASS, WARN, Check, Facts, Judge

USUAL_BRIDGE = ("bridge", "default")
SENSITIVE = ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr")


def passes(good: Callable[[Facts], object], otherwise: str = WARN) -> Judge:
    return lambda facts: PASS if good(facts) else otherwise


def manual(_: Facts) -> str:
    return INFO


def on_tcp(facts: Facts) -> str:
    if "tcp://" not in f"{facts.settings.get('hosts')} {facts.command}":
        return INFO
    return PASS if facts.is_set("tlsverify", True) else WARN


def restarts(facts: Facts) -> str:
    policy = facts.host["RestartPolicy"]
    if policy["Name"] in ("", "no"):
        return INFO
    return PASS if policy["Name"] == "on-failure" and 0 < policy["MaximumRetryCount"] <= 5 else WARN


def published(facts: Facts) -> list[tuple[str, int]]:
    """Addresses and ports of the laptop that are forwarded to the container."""
    bindings = facts.container["NetworkSettings"]["Ports"] or {}
    return [(each["HostIp"], int(each["HostPort"])) for found in bindings.values() for each in found or ()]


def security(facts: Facts) -> str:
    return " ".join(facts.host["SecurityOpt"] or ())


def mounts(facts: Facts) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = facts.container["Mounts"]
    return found


def file(path: str, owner: str, mode: int) -> Judge:
    """PASS if the file belongs to `owner` and has no rights beyond `mode`; INFO if it does not exist."""

    def judge(facts: Facts) -> str:
        seen = (facts.files or {}).get(path)
        if seen is None:
            return INFO
        who, _, rights = seen.partition(" ")
        return PASS if who == owner and int(rights, 8) & ~mode == 0 else WARN

    return judge


ENGINE = (
    Check("2.1", "the engine runs without root where that is possible", manual),
    Check("2.2", "containers on the default bridge cannot reach each other", passes(lambda f: f.is_set("icc", False))),
    Check("2.3", "it logs at level info", passes(lambda f: f.setting("log-level") in (None, "", "info"))),
    Check("2.4", "it may write firewall rules", passes(lambda f: not f.is_set("iptables", False))),
    Check("2.5", "no registry is insecure", passes(lambda f: not f.setting("insecure-registries"))),
    Check("2.6", "it does not store with aufs", passes(lambda f: f.info["Driver"] != "aufs")),
    Check("2.7", "it asks for certificates where it listens on TCP", on_tcp),
    Check("2.8", "containers have usual limits", passes(lambda f: f.setting("default-ulimits"), INFO)),
    Check("2.9", "root in containers is nobody outside", passes(lambda f: f.setting("userns-remap"))),
    Check("2.10", "control groups are where they usually are", passes(lambda f: not f.setting("cgroup-parent"))),
    Check("2.11", "disks of containers have the usual size", passes(lambda f: "dm.basesize" not in str(f.settings))),
    Check("2.12", "a plugin decides who may do what", passes(lambda f: f.setting("authorization-plugins"))),
    Check("2.13", "logs leave the laptop", passes(lambda f: f.info["LoggingDriver"] != "json-file")),
    Check("2.14", "containers win no rights by default", passes(lambda f: f.is_set("no-new-privileges", True))),
    Check("2.15", "containers outlive a restart of the engine", passes(lambda f: f.info["LiveRestoreEnabled"])),
    Check("2.16", "no proxy in user space", passes(lambda f: f.is_set("userland-proxy", False))),
    Check(
        "2.17", "the usual system call filter is on",
        passes(lambda f: "name=seccomp,profile=default" in f.info["SecurityOptions"], INFO),
    ),
    Check("2.18", "no experiments", lambda facts: WARN if facts.info["ExperimentalBuild"] else INFO),
)  # fmt: skip

FILES = tuple(
    Check(number, f"{path} belongs to {owner} with {mode:o} at most", file(path, owner, mode))
    for number, path, owner, mode in (
        ("3.1-2", "docker.service", "root:root", 0o644),
        ("3.3-4", "docker.socket", "root:root", 0o644),
        ("3.5-6", "/etc/docker", "root:root", 0o755),
        ("3.15-16", "/run/docker.sock", "root:docker", 0o660),
        ("3.17-18", "/etc/docker/daemon.json", "root:root", 0o644),
        ("3.19-20", "/etc/default/docker", "root:root", 0o644),
        ("3.23-24", "/run/containerd/containerd.sock", "root:root", 0o660),
    )
)

CONTAINER = (
    Check("5.1", "no swarm", passes(lambda f: f.info["Swarm"]["LocalNodeState"] == "inactive")),
    Check(
        "5.2", "an AppArmor profile is on", passes(lambda f: f.container["AppArmorProfile"] not in ("", "unconfined"))
    ),
    Check("5.3", "security options are set", passes(security)),
    Check("5.4", "no capability is added", passes(lambda f: not f.host["CapAdd"])),
    Check("5.5", "it is not privileged", passes(lambda f: not f.host["Privileged"])),
    Check(
        "5.6", "no folder of the system is mounted for writing",
        passes(lambda f: not any(each["RW"] and each["Source"] in SENSITIVE for each in mounts(f))),
    ),
    Check("5.7", "no sshd runs inside", passes(lambda f: "sshd" not in f.programs)),
    Check("5.8", "no privileged port is published", passes(lambda f: all(port > 1024 for _, port in published(f)))),
    Check("5.9", "no port is published that is not needed", passes(lambda f: not published(f))),
    Check("5.10", "it does not share the laptop's network", passes(lambda f: f.host["NetworkMode"] != "host")),
    Check("5.11", "its memory is limited", passes(lambda f: f.host["Memory"])),
    Check("5.12", "its share of the CPU is set", passes(lambda f: f.host["CpuShares"] or f.host["NanoCpus"])),
    Check("5.13", "its root file system is read-only", passes(lambda f: f.host["ReadonlyRootfs"])),
    Check(
        "5.14", "ports are bound to one address",
        passes(lambda f: all(address not in ("0.0.0.0", "::", "") for address, _ in published(f))),
    ),
    Check("5.15", "it is restarted five times at most", restarts),
    Check("5.16", "it has its own processes", passes(lambda f: f.host["PidMode"] != "host")),
    Check("5.17", "it has its own shared memory", passes(lambda f: f.host["IpcMode"] != "host")),
    Check("5.18", "it has no device of the laptop", passes(lambda f: not f.host["Devices"], INFO)),
    Check("5.19", "it has limits of its own", passes(lambda f: f.host["Ulimits"], INFO)),
    Check("5.20", "no mount is shared", passes(lambda f: all("shared" not in at["Propagation"] for at in mounts(f)))),
    Check("5.21", "it has its own name", passes(lambda f: f.host["UTSMode"] != "host")),
    Check(
        "5.22", "the system call filter is not off",
        passes(lambda f: "seccomp=unconfined" not in security(f).replace("seccomp:", "seccomp=")),
    ),
    Check("5.23", "nobody uses exec with all rights", manual),
    Check("5.24", "nobody uses exec as root", manual),
    Check("5.25", "its control group is the usual one", passes(lambda f: not f.host["CgroupParent"])),
    Check("5.26", "it wins no rights", passes(lambda f: "no-new-privileges" in security(f))),
    Check("5.27", "its health is checked", passes(lambda f: (f.container["State"].get("Health") or {}).get("Status"))),
    Check("5.28", "its image is the latest", manual),
    Check("5.29", "its processes are counted", passes(lambda f: (f.host["PidsLimit"] or 0) > 0)),
    Check("5.30", "it is not on the default bridge", passes(lambda f: f.host["NetworkMode"] not in USUAL_BRIDGE, INFO)),
    Check("5.31", "it does not share the laptop's users", passes(lambda f: f.host["UsernsMode"] != "host")),
    Check("5.32", "it has not the engine's socket", passes(lambda f: "docker.sock" not in str(mounts(f)))),
)  # fmt: skip
USER = Check(
    "4.1",
    "it does not run as root",
    passes(lambda f: f.container["Config"]["User"].split(":")[0] not in ("", "0", "root")),
)
