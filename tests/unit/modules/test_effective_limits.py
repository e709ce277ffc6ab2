# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The whole module on example hosts.

data/proc/*.json holds files of /proc and cgroups, and programs' answers, written by hand in the formats of proc(5) and
the kernel's cgroup documents. They are not captures of real machines: replace one with a capture where you have it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugins.module_utils.host.programs import Ran
from plugins.module_utils.host.reader import HostReader
from plugins.modules import effective_limits

DATA = Path(__file__).parents[1] / "data" / "proc"
GIB = 1 << 30
PROMISES = {
    "memory_limit_bytes": 2 * GIB,
    "swap_limit_bytes": 0,
    "memlock_bytes": "unlimited",
    "stack_bytes": 8388608,
    "nofile": 65536,
    "core_bytes": 0,
    "threads": 2,
    "capabilities": "none",
    "no_new_privileges": True,
    "seccomp": True,
    "listen": "127.0.0.1",
    "read_only_root": True,
    "user": "non-root",
}
CANNOT = "cannot be enforced here"


@pytest.fixture
def on_host(monkeypatch, tmp_path, run_module):
    """Return `run(host name, params)`: the module on an example host."""

    def run(name, params, edit=None, **how):
        host = json.loads((DATA / f"{name}.json").read_text())
        if edit is not None:
            edit(host)
        for path, text in host["files"].items():
            file = tmp_path / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

        def program(command):
            answer = host["programs"].get(" ".join(command))
            return Ran(0, answer, "") if answer is not None else Ran(1, "", f"No such object: {command[-1]}")

        monkeypatch.setattr(effective_limits, "HostReader", lambda: HostReader(str(tmp_path), program))
        return run_module(effective_limits, params, **how)

    return run


def verdicts(result):
    return {row["setting"]: row["verdict"] for row in result.json["rows"]}


def row(result, setting):
    return next(each for each in result.json["rows"] if each["setting"] == setting)


def test_container_on_cgroup_v2_keeps_all_promises_behind_an_init(on_host):
    promises = {**PROMISES, "memory_limit_bytes": 4 * GIB, "threads": 4, "pids_limit": 256}
    result = on_host("v2-container", {"container": "ollama-docker", "promises": promises})
    assert not result.failed, result.msg
    assert not result.changed
    assert (result.json["pid"], result.json["runner_pid"]) == (4121, 4200)
    assert verdicts(result) == {**dict.fromkeys(promises, "in force"), "memlock_bytes": "clamped"}
    assert row(result, "memory_limit_bytes")["effective_text"] == "4.0 GiB"
    assert row(result, "listen")["note"] == "in its own network the server binds ::"
    assert row(result, "threads")["source"] == "/proc/4200/environ"


def test_unit_on_cgroup_v2_is_clamped_by_its_slice_and_has_no_model_loaded(on_host):
    promises = {**PROMISES, "memory_limit_bytes": 8 * GIB, "threads": 6}
    result = on_host("v2-unit", {"unit": "ollama.service", "promises": promises})
    assert not result.failed, result.msg
    expected = {"memory_limit_bytes": "clamped", "threads": "not loaded"}
    assert verdicts(result) == {**dict.fromkeys(promises, "in force"), **expected}
    assert row(result, "memory_limit_bytes")["source"] == "/sys/fs/cgroup/ollama.slice/memory.max"
    assert row(result, "threads")["effective"] is None
    observed = result.json["proof"]["observed"]
    assert (observed["cpu_quota_cores"], observed["unit"]) == (1.5, "ollama.service")


SLICE, CPU_V1 = "/sys/fs/cgroup/ollama.slice", "/sys/fs/cgroup/cpu"


def weight(on_host, name, how, edit):
    """Return the row about a promised weight of 1000 on an example host whose files `edit` has changed."""
    result = on_host(name, {**how, "promises": {"cpu_weight": 1000}, "strict": False}, edit)
    return row(result, "cpu_weight")


def test_a_weight_is_in_force_where_it_counts_beside_the_desktop(on_host):
    def edit(host):
        del host["files"][f"{SLICE}/ollama.service/cpu.max"]
        host["files"][f"{SLICE}/cpu.weight"] = "1000\n"

    seen = weight(on_host, "v2-unit", {"unit": "ollama.service"}, edit)
    assert (seen["verdict"], seen["effective"], seen["source"]) == ("in force", 1000, f"{SLICE}/cpu.weight")


def test_a_quota_clamps_the_weight(on_host):
    def edit(host):
        host["files"][f"{SLICE}/cpu.weight"] = "1000\n"

    seen = weight(on_host, "v2-unit", {"unit": "ollama.service"}, edit)
    assert (seen["verdict"], seen["note"]) == ("clamped", "a quota of 1.5 cores is also in force")


def test_a_weight_inside_the_system_s_slice_does_not_count(on_host):
    def edit(host):
        group = next(file for file in host["files"] if file.endswith(".scope/cpu.weight"))
        host["files"].update({group: "1000\n", "/sys/fs/cgroup/system.slice/cpu.weight": "100\n"})

    seen = weight(on_host, "v2-container", {"container": "ollama-docker"}, edit)
    assert (seen["verdict"], seen["effective"]) == ("failed", 100)
    assert seen["note"] == "the server is in system.slice, which weighs as a whole"


def test_a_controller_that_is_off_is_named(on_host):
    seen = weight(on_host, "v2-unit", {"unit": "ollama.service"}, lambda _host: None)
    assert (seen["verdict"], seen["note"]) == (CANNOT, "the CPU controller is off in ollama.slice")


def test_shares_of_cgroup_v1_are_shown_as_weight(on_host):
    def edit(host):
        host["files"][f"{CPU_V1}/docker/cpu.shares"] = "10240\n"

    seen = weight(on_host, "v1-container-in-container", {"container": "ollama-docker"}, edit)
    assert (seen["verdict"], seen["effective"]) == ("in force", 1000)


def test_a_service_without_a_cpu_group_is_told_from_a_light_one(on_host):
    seen = weight(on_host, "unit-in-container", {"unit": "ollama.service"}, lambda _host: None)
    assert (seen["verdict"], seen["note"]) == (CANNOT, "the service manager makes no CPU groups here")


def test_container_inside_a_container_on_cgroup_v1(on_host):
    result = on_host("v1-container-in-container", {"container": "ollama-docker", "promises": PROMISES})
    assert not result.failed, result.msg
    assert verdicts(result) == {**dict.fromkeys(PROMISES, "in force"), "memlock_bytes": "clamped"}
    assert row(result, "swap_limit_bytes")["source"].endswith("memory.memsw.limit_in_bytes")
    assert result.json["proof"]["cgroup_version"] == 1
    assert result.json["proof"]["observed"]["memory_swappiness"] == 0


def test_unit_in_a_container_says_honestly_what_cannot_be_enforced(on_host):
    result = on_host("unit-in-container", {"unit": "ollama.service", "promises": {**PROMISES, "threads": 1}})
    assert not result.failed, result.msg
    assert verdicts(result)["memory_limit_bytes"] == CANNOT
    assert "mounted read-only" in row(result, "memory_limit_bytes")["note"]
    assert verdicts(result)["threads"] == CANNOT
    assert row(result, "swap_limit_bytes")["note"] == "this system has no swap; the cgroup itself sets no limit"


def test_a_server_started_by_hand_fails_and_names_each_row(on_host):
    result = on_host("bare", {"pid": 77, "promises": PROMISES})
    assert result.failed
    assert "8 of 13 settings are not in force for the given process, pid 77" in result.msg
    assert "memory_limit_bytes is unlimited in /sys/fs/cgroup/memory/memory.limit_in_bytes (2.0 GiB was promised" in (
        result.msg
    )
    assert "listen is 0.0.0.0 in /proc/net/tcp (127.0.0.1 was promised, others can reach it at 0.0.0.0)" in result.msg
    assert verdicts(result)["swap_limit_bytes"] == CANNOT
    assert result.json["proof"]["failed"]


def test_not_strict_reports_the_same_rows_without_failing(on_host):
    result = on_host("bare", {"pid": 77, "promises": PROMISES, "strict": False})
    assert not result.failed
    assert verdicts(result)["user"] == "failed"


def test_check_mode_reads_the_same(on_host):
    result = on_host("bare", {"pid": 77, "promises": {"user": "non-root"}, "strict": False}, check=True)
    assert (result.failed, result.changed, verdicts(result)) == (False, False, {"user": "failed"})


def test_placebo_rows_come_along(on_host):
    placebo = [{"setting": "mem_swappiness", "requested": 0, "reason": "cgroup v2 has none"}]
    result = on_host("bare", {"pid": 77, "placebo": placebo})
    assert row(result, "mem_swappiness")["verdict"] == "placebo"
    assert row(result, "mem_swappiness")["note"] == "cgroup v2 has none"


def test_published_address_counts_where_no_socket_listens(on_host):
    def without_proxy(host):
        host["files"]["/proc/net/tcp"] = ""

    result = on_host("v2-container", {"container": "ollama-docker", "promises": {"listen": "127.0.0.1"}}, without_proxy)
    assert row(result, "listen")["verdict"] == "in force"
    assert row(result, "listen")["source"] == "docker container inspect"


def test_kernel_without_memory_controller(on_host):
    def raspberry(host):
        host["files"]["/sys/fs/cgroup/cgroup.controllers"] = "cpuset cpu io pids\n"
        for path in [each for each in host["files"] if "/memory." in each]:
            del host["files"][path]

    params = {"unit": "ollama.service", "promises": {"memory_limit_bytes": GIB}}
    result = on_host("v2-unit", params, raspberry)
    assert row(result, "memory_limit_bytes")["verdict"] == CANNOT
    assert "cgroup_disable=memory" in row(result, "memory_limit_bytes")["note"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        pytest.param(
            {"container": "gone"},
            'Could not look at container gone: docker said "No such object: gone" (a running container was needed). '
            "Run the site playbook first, or correct 'container'.",
            id="no-container",
        ),
        pytest.param({"unit": "gone"}, "On a host without systemd give 'pid' instead.", id="no-unit"),
        pytest.param({"pid": 5}, "Could not read /proc/5/status of the given process on this host", id="no-process"),
        pytest.param({}, "one of the following is required: container, unit, pid", id="nothing-named"),
        pytest.param({"pid": 1, "unit": "a"}, "mutually exclusive", id="two-named"),
        pytest.param({"pid": 77, "promises": {"warp": 9}}, "warp", id="unknown-promise"),
        pytest.param({"pid": 77, "promises": {"nofile": "many"}}, "promise 'nofile': saw \"many\"", id="no-number"),
    ],
)
def test_refusals_say_what_to_do(on_host, params, words):
    result = on_host("bare", params)
    assert result.failed
    assert words in result.msg


def test_a_stopped_container_is_named_with_its_state(on_host):
    def stop(host):
        answer = [{"State": {"Status": "exited", "Pid": 0}}]
        host["programs"]["docker container inspect ollama-docker"] = json.dumps(answer)

    result = on_host("v2-container", {"container": "ollama-docker"}, stop)
    assert "it is exited (running was needed). See why with: docker logs --tail 50 ollama-docker" in result.msg


def test_a_stopped_unit_is_named_with_its_state(on_host):
    def stop(host):
        for command in host["programs"]:
            host["programs"][command] = "MainPID=0\nActiveState=failed\n"

    result = on_host("v2-unit", {"unit": "ollama.service"}, stop)
    assert "it is failed and has no main process (active was needed)" in result.msg
