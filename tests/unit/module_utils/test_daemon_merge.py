# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Our settings in the owner's file: what is added, what stays the owner's, and how ours are removed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from plugins.module_utils.apply.daemon_json.merge import ANY, Kept, flat, merge

OWNERS = {
    "log-opts": {"max-size": "5m", "labels": "team"},
    "registry-mirrors": ["https://theirs"],
    "debug": False,
}


@pytest.mark.parametrize(
    ("before", "ours", "after"),
    [
        pytest.param({}, {"live-restore": True}, {"live-restore": True}, id="first-setting"),
        pytest.param({"mtu": 1400}, {"debug": True}, {"mtu": 1400, "debug": True}, id="beside-theirs"),
        pytest.param(
            {"log-opts": {"tag": "x"}},
            {"log-opts": {"max-size": "10m"}},
            {"log-opts": {"tag": "x", "max-size": "10m"}},
            id="maps-key-by-key",
        ),
        pytest.param(
            {"runtimes": {"a": {"path": "/a"}}},
            {"runtimes": {"b": {"path": "/b"}}},
            {"runtimes": {"a": {"path": "/a"}, "b": {"path": "/b"}}},
            id="runtimes",
        ),
        pytest.param(
            {"dns": ["9.9.9.9"]},
            {"dns": ["1.1.1.1", "9.9.9.9"]},
            {"dns": ["9.9.9.9", "1.1.1.1"]},
            id="lists-joined-theirs-first",
        ),
        pytest.param({"debug": False}, {"debug": False}, {"debug": False}, id="equal"),
    ],
)
def test_ours_is_added(before: Any, ours: Any, after: Any) -> None:
    result = merge(before, ours, {})
    assert json.dumps(result.after) == json.dumps(after)
    assert result.kept == ()
    assert merge(result.after, ours, {}).after == result.after


def test_owners_value_stays_and_is_named() -> None:
    result = merge(OWNERS, {"log-opts": {"max-size": "10m"}, "debug": True}, {})
    assert result.after == OWNERS
    assert result.kept == (Kept("log-opts.max-size", "5m", "10m"), Kept("debug", False, True))
    assert result.added == {}


def test_replacing_tells_the_former_value() -> None:
    result = merge(OWNERS, {"log-opts": {"max-size": "10m"}}, {}, replace=True)
    assert result.after["log-opts"] == {"max-size": "10m", "labels": "team"}
    assert result.replaced == {"log-opts.max-size": "5m"}
    assert result.kept == ()


def test_another_shape_is_a_conflict() -> None:
    assert merge({"dns": "9.9.9.9"}, {"dns": ["1.1.1.1"]}, {}).kept == (Kept("dns", "9.9.9.9", ["1.1.1.1"]),)


def test_false_and_zero_are_values_of_the_owner() -> None:
    assert merge({"icc": False, "mtu": 0}, {"icc": True, "mtu": 1400}, {}).after == {"icc": False, "mtu": 0}


def test_log_options_stay_out_when_the_owners_driver_stays() -> None:
    ours = {"log-driver": "json-file", "log-opts": {"max-size": "10m"}}
    result = merge({"log-driver": "journald"}, ours, {})
    assert result.after == {"log-driver": "journald"}
    assert [kept.key for kept in result.kept] == ["log-opts", "log-driver"]


@pytest.mark.parametrize("before", [{}, OWNERS, {"live-restore": True}, {"log-opts": {}}, {"dns": []}])
def test_taking_back_what_was_added_gives_the_owners_file(before: Any) -> None:
    ours = {"live-restore": True, "log-opts": {"max-file": "3"}, "registry-mirrors": ["http://ours"]}
    done = merge(before, ours, {})
    undone = merge(done.after, {}, done.added)
    assert {key: value for key, value in undone.after.items() if value not in ({}, [])} == {
        key: value for key, value in before.items() if value not in ({}, [])
    }
    assert undone.kept == ()


def test_taking_back_leaves_what_the_owner_changed_since() -> None:
    result = merge({"mtu": 1300, "dns": ["9.9.9.9", "1.1.1.1"]}, {}, {"mtu": 1400, "dns": ["1.1.1.1"]})
    assert result.after == {"mtu": 1300, "dns": ["9.9.9.9"]}
    assert result.kept == (Kept("mtu", 1300, 1400),)


def test_keys_by_name_go_whatever_their_value() -> None:
    assert merge(OWNERS, {}, {"log-opts": ANY, "no-such": ANY}).after == {
        "registry-mirrors": ["https://theirs"],
        "debug": False,
    }


def test_our_own_former_value_changes_in_its_place() -> None:
    before = {"log-opts": {"max-size": "10m", "tag": "x"}, "dns": ["1.1.1.1", "9.9.9.9"], "debug": False}
    ours = {"log-opts": {"max-size": "20m"}, "dns": ["1.1.1.1"]}
    result = merge(before, ours, {"log-opts": {"max-size": "10m"}, "dns": ["1.1.1.1"]})
    assert json.dumps(result.after) == json.dumps(
        {"log-opts": {"max-size": "20m", "tag": "x"}, "dns": ["1.1.1.1", "9.9.9.9"], "debug": False}
    )
    assert result.added == {"log-opts": {"max-size": "20m"}, "dns": ["1.1.1.1"]}
    assert result.kept == ()


def test_same_call_again_changes_nothing_and_still_knows_what_is_ours() -> None:
    ours = {"live-restore": True, "dns": ["1.1.1.1"]}
    first = merge({"dns": ["9.9.9.9"]}, ours, {})
    second = merge(first.after, ours, first.added)
    assert json.dumps(second.after) == json.dumps(first.after)
    assert second.added == first.added


def test_owners_settings_are_not_touched_in_memory() -> None:
    before = copy.deepcopy(OWNERS)
    merge(before, {"log-opts": {"x": "y"}, "registry-mirrors": ["z"]}, {"debug": False})
    assert before == OWNERS


def test_leaves_are_dotted() -> None:
    assert list(flat({"a": {"b": 1, "c": {}}, "d": []})) == [("a.b", 1), ("a.c", {}), ("d", [])]
