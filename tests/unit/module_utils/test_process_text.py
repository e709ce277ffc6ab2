# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What Linux says about a process."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.host.process_text import (
    Mount,
    amount,
    descendants,
    mount_at,
    parent_pid,
    parse_cgroup,
    parse_fields,
    parse_mounts,
    parse_nul_list,
    parse_threads,
    path_in_mount,
)

LINE = "30 20 0:26 {root} {point} {options} shared:9 - {kind} none {rest}\n"


def line(root: str = "/", point: str = "/a", options: str = "rw", kind: str = "ext4", rest: str = "rw") -> str:
    return LINE.format(root=root, point=point, options=options, kind=kind, rest=rest)


@pytest.mark.parametrize(
    ("written", "controller", "path"),
    [
        pytest.param("0::/user.slice", "", "/user.slice", id="version-2"),
        pytest.param("4:cpu,cpuacct:/docker/x\n0::/", "cpu", "/docker/x", id="version-1-joined-controllers"),
        pytest.param("4:cpuacct:/a\n3:cpu:/b", "cpu", "/b", id="whole-names-only"),
        pytest.param("4:memory:/a:b", "memory", "/a:b", id="a-colon-in-the-path"),
        pytest.param("1:name=systemd:/", "cpu", None, id="not-there"),
        pytest.param("", "", None, id="empty"),
    ],
)
def test_the_path_of_a_controller_s_group(written: str, controller: str, path: str | None) -> None:
    assert parse_cgroup(written).get(controller) == path


@pytest.mark.parametrize(
    ("written", "mounts"),
    [
        pytest.param(line(), (Mount("/", "/a", False, "ext4", ("rw",)),), id="plain"),
        pytest.param(line(options="nosuid,ro"), (Mount("/", "/a", True, "ext4", ("rw",)),), id="read-only"),
        pytest.param(line(rest="rw,ro"), (Mount("/", "/a", False, "ext4", ("rw", "ro")),), id="read-only-elsewhere"),
        pytest.param(line(point=r"/my\040disk"), (Mount("/", "/my disk", False, "ext4", ("rw",)),), id="a-space"),
        pytest.param("30 20 0:26 / /a rw - ext4 none rw\n", (Mount("/", "/a", False, "ext4", ("rw",)),), id="shortest"),
        pytest.param("30 20 0:26 / /a rw - ext4 none\n", (Mount("/", "/a", False, "ext4", ()),), id="no-options"),
        pytest.param("30 20 0:26 / /a - ext4 none rw\n", (), id="a-field-too-few"),
        pytest.param("30 20 0:26 / /a rw shared:9\n", (), id="no-file-system"),
        pytest.param("\n", (), id="empty"),
    ],
)
def test_mounts(written: str, mounts: tuple[Mount, ...]) -> None:
    assert parse_mounts(written) == mounts


def test_the_last_mount_at_a_point_is_the_visible_one() -> None:
    mounts = parse_mounts(line(kind="ext4") + line(kind="xfs") + line(point="/b", kind="tmpfs"))
    seen = mount_at(mounts, "/a")
    assert seen is not None
    assert seen.fs_type == "xfs"
    assert mount_at(mounts, "/a/b") is None


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [("/docker/1/x", "/docker/1", "/x"), ("/docker/12", "/docker/1", "/docker/12"), ("/docker/1", "/docker/1", "/")],
)
def test_a_path_in_a_mount(path: str, root: str, expected: str) -> None:
    assert path_in_mount(path, root) == expected


@pytest.mark.parametrize(("text", "limit"), [(str(2**62), "unlimited"), (str(2**62 - 1), 2**62 - 1)])
def test_the_numbers_that_mean_no_limit_begin_at_two_to_the_62(text: str, limit: Any) -> None:
    assert amount(text) == limit


def test_lines_without_a_value_are_left_out() -> None:
    assert parse_fields("Name:\tollama\nodd\nVmSwap:\t 12 kB\n") == {"Name": "ollama", "VmSwap": "12 kB"}
    assert parse_nul_list("a\0\0b\0") == ("a", "b")


def test_a_variable_without_a_value_is_no_thread_count() -> None:
    threads = parse_threads(("llama-server",), ("LLAMA_ARG_THREADS", "OTHER=1"))
    assert (threads.flag, threads.environment) == (None, None)


@pytest.mark.parametrize(("stat", "parent"), [("1 (a) S 7", 7), ("1 (a) S", None)])
def test_the_parent_of_a_process(stat: str, parent: int | None) -> None:
    assert parent_pid(stat) == parent


def test_descendants_are_all_below_parents_first() -> None:
    assert descendants({1: None, 2: 1, 3: 2, 4: 1, 5: 9}, 1) == [1, 2, 4, 3]
