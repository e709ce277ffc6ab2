# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Measuring memory, with small buffers: the figures are not judged here, machines are too noisy."""

from __future__ import annotations

import time

import pytest

from plugins.module_utils.look import bandwidth as _bandwidth

MIB = 1 << 20


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(_bandwidth, "WANTED_BYTES", 8 * MIB)
    monkeypatch.setattr(_bandwidth, "LEAST_BYTES", 2 * MIB)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("threads", "words"), [(1, "1 thread"), (2, "2 threads"), (3, "3 threads")])
def test_reading_gives_a_speed_and_says_how(threads, words):
    speed, method = _bandwidth.measure(threads, None)
    assert speed > 100e6
    assert method == f"memchr over {8 if threads < 3 else 7} MiB, {words}, median of 5"


@pytest.mark.usefixtures("small")
def test_without_ctypes_one_thread_still_measures_and_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ctypes", None)
    speed, method = _bandwidth.measure(2, None)
    assert speed > 100e6
    assert method == "bytearray.find over 8 MiB, 1 thread, median of 5: a lower bound"


@pytest.mark.usefixtures("small")
def test_a_buffer_is_four_times_the_cache():
    assert "over 16 MiB" in _bandwidth.measure(1, None, 4 * MIB)[1]


@pytest.mark.usefixtures("small")
def test_a_buffer_is_at_most_a_quarter_of_the_memory():
    assert "over 4 MiB" in _bandwidth.measure(1, 16 * MIB)[1]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("available", "cache", "needed"), [(4 * MIB, 0, 2), (40 * MIB, 8 * MIB, 16)], ids=["memory", "cache"]
)
def test_too_little_memory_is_refused_with_the_figures(available, cache, needed):
    with pytest.raises(_bandwidth.BandwidthError) as error:
        _bandwidth.measure(1, available, cache)
    assert str(error.value) == (
        f"a quarter of the available memory is {available // 4 // MIB} MiB "
        f"({needed} MiB are needed to get past the caches)"
    )


@pytest.mark.usefixtures("small")
def test_a_slow_machine_measures_fewer_rounds(monkeypatch):
    monkeypatch.setattr(_bandwidth, "BUDGET_SECONDS", 0.0)
    rounds = []
    _bandwidth._median(lambda: rounds.append(time.sleep(0.001)), 1)
    assert len(rounds) == 1
