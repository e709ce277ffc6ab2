# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""This machine: its tools, its limits, and a running Docker Engine."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import docker
from docker.errors import DockerException

from .errors import LabError

# The programs that the lab calls, and the Debian packages that have them.
PACKAGES = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
    "zstd": "zstd",
    "gcc": "gcc",
    "strip": "binutils",
    "patchelf": "patchelf",
    "ssh-keygen": "openssh-client",
    "mke2fs": "e2fsprogs",
}
_apt_turn = threading.Lock()

# Measured: a second, with nothing running.
STOP_SECONDS = 30
# Capabilities in the kernel's order (linux/capability.h).
CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)  # fmt: skip


def require_root() -> None:
    """Raise LabError unless this is root on Linux."""
    if os.geteuid() != 0:
        raise LabError("Cannot make the lab: it needs root, for Docker and for building Debian. Use sudo.")


def run(*command: str | Path, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """Run a program and return what it printed; raise LabError with its last lines if it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        env=env,
        cwd=cwd,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-8:])
        raise LabError(f"Could not run {command[0]}: it ended with status {done.returncode} and said:\n{last}")
    return done.stdout


def ensure_tools(*programs: str) -> None:
    """Install the Debian packages of the programs that are missing here."""
    with _apt_turn:
        missing = [PACKAGES[program] for program in programs if shutil.which(program) is None]
        if not missing:
            return
        if shutil.which("apt-get") is None:
            raise LabError(f"Cannot install {', '.join(missing)}: this machine has no apt-get. Install them by hand.")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # A broken source of somebody else must not stop the lab. If a package is missing, the install below stops.
        subprocess.run(
            ["apt-get", "update", "-qq"], env=env, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, env=env)


def debian_mirror() -> str:
    """Return the address from which this machine itself gets Debian's packages."""
    sources = Path("/etc/apt")
    for file in sorted(sources.glob("sources.list.d/*.sources")):
        for address in re.findall(r"^URIs:\s*(\S+)", file.read_text(), re.MULTILINE):
            if address.rstrip("/").endswith("/debian"):
                return str(address)
    for file in [sources / "sources.list", *sorted(sources.glob("sources.list.d/*.list"))]:
        text = file.read_text() if file.exists() else ""
        for address in re.findall(r"^deb\s+(?:\[[^]]*]\s+)?(\S+)", text, re.MULTILINE):
            if address.rstrip("/").endswith("/debian"):
                return str(address)
    raise LabError("Cannot build Debian: no source of Debian's own packages was found in /etc/apt. Add one.")


def memlock_limit() -> str | int:
    """Return how much memory a container here may lock: "unlimited" or bytes."""
    hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    return "unlimited" if hard == resource.RLIM_INFINITY else hard


def bounding_set(status: str | None = None) -> tuple[str, ...]:
    """Return the capabilities that root can give to a container here, from the text of /proc/self/status."""
    text = Path("/proc/self/status").read_text() if status is None else status
    found = re.search(r"^CapBnd:\s*([0-9a-f]+)", text, re.MULTILINE)
    bits = int(found.group(1), 16) if found else 0
    return tuple(name for number, name in enumerate(CAPABILITIES) if bits >> number & 1)


def engine() -> docker.DockerClient:
    """Return a client of the running Docker Engine, or raise LabError."""
    try:
        client = docker.from_env(timeout=300, max_pool_size=16)
        client.ping()
    except DockerException as error:
        raise LabError(f"Cannot reach Docker on this machine: {error}. Start it, or run `up` once.") from error
    return client


def ensure_engine(state: Path) -> docker.DockerClient:
    """Return a client; install and start Docker if none answers. A daemon started here is noted in `state`."""
    try:
        return engine()
    except LabError:
        ensure_tools("dockerd", "iptables")
    # Two daemons in one network namespace delete each other's bridge. A package may just have started one.
    daemon: subprocess.Popen[bytes] | None = None
    for _ in range(120):
        if daemon is None and not _process_named("dockerd"):
            daemon = _start_daemon(state)
        if daemon is not None and daemon.poll() is not None:
            break
        try:
            return engine()
        except LabError:
            time.sleep(0.25)
    log = "its log" if daemon is None else str(state / "dockerd.log")
    raise LabError(f"Could not use Docker: dockerd did not answer within 30 seconds. Read {log}.")


def _start_daemon(state: Path) -> subprocess.Popen[bytes]:
    state.mkdir(parents=True, exist_ok=True)
    with (state / "dockerd.log").open("w") as log:
        daemon = subprocess.Popen(["dockerd"], stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    (state / "dockerd.json").write_text(json.dumps({"pid": daemon.pid, "start": _start_time(daemon.pid)}))
    return daemon


def stop_own_daemon(state: Path) -> bool:
    """Stop the daemon that `ensure_engine` started, if it is still that process; say if it was."""
    record = state / "dockerd.json"
    if not record.exists():
        return False
    known = json.loads(record.read_text())
    record.unlink()
    if _start_time(known["pid"]) != known["start"]:
        return False
    os.kill(known["pid"], signal.SIGTERM)
    # A lab that is started right afterwards must not wait for this daemon to answer.
    end = time.monotonic() + STOP_SECONDS
    while _start_time(known["pid"]) == known["start"] and time.monotonic() < end:
        time.sleep(0.1)
    return True


def _process_named(name: str) -> bool:
    """Say if a process of that name runs."""
    return any(seen is not None and seen[0] == name for seen in map(_process, Path("/proc").glob("[0-9]*")))


def _start_time(pid: int) -> str | None:
    """Return when a process started, in the kernel's ticks: a pid may be used again. None if it does not run."""
    seen = _process(Path(f"/proc/{pid}"))
    return seen[1] if seen else None


def _process(folder: Path) -> tuple[str, str] | None:
    """Return the name and the start of a process; None if it has ended, also if the kernel still lists it."""
    try:
        head, _, rest = (folder / "stat").read_text().rpartition(")")
    except OSError:
        return None
    fields = rest.split()
    return (head.partition("(")[2], fields[19]) if fields[0] not in ("Z", "X") else None
