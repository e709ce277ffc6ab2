# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import pytest

from plugins.module_utils.host.process_text import (
    UNLIMITED,
    Threads,
    amount,
    capability_names,
    is_runner,
    is_server,
    levels,
    parent_pid,
    parse_cgroup,
    parse_limits,
    parse_threads,
    path_in_mount,
)
from plugins.module_utils.prove.proof import Knob, Proof, ProofError, bytes_text, judge, placebo_rows, value_text
from plugins.module_utils.prove.readings import MemoryEvidence, Reading, memory_reading, swap_reading, threads_reading

GIB = 1 << 30
OWN = "/sys/fs/cgroup/ollama.service/memory.max"
ABOVE = "/sys/fs/cgroup/memory.max"


def verdict(knob, requested, reading):
    """Judge one knob and return its (verdict, note)."""
    row = judge({knob: requested}, {knob: reading})[0]
    return row.verdict, row.note


def memory(**changes):
    """Evidence of a unit with 2 GiB and no swap on cgroup v2, with some of it changed."""
    seen = {
        "version": 2,
        "limits": [(OWN, str(2 * GIB)), (ABOVE, "max")],
        "swap_limits": [("own.swap", "0"), ("above.swap", "max")],
        "controller": True,
        "own": True,
        "writable": True,
        "declared": True,
        "swap_total_bytes": 4 * GIB,
    }
    return MemoryEvidence(**{**seen, **changes})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("max\n", UNLIMITED, id="v2-word"),
        pytest.param("9223372036854771712", UNLIMITED, id="v1-largest-number"),
        pytest.param("18446744073709551615", UNLIMITED, id="64-bit-infinity"),
        pytest.param("-1", UNLIMITED, id="compose-minus-one"),
        pytest.param("0", 0, id="zero-is-a-limit"),
    ],
)
def test_amount_knows_every_spelling_of_no_limit(text, expected):
    assert amount(text) == expected


def test_limits_with_and_without_units_are_parsed():
    text = (
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max locked memory         65536                unlimited            bytes     \n"
        "Max nice priority         0                    0                    \n"
    )
    assert parse_limits(text) == {"Max locked memory": (65536, UNLIMITED), "Max nice priority": (0, 0)}


def test_cgroup_lines_keep_each_controller_of_a_shared_tree():
    assert parse_cgroup("2:cpu,cpuacct:/a\n1:name=systemd:/b:c\n0::/d\n") == {
        "cpu": "/a",
        "cpuacct": "/a",
        "name=systemd": "/b:c",
        "": "/d",
    }


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        pytest.param("/docker/1", "/", "/docker/1", id="whole-tree"),
        pytest.param("/docker/1/a", "/docker/1", "/a", id="part-of-the-tree"),
        pytest.param("/docker/1", "/docker/1", "/", id="the-part-itself"),
        pytest.param("/docker/10", "/docker/1", "/docker/10", id="only-whole-names"),
        pytest.param("/../../x", "/", "/", id="outside-of-what-is-seen"),
    ],
)
def test_cgroup_path_is_taken_below_its_mount(path, root, expected):
    assert path_in_mount(path, root) == expected


def test_levels_end_at_the_root():
    assert levels("/a/b") == ("/a/b", "/a", "/")
    assert levels("/") == ("/",)


def test_parent_is_found_behind_a_name_with_spaces_and_parentheses():
    assert parent_pid("42 (a (b) c) S 7 42 42 0") == 7
    assert parent_pid("") is None


@pytest.mark.parametrize(
    ("args", "server", "runner"),
    [
        pytest.param(("/bin/ollama", "serve"), True, False, id="server"),
        pytest.param(("/x/ollama", "runner", "--threads", "2"), False, True, id="runner-before-0.30"),
        pytest.param(("/x/llama-server", "-t", "2"), False, True, id="runner-since-0.30"),
        pytest.param(("/sbin/docker-init", "--", "/bin/ollama", "serve"), False, False, id="init"),
        pytest.param(("ollama", "run", "hello"), False, False, id="client"),
        pytest.param((), False, False, id="gone"),
    ],
)
def test_server_and_runner_are_told_apart(args, server, runner):
    assert (is_server(args), is_runner(args)) == (server, runner)


