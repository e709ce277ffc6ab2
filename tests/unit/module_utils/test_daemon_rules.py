# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What dockerd would refuse is known before it is restarted."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.module_utils.apply.daemon_json.rules import faults, flag_keys


def nofile(soft: Any, hard: Any) -> dict:
    return {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": soft, "Hard": hard}}}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"live-restore": True, "log-opts": {"max-size": "10m", "max-file": "3", "tag": "x"}},
        {"log-driver": "local", "log-opts": {"compress": "true"}},
        {"log-driver": "some-plugin", "log-opts": {"anything": "goes"}},
        nofile(1024, 2048),
        nofile(1024, -1),
        nofile(-1, -1),
        {"default-ulimits": {"memlock": {"name": "memlock", "soft": 8388608, "hard": 8388608}}},
        {"default-shm-size": "64M"},
        {"default-shm-size": 67108864},
        {"features": {"containerd-snapshotter": True}, "builder": {"gc": {"enabled": True}}},
    ],
)
def test_good_settings_have_no_fault(settings: dict) -> None:
    assert faults(settings, ["-H", "fd://"], names_too=True) == ()


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        ({"live-resotre": True}, "'live-resotre' is not an option of dockerd"),
        ({"live-restore": "true"}, "'live-restore' is the text \"true\" (true or false was needed)"),
        ({"mtu": "1400"}, "'mtu' is the text \"1400\" (a number was needed)"),
        ({"mtu": True}, "'mtu' is true (a number was needed)"),
        ({"registry-mirrors": "http://m"}, "'registry-mirrors' is the text \"http://m\" (a list of texts was needed)"),
        ({"dns": [1]}, "'dns' is a list (a list of texts was needed)"),
        ({"log-opts": []}, "'log-opts' is a list (a map of texts was needed)"),
        ({"group": None}, "'group' is null (a text was needed)"),
        ({"log-opts": {"max-file": 3}}, "'log-opts.max-file' is the number 3 (a text was needed: \"3\")"),
        (
            {"log-opts": {"max-sise": "1m"}},
            "'log-opts.max-sise' is not an option of the log driver json-file (compress, env",
        ),
        ({"log-driver": "journald", "log-opts": {"max-size": "1m"}}, "not an option of the log driver journald"),
        (nofile(4096, 1024), "has the soft limit 4096 above the hard limit 1024, and no container would start"),
        (nofile(-1, 1024), "has the soft limit -1 above the hard limit 1024"),
        (nofile("1024", 1024), "has a limit that is not a whole number"),
        (
            {"default-ulimits": {"nofiles": {"Soft": 1, "Hard": 1}}},
            "'default-ulimits.nofiles' has the name 'nofiles', which is not a ulimit",
        ),
        ({"default-ulimits": {"nofile": 1024}}, "is the number 1024 (a map with Name, Soft and Hard was needed)"),
    ],
)
def test_fault_is_named(settings: dict, seen: str) -> None:
    (fault,) = faults(settings, [], names_too=True)
    assert seen in fault.seen
    assert fault.key == list(settings)[-1]


@pytest.mark.parametrize(
    ("flags", "settings", "flag"),
    [
        (["-H", "fd://"], {"hosts": ["fd://"]}, "-H"),
        (["--host=fd://"], {"hosts": ["fd://"]}, "--host"),
        (["--log-driver=local"], {"log-driver": "local"}, "--log-driver"),
        (["--log-opt", "max-size=1m"], {"log-opts": {"max-size": "1m"}}, "--log-opt"),
        (["-D"], {"debug": True}, "-D"),
    ],
)
def test_key_that_is_also_a_flag_is_refused(flags: list, settings: dict, flag: str) -> None:
    (fault,) = faults(settings, flags, names_too=True)
    assert f"also set by the flag {flag} in the service" in fault.seen


def test_runtimes_may_be_both_flag_and_key() -> None:
    assert faults({"runtimes": {}}, ["--add-runtime", "a=/a"], names_too=True) == ()


def test_unknown_key_is_left_to_dockerd_if_it_can_judge() -> None:
    assert faults({"key-of-the-year-2030": 1}, [], names_too=False) == ()


def test_harm_that_dockerd_does_not_see_is_marked() -> None:
    assert [fault.starts for fault in faults(nofile(2, 1), [], True)] == [True]
    assert [fault.starts for fault in faults({"mtu": "x"}, [], True)] == [False]


def test_values_of_flags_are_no_flags() -> None:
    assert flag_keys(["-H", "fd://", "--containerd=/run/c.sock", "$DOCKER_OPTS"]) == {
        "hosts": "-H",
        "containerd": "--containerd",
    }
