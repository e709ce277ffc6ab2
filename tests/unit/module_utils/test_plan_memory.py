# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What models need, what a host gives, and the limit between the two."""

from __future__ import annotations

import pytest

from plugins.filter.plan import builtin_catalogue
from plugins.module_utils.host.values import GIB, MIB
from plugins.module_utils.plan.catalog import Model, Variant, read_catalogue
from plugins.module_utils.plan.memory import Budget, Need, budget, limit, longest_context, need, together
from plugins.module_utils.plan.speed import bandwidth, bytes_per_token, tokens_per_second
from tests.unit.plan_cases import MAC, host

CATALOGUE = read_catalogue(builtin_catalogue())


def model(name: str) -> tuple[Model, Variant]:
    found = CATALOGUE.find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("context", "parallel", "kv_mib", "resident_mb"),
    [
        pytest.param(4096, 1, 48, 513, id="4k"),
        pytest.param(8192, 1, 96, 561, id="8k"),
        pytest.param(32768, 1, 384, 850, id="32k"),
        pytest.param(4096, 4, 192, 659, id="four-at-once"),
    ],
)
def test_the_need_is_an_upper_bound_of_what_was_measured(
    context: int, parallel: int, kv_mib: int, resident_mb: int
) -> None:
    known, variant = model("qwen2.5:0.5b")
    takes = need(known, variant.download_bytes, context, parallel, "f16")
    assert takes.kv == kv_mib * MIB
    assert resident_mb * 10**6 < takes.alone < 3 * resident_mb * 10**6


def test_a_quantised_cache_takes_its_share() -> None:
    known, variant = model("qwen2.5:3b")
    full = need(known, variant.download_bytes, 4096, 1, "f16").kv
    assert need(known, variant.download_bytes, 4096, 1, "q8_0").kv == int(full * 0.53)


def test_an_unknown_shape_is_taken_for_a_large_one() -> None:
    known, _variant = model("qwen2.5:7b")
    assert need(None, 10**9, 4096, 1, "f16").alone > need(known, 10**9, 4096, 1, "f16").alone


@pytest.mark.parametrize(
    ("total", "available", "cgroup", "wish", "expected"),
    [
        pytest.param(8 * GIB, 6 * GIB, None, None, Budget(6 * GIB, 2 * GIB), id="two-gib-of-eight"),
        pytest.param(32 * GIB, 28 * GIB, None, None, Budget(28 * GIB, int(0.2 * 32 * GIB)), id="a-fifth-of-32"),
        pytest.param(32 * GIB, 4 * GIB, 4 * GIB, None, Budget(4 * GIB, 2 * GIB), id="a-group-s-limit-is-the-total"),
        pytest.param(8 * GIB, 6 * GIB, None, GIB, Budget(6 * GIB, GIB), id="as-wished"),
        pytest.param(8 * GIB, 6 * GIB, None, 0, Budget(6 * GIB, 0), id="none-wished"),
        pytest.param(8 * GIB, None, None, None, Budget(8 * GIB, 2 * GIB), id="available-not-known"),
        pytest.param(None, None, None, None, Budget(None, 2 * GIB), id="nothing-known"),
    ],
)
def test_the_system_keeps_its_reserve(
    total: int | None, available: int | None, cgroup: int | None, wish: int | None, expected: Budget
) -> None:
    seen = host(memory_total_bytes=total, memory_available_bytes=available, memory_limit_bytes=cgroup)
    assert budget(seen, wish, ours_runs=False) == expected


def test_room_is_never_negative() -> None:
    assert Budget(GIB, 2 * GIB).room == 0


def test_our_own_server_s_memory_counts_as_available() -> None:
    seen = host(memory_total_bytes=8 * GIB, memory_available_bytes=3 * GIB)
    assert budget(seen, None, ours_runs=True).available == int(8 * GIB * 0.7)


def test_the_limit_does_not_follow_the_room() -> None:
    assert limit(10**9, 10**9, 5 * GIB) == limit(10**9, 10**9, 6 * GIB)


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        pytest.param(4 * GIB, 35 * 64 * MIB, id="with-page-cache"),
        pytest.param(2 * GIB, 19 * 64 * MIB, id="without-page-cache"),
        pytest.param(GIB + MIB, GIB + MIB, id="all-there-is"),
    ],
)
def test_the_limit_leaves_headroom_where_there_is_room(room: int, expected: int) -> None:
    assert limit(GIB, GIB, room) == expected


def test_only_the_largest_models_are_loaded_together() -> None:
    small, large = Need(10, 0, 0), Need(1000, 0, 0)
    assert together([small, large], 2) - together([small, large], 1) == small.loaded


def test_the_longest_context_is_a_halving_that_fits() -> None:
    known, variant = model("qwen2.5:3b")
    context = longest_context(known, variant.download_bytes, 131072, 1, "f16", 4 * 10**9)
    assert context == 16384
    assert need(known, variant.download_bytes, 16384, 1, "f16").alone <= 4 * 10**9


def test_no_context_fits_where_the_weights_do_not() -> None:
    known, variant = model("qwen2.5:3b")
    assert longest_context(known, variant.download_bytes, 4096, 1, "f16", 10**9) is None


@pytest.mark.parametrize(
    ("name", "slow", "middle", "fast"),
    [
        ("qwen2.5:0.5b", 28, 46, 65),
        ("qwen2.5:1.5b", 13, 24, 38),
        ("qwen2.5:3b", 7, 13.5, 23),
        ("qwen2.5:7b", 3, 6, 10.6),
    ],
)
def test_predictions_agree_with_the_measured_table(name: str, slow: float, middle: float, fast: float) -> None:
    read = bytes_per_token(*model(name))
    for rate, expected in ((17e9, slow), (35e9, middle), (65e9, fast)):
        memory = bandwidth(host(memory_bandwidth_bytes_per_second=rate))
        assert tokens_per_second(read, memory) == pytest.approx(expected, rel=0.08)


def test_words_that_stand_apart_are_not_read_for_each_token() -> None:
    known, variant = model("qwen2.5:7b")
    assert variant.download_bytes - bytes_per_token(known, variant) == 152064 * 3584 * 4.5 / 8


def test_without_a_measurement_the_slowest_memory_is_taken_and_said() -> None:
    guess = bandwidth(host(memory_bandwidth_bytes_per_second=None))
    assert guess.bytes_per_second == 17e9
    assert "not measured" in guess.source


def test_apple_silicon_has_faster_memory_than_that() -> None:
    guess = bandwidth(host(**MAC, memory_bandwidth_bytes_per_second=None))
    assert guess.bytes_per_second == 50e9
    assert "not measured" in guess.source