@pytest.mark.parametrize(
    ("args", "environ", "expected"),
    [
        pytest.param(("o", "runner", "--threads", "2"), (), Threads(2, None, True), id="ollama-runner"),
        pytest.param(("llama-server", "-t", "6"), (), Threads(6, None, False), id="short-flag"),
        pytest.param(("llama-server", "--threads=6"), (), Threads(6, None, False), id="equals-sign"),
        pytest.param(("llama-server",), ("LLAMA_ARG_THREADS=4",), Threads(None, 4, False), id="environment"),
        pytest.param(("llama-server", "--threads-batch", "9"), (), Threads(None, None, False), id="other-flag"),
        pytest.param(("llama-server", "-t"), (), Threads(None, None, False), id="cut-off"),
    ],
)
def test_threads_are_read_from_flag_and_environment(args, environ, expected):
    assert parse_threads(args, environ) == expected


def test_capability_names():
    assert capability_names("0000000000000000") == ()
    assert capability_names("0000000000004000") == ("ipc_lock",)
    assert capability_names("8000000000000000") == ("unknown",)


@pytest.mark.parametrize(
    ("seen", "requested", "expected"),
    [
        pytest.param(memory(), 2 * GIB, "in force", id="as-promised"),
        pytest.param(memory(limits=[(OWN, str(2 * GIB - 4096))]), 2 * GIB, "in force", id="rounded-to-a-page"),
        pytest.param(memory(limits=[(OWN, "max"), (ABOVE, "max")]), 2 * GIB, "failed", id="no-limit"),
        pytest.param(memory(limits=[(OWN, str(3 * GIB))]), 2 * GIB, "failed", id="limit-is-higher"),
        pytest.param(memory(limits=[(OWN, str(GIB))]), 2 * GIB, "failed", id="own-limit-is-lower"),
        pytest.param(memory(limits=[(OWN, str(2 * GIB)), (ABOVE, str(GIB))]), 2 * GIB, "clamped", id="less-above"),
        pytest.param(memory(limits=[(OWN, "max")]), "unlimited", "in force", id="unlimited-asked"),
        pytest.param(
            memory(controller=False, limits=[(OWN, None)]), 2 * GIB, "cannot be enforced here", id="no-controller"
        ),
        pytest.param(
            memory(own=False, writable=False, limits=[(ABOVE, "max")]),
            2 * GIB,
            "cannot be enforced here",
            id="controller-read-only",
        ),
        pytest.param(
            memory(own=False, limits=[(ABOVE, "max")]),
            2 * GIB,
            "cannot be enforced here",
            id="systemd-kept-it-to-itself",
        ),
        pytest.param(
            memory(own=False, declared=False, limits=[(ABOVE, "max")]), 2 * GIB, "failed", id="nobody-set-a-limit"
        ),
        pytest.param(memory(limits=[(OWN, "max")], writable=False), 2 * GIB, "failed", id="own-group-without-limit"),
    ],
)
def test_memory_limit(seen, requested, expected):
    assert verdict("memory_limit_bytes", requested, memory_reading(seen))[0] == expected


def test_memory_reading_names_the_file_that_sets_the_least():
    reading = memory_reading(memory(limits=[(OWN, str(2 * GIB)), (ABOVE, str(GIB))]))
    assert (reading.value, reading.source, reading.inherited) == (GIB, ABOVE, True)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(memory(), "in force", id="v2-none"),
        pytest.param(memory(swap_limits=[("own.swap", "max")]), "failed", id="v2-unlimited"),
        pytest.param(memory(swap_limits=[("own.swap", "max")], swap_total_bytes=0), "in force", id="system-has-none"),
        pytest.param(memory(swap_limits=[("own.swap", None)]), "cannot be enforced here", id="no-accounting"),
        pytest.param(
            memory(version=1, limits=[(OWN, str(GIB))], swap_limits=[("memsw", str(GIB))]), "in force", id="v1-equal"
        ),
        pytest.param(
            memory(version=1, limits=[(OWN, str(GIB))], swap_limits=[("memsw", str(2 * GIB))]), "failed", id="v1-more"
        ),
        pytest.param(
            memory(version=1, limits=[(OWN, str(GIB))], swap_limits=[("memsw", "9223372036854771712")]),
            "failed",
            id="v1-unlimited",
        ),
    ],
)
def test_no_swap(seen, expected):
    assert verdict("swap_limit_bytes", 0, swap_reading(seen))[0] == expected


