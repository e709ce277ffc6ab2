# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A container as docker exec shows it. The files have the forms of Linux 6.10 in Docker Desktop 4.41."""

from __future__ import annotations

import subprocess

import pytest

from plugins.module_utils.host.programs import Ran
from plugins.module_utils.ollama.process import LimitsProbeError, Server
from plugins.module_utils.prove.evidence import read_evidence
from plugins.module_utils.prove.inside_container import SCRIPT, InsideContainer, inside

LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units
Max stack size            67108864             67108864             bytes
Max locked memory         8388608              8388608              bytes
Max open files            16384                16384                files
"""
MOUNTS = """\
1 0 0:1 / / ro - overlay overlay ro
2 1 0:2 / /sys/fs/cgroup ro - cgroup2 cgroup rw
"""
FILES = {
    "/proc/1/stat": "1 (ollama) S 0 1",
    "/proc/1/status": "Uid:\t501\t501\t501\t501\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n",
    "/proc/1/limits": LIMITS,
    "/proc/1/cmdline": "/bin/ollama\0serve\0",
    "/proc/1/cgroup": "0::/\n",
    "/proc/1/mountinfo": MOUNTS,
    "/proc/15/stat": "15 (ollama) S 1 1",
    "/proc/15/cmdline": "/bin/ollama\0runner\0--threads\x006\0--port\x0040000\0",
    "/proc/15/environ": "",
    "/proc/self/mountinfo": MOUNTS,
    "/proc/meminfo": "SwapTotal:       1048576 kB\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
    "/sys/fs/cgroup/memory.max": "4294967296\n",
    "/sys/fs/cgroup/memory.swap.max": "0\n",
    "/sys/fs/cgroup/pids.max": "512\n",
    "/sys/fs/cgroup/cpu.weight": "157\n",
}
SERVER = Server("container ollama-docker", 4711, ("127.0.0.1",))


def container(answer: Ran) -> InsideContainer:
    def run(command: list[str]) -> Ran:
        assert command[:5] == ["docker", "exec", "ollama-docker", "sh", "-c"]
        return answer

    return InsideContainer("ollama-docker", run)


@pytest.fixture
def there() -> InsideContainer:
    return container(Ran(0, "".join(f"@nogpu@{path}\n{text}" for path, text in FILES.items()), ""))


def test_all_limits_are_read_where_the_laptop_sees_no_process(there: InsideContainer) -> None:
    seen = read_evidence(there, inside(SERVER), 11434)
    read = {setting: reading.value for setting, reading in seen.readings.items()}
    assert (seen.pid, seen.runner_pid) == (1, 15)
    assert (read["memory_limit_bytes"], read["swap_limit_bytes"], read["pids_limit"]) == (4294967296, 0, 512)
    assert (read["stack_bytes"], read["nofile"], read["memlock_bytes"]) == (67108864, 16384, 8388608)
    assert (read["capabilities"], read["no_new_privileges"], read["user"]) == ("none", True, 501)


def test_a_cgroup_that_is_the_container_s_root_is_its_own(there: InsideContainer) -> None:
    seen = read_evidence(there, inside(SERVER), 11434)
    assert seen.readings["memory_limit_bytes"].cannot == ""
    assert seen.readings["pids_limit"].cannot == ""


def test_the_address_is_the_one_that_docker_publishes(there: InsideContainer) -> None:
    listen = read_evidence(there, inside(SERVER), 11434).readings["listen"]
    assert (listen.value, listen.source) == (("127.0.0.1",), "docker container inspect")


def test_a_container_without_a_shell_is_said_so() -> None:
    said = 'OCI runtime exec failed: exec: "sh": executable file not found in $PATH'
    with pytest.raises(LimitsProbeError) as caught:
        container(Ran(126, "", said))
    assert str(caught.value) == (
        f'Could not look into container ollama-docker: docker exec said "{said}" (a running container with sh and cat '
        "was needed). See what it says with: docker logs --tail 50 ollama-docker"
    )


def test_the_script_runs_in_a_plain_shell() -> None:
    done = subprocess.run(["sh", "-c", SCRIPT], capture_output=True, check=False, text=True, errors="replace")
    assert done.returncode == 0
    assert "@nogpu@/proc/meminfo\nMemTotal" in done.stdout