@pytest.mark.parametrize(
    ("requested", "soft", "hard", "expected"),
    [
        pytest.param("unlimited", UNLIMITED, UNLIMITED, "in force", id="unlimited"),
        pytest.param("unlimited", 8388608, 8388608, "clamped", id="manager-may-not"),
        pytest.param(-1, 8388608, 8388608, "clamped", id="minus-one-is-unlimited"),
        pytest.param("unlimited", 8388608, UNLIMITED, "failed", id="could-but-did-not"),
        pytest.param(8388608, 8388608, 8388608, "in force", id="number"),
        pytest.param(65536, 1024, 524288, "failed", id="never-set"),
        pytest.param(0, UNLIMITED, UNLIMITED, "failed", id="more-than-asked"),
    ],
)
def test_resource_limits(requested, soft, hard, expected):
    assert verdict("memlock_bytes", requested, Reading(soft, "limits", hard=hard))[0] == expected


@pytest.mark.parametrize(
    ("threads", "expected"),
    [
        pytest.param(Threads(4, None, False), "in force", id="flag"),
        pytest.param(Threads(None, 4, False), "in force", id="environment"),
        pytest.param(Threads(8, 4, False), "failed", id="flag-wins"),
        pytest.param(Threads(None, None, False), "failed", id="nothing-set"),
        pytest.param(Threads(8, 4, True), "cannot be enforced here", id="old-ollama-computes-it"),
        pytest.param(Threads(8, None, True), "failed", id="old-ollama-never-told"),
        pytest.param(Threads(4, 4, True), "in force", id="old-ollama-agrees"),
    ],
)
def test_threads(threads, expected):
    assert verdict("threads", 4, threads_reading(10, threads))[0] == expected


def test_threads_without_a_loaded_model_are_no_failure():
    assert verdict("threads", 4, threads_reading(None, None)) == ("not loaded", "no model is loaded")


@pytest.mark.parametrize(
    ("requested", "addresses", "expected"),
    [
        pytest.param("127.0.0.1", ("127.0.0.1",), "in force", id="loopback"),
        pytest.param("127.0.0.1", ("127.0.0.1", "::1"), "in force", id="both-loopbacks"),
        pytest.param("127.0.0.1", ("0.0.0.0",), "failed", id="open-to-everyone"),
        pytest.param("127.0.0.1", ("127.0.0.1", "192.168.1.9"), "failed", id="also-open-elsewhere"),
        pytest.param("127.0.0.1", (), "failed", id="nothing-listens"),
        pytest.param("0.0.0.0", ("::",), "in force", id="everywhere"),
        pytest.param("0.0.0.0", ("127.0.0.1",), "failed", id="not-exposed-as-asked"),
        pytest.param("192.168.1.9", ("192.168.1.9",), "in force", id="one-address"),
        pytest.param("192.168.1.9", ("0.0.0.0",), "failed", id="wider-than-asked"),
    ],
)
def test_listen(requested, addresses, expected):
    assert verdict("listen", requested, Reading(addresses, "tcp"))[0] == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (("fd00::/64", "10.1.0.0/16"), "in force"),
        (("10.1.0.0/16",), "failed"),
        (("everybody",), "failed"),
        ((), "failed"),
    ],
)
def test_exactly_the_promised_networks_are_let_in(seen, expected):
    assert verdict("allowed_networks", ["10.1.0.0/16", "fd00::/64"], Reading(seen, "iptables -S"))[0] == expected


@pytest.mark.parametrize(
    ("knob", "requested", "value", "expected"),
    [
        pytest.param("capabilities", "none", "none", "in force", id="no-capabilities"),
        pytest.param("capabilities", "none", ("chown",), "failed", id="a-capability"),
        pytest.param("capabilities", "setuid, chown", ("chown", "setuid"), "in force", id="named-capabilities"),
        pytest.param("capabilities", "none", None, "failed", id="capabilities-unknown"),
        pytest.param("no_new_privileges", True, False, "failed", id="privileges"),
        pytest.param("read_only_root", False, False, "in force", id="false-is-a-promise"),
        pytest.param("user", "non-root", 997, "in force", id="some-user"),
        pytest.param("user", "non-root", 0, "failed", id="root"),
        pytest.param("user", "10001", 10001, "in force", id="that-user"),
        pytest.param("user", "10001", 997, "failed", id="other-user"),
    ],
)
def test_yes_or_no_knobs(knob, requested, value, expected):
    assert verdict(knob, requested, Reading(value, "status"))[0] == expected


def test_seccomp_without_kernel_support_cannot_be_enforced():
    assert verdict("seccomp", True, Reading(None, "status", cannot="no filter"))[0] == "cannot be enforced here"


def test_an_empty_promise_makes_no_row_and_zero_does():
    rows = judge({"nofile": None, "core_bytes": 0}, {"core_bytes": Reading(0, "limits")})
    assert [(row.knob, row.verdict) for row in rows] == [("core_bytes", "in force")]


def test_a_promise_that_nobody_can_prove_is_refused():
    with pytest.raises(
        ProofError, match=r"Cannot prove the promise 'warp': no such knob. Known are allowed_networks, .*"
    ):
        judge({"warp": 9}, {})


def test_a_promise_that_is_no_number_is_refused():
    with pytest.raises(ProofError, match=r"promise 'nofile': saw \"many\" \(a whole number or \"unlimited\""):
        judge({"nofile": "many"}, {"nofile": Reading(1, "limits")})


def test_placebo_is_passed_on_with_its_reason():
    row = placebo_rows([{"knob": "mem_swappiness", "requested": 0, "reason": "cgroup v2 has none"}])[0]
    assert (row.verdict, row.effective, row.note) == ("placebo", None, "cgroup v2 has none")


@pytest.mark.parametrize(
    ("knob", "value", "text"),
    [
        ("memory_limit_bytes", 2 * GIB, "2.0 GiB"),
        ("swap_limit_bytes", 0, "0 B"),
        ("memlock_bytes", "unlimited", "unlimited"),
        ("nofile", 65536, "65536"),
        ("seccomp", True, "yes"),
        ("listen", ("127.0.0.1", "::1"), "127.0.0.1, ::1"),
        ("listen", (), "nothing"),
        ("capabilities", tuple("abcdef"), "a, b, c, d, 2 more"),
        ("threads", None, "unknown"),
    ],
)
def test_values_have_a_form_for_people(knob, value, text):
    assert value_text(knob, value) == text


def test_bytes_text_keeps_small_counts_whole():
    assert (bytes_text(512), bytes_text(65536), bytes_text(5 << 40)) == ("512 B", "64.0 KiB", "5.0 TiB")


def test_failure_text_names_each_row_with_value_file_and_cure():
    rows = (
        Knob("memory_limit_bytes", 2 * GIB, "unlimited", "failed", OWN, ""),
        Knob("nofile", 1, 1, "in force", "limits", ""),
        Knob("user", "non-root", 0, "failed", "/proc/7/status", "it runs as root"),
    )
    text = Proof("unit ollama.service", 7, None, 2, rows, {}).failure_text()
    assert text == (
        "2 of 3 settings are not in force for unit ollama.service, pid 7: "
        f"memory_limit_bytes is unlimited in {OWN} (2.0 GiB was promised); "
        "user is 0 in /proc/7/status (non-root was promised, it runs as root). "
        "Restart the server so that it takes its configuration up, or change what you asked for; "
        "'strict: false' only reports."
    )
