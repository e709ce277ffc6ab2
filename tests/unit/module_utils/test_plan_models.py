# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Models: the named ones if they fit, or the largest that fits and is fast enough, with the arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.filter.plan import builtin_catalogue
from plugins.module_utils.plan.wishes import PlanError
from tests.unit.plan_cases import planned


def refused(wishes: dict[str, Any] | None = None, **changes: Any) -> str:
    with pytest.raises(PlanError) as caught:
        planned(wishes, **changes)
    return str(caught.value)


GB = 10**9


@pytest.mark.parametrize(
    ("available", "bandwidth", "model"),
    [
        pytest.param(5.7 * GB, 17e9, "qwen2.5:1.5b", id="8-gb-one-module"),
        pytest.param(12 * GB, 35e9, "qwen2.5:3b", id="16-gb-two-modules"),
        pytest.param(12 * GB, 65e9, "qwen2.5:7b", id="fast-memory"),
        pytest.param(8 * GB, 65e9, "qwen2.5:3b", id="fast-but-small"),
        pytest.param(5.2 * GB, 35e9, "qwen2.5:1.5b", id="two-gb-of-room"),
        pytest.param(4.2 * GB, 35e9, "qwen2.5:0.5b-instruct-q4_0", id="one-gb-of-room"),
        pytest.param(12 * GB, None, "qwen2.5:1.5b", id="bandwidth-not-measured"),
        pytest.param(12 * GB, 9e9, "qwen2.5:0.5b-instruct-q4_0", id="slow-memory"),
    ],
)
def test_auto_takes_the_largest_that_fits_and_is_fast_enough(
    available: float, bandwidth: float | None, model: str
) -> None:
    plan = planned(memory_available_bytes=int(available), memory_bandwidth_bytes_per_second=bandwidth)
    assert plan.models.names == (model,)


def test_the_reasons_are_the_arithmetic_from_3b_on() -> None:
    assert planned().why.models == (
        "Memory bandwidth 35 GB/s, measured.",
        "qwen2.5:3b needs 2.6 GB of 8.8 GB, predicted 14 +-25 % tokens/s, wanted 8: good.",
        "qwen2.5:7b needs 5.4 GB of 8.8 GB, predicted 6.3 +-25 % tokens/s, wanted 8: too slow.",
        "Chosen: qwen2.5:3b, good for writing, simple code.",
    )


def test_the_prediction_comes_with_the_plan() -> None:
    assert planned().proof.predicted == {
        "qwen2.5:3b": {
            "tokens_per_second": 13.5,
            "needed_bytes": 2552072304,
            "context_bytes": 150994944,
            "download_bytes": 1929912432,
        }
    }


def test_if_none_is_fast_enough_the_smallest_is_taken_and_warned_of() -> None:
    plan = planned({"min_tokens_per_second": 500})
    assert plan.models.names == ("qwen2.5:0.5b-instruct-q4_0",)
    assert "No model reaches 500 tokens/s here: qwen2.5:0.5b-instruct-q4_0, the smallest" in plan.why.warnings[0]


def test_the_licence_is_told_where_it_forbids_commercial_use() -> None:
    assert "qwen2.5:3b has the licence Qwen-Research: no commercial use" in " ".join(planned().why.warnings)


def test_nothing_fits_is_refused_with_the_numbers() -> None:
    assert refused(memory_total_bytes=1_028_096_000, memory_available_bytes=624_640_000) == (
        "Cannot plan laptop3: no model fits: the smallest, qwen2.5:0.5b-instruct-q4_0, needs 873 MB (needed: at most "
        "0 MB: 625 MB available, of which the system keeps 2.1 GB). Close other programs, or lower "
        "nogpu_memory_reserve."
    )


def test_a_lower_reserve_makes_room() -> None:
    wishes = {"memory_reserve": "100MB"}
    plan = planned(wishes, memory_total_bytes=2 * GB, memory_available_bytes=1_100_000_000)
    assert plan.models.names == ("qwen2.5:0.5b-instruct-q4_0",)
    assert plan.server.memory_limit_bytes <= 1_000_000_000


def test_unknown_memory_is_refused() -> None:
    assert "how much memory there is could not be read" in refused(memory_total_bytes=None, memory_available_bytes=None)


def test_auto_steps_down_for_the_disk() -> None:
    plan = planned(disk_free_bytes=3 * GB)
    assert plan.models.names == ("qwen2.5:1.5b",)
    assert "does not fit on the disk" in plan.why.models[1]


def test_a_full_disk_is_refused_with_the_numbers() -> None:
    assert refused(disk_free_bytes=GB) == (
        "Cannot plan laptop3: /var/lib has 1.0 GB free, and qwen2.5:0.5b-instruct-q4_0 takes 352 MB to download "
        "(needed: 1.5 GB free, 10 % and 1 GiB more). Free space there, or name a smaller model."
    )


def test_a_named_model_that_the_disk_cannot_hold_is_refused() -> None:
    sentence = refused({"models": ["qwen2.5:3b", "qwen2.5:7b"]}, disk_free_bytes=5 * GB)
    assert (
        "/var/lib has 5.0 GB free, and qwen2.5:3b, qwen2.5:7b takes 6.6 GB to download (needed: 8.3 GB free" in sentence
    )


def test_a_disk_that_is_not_known_refuses_nothing() -> None:
    assert planned(disk_free_bytes=None).models.names == ("qwen2.5:3b",)


def test_named_models_are_taken_as_they_are() -> None:
    plan = planned({"models": ["qwen2.5:0.5b", "llama3.2"]})
    assert plan.models.names == ("qwen2.5:0.5b", "llama3.2:latest")
    assert plan.why.models[1].endswith("wanted 8: named in nogpu_models.")


def test_a_named_model_that_is_slow_is_warned_of() -> None:
    plan = planned({"models": ["llama3.1:8b"]})
    assert plan.models.names == ("llama3.1:8b",)
    assert "llama3.1:8b is predicted 6.0 +-25 % tokens/s (8 wanted)" in plan.why.warnings[0]


def test_auto_stands_beside_named_models() -> None:
    plan = planned({"models": ["hello", "auto"]})
    assert plan.models.names == ("hello:latest", "qwen2.5:3b")


def test_auto_does_not_repeat_a_named_model() -> None:
    assert planned({"models": ["auto", "qwen2.5:3b"]}).models.names == ("qwen2.5:3b",)


def test_a_named_model_that_does_not_fit_is_refused_with_the_nearest_that_does() -> None:
    assert refused({"models": ["qwen2.5:7b"]}, memory_available_bytes=7 * GB) == (
        "Cannot plan laptop3: qwen2.5:7b needs 5.4 GB, 235 MB of it for a context of 4096 tokens (needed: at most "
        "3.8 GB: 7.0 GB available, of which the system keeps 3.2 GB). Set nogpu_models to qwen2.5:3b (2.6 GB), the "
        "nearest that fits, or to auto."
    )


def test_the_nearest_may_be_of_another_family() -> None:
    assert "Set nogpu_models to qwen3:4b" in refused({"models": ["mistral:7b"]}, memory_available_bytes=7 * GB)


def test_where_nothing_fits_no_other_model_is_offered() -> None:
    assert "No model of the catalogue fits" in refused({"models": ["qwen2.5:7b"]}, memory_available_bytes=4 * GB)


def test_many_conversations_are_counted() -> None:
    sentence = refused({"models": ["qwen3:8b"], "parallel": 8})
    assert "for a context of 8 x 4096 tokens" in sentence
    assert "Set nogpu_context_length to 1024 or less." in sentence


def test_a_quantised_cache_saves_memory() -> None:
    wishes = {"models": ["qwen2.5:3b"]}
    full, small = planned(wishes), planned({**wishes, "kv_cache_type": "q8_0"})
    assert (small.why.memory_needed_bytes or 0) < (full.why.memory_needed_bytes or 0)


def test_a_model_of_unknown_size_is_planned_with_a_warning() -> None:
    plan = planned({"models": ["hello"]})
    assert plan.server.memory_limit_bytes == 4 * 1024**3 * 1.15 // (64 * 1024**2) * 64 * 1024**2 + 64 * 1024**2
    assert plan.why.memory_needed_bytes is None
    assert plan.proof.predicted == {
        "hello:latest": {"tokens_per_second": None, "needed_bytes": None, "context_bytes": None, "download_bytes": None}
    }
    assert plan.why.warnings == (
        "The size of hello:latest is unknown until its manifest is read: whether it fits was not checked.",
    )


def test_a_model_of_unknown_size_gets_no_more_than_there_is() -> None:
    plan = planned({"models": ["hello"]}, memory_available_bytes=5 * GB)
    assert 0 < plan.server.memory_limit_bytes <= 5 * GB - plan.why.memory_reserve_bytes


def test_a_model_of_unknown_size_is_refused_where_there_is_no_room() -> None:
    assert "there is no memory for a model" in refused({"models": ["hello"]}, memory_available_bytes=2 * GB)


def test_a_manifest_gives_the_size() -> None:
    plan = planned({"models": ["hello"], "manifest_sizes": {"hello": 500_000}})
    assert plan.proof.predicted["hello:latest"]["download_bytes"] == 500_000
    assert plan.why.warnings == ()


def test_a_manifest_knows_better_than_the_catalogue() -> None:
    wishes = {"models": ["qwen2.5:3b"], "manifest_sizes": {"qwen2.5:3b": 2_000_000_000}}
    assert planned(wishes).proof.predicted["qwen2.5:3b"]["download_bytes"] == 2_000_000_000


def test_a_manifest_that_differs_much_from_the_catalogue_is_named() -> None:
    wishes = {"models": ["qwen2.5:3b"], "manifest_sizes": {"qwen2.5:3b": 4_000_000_000}}
    assert planned(wishes).why.warnings[0] == (
        "The manifest of qwen2.5:3b says 4.0 GB, the catalogue 1.9 GB: the plan uses the size in the manifest."
    )


def test_no_speed_is_predicted_for_a_model_that_is_too_small_for_the_formula() -> None:
    plan = planned({"models": ["hello"], "manifest_sizes": {"hello": 500_000}})
    assert plan.proof.predicted["hello:latest"]["tokens_per_second"] is None
    assert "too small to predict its speed" in plan.why.models[1]


@pytest.mark.parametrize(
    ("present", "bandwidth", "chosen"),
    [
        pytest.param([], 18e9, "qwen2.5:1.5b", id="nothing-there-and-3b-is-too-slow"),
        pytest.param(["qwen2.5:3b"], 18e9, "qwen2.5:3b", id="what-is-there-stays-while-it-may-be-fast-enough"),
        pytest.param(["qwen2.5:3b"], 14.9e9, "qwen2.5:3b", id="down-to-three-quarters-of-what-is-wanted"),
        pytest.param(["qwen2.5:3b"], 14.3e9, "qwen2.5:1.5b", id="but-not-below"),
        pytest.param(["qwen2.5:3b"], 12e9, "qwen2.5:1.5b", id="but-not-when-it-is-clearly-too-slow"),
        pytest.param([], 22e9, "qwen2.5:3b", id="nothing-there-and-3b-is-fast-enough"),
        pytest.param(["qwen2.5:1.5b"], 22e9, "qwen2.5:1.5b", id="a-small-gain-changes-nothing"),
        pytest.param(["qwen2.5:1.5b"], 25e9, "qwen2.5:1.5b", id="just-below-a-quarter-more"),
        pytest.param(["qwen2.5:1.5b"], 25.5e9, "qwen2.5:3b", id="just-above-a-quarter-more"),
        pytest.param(["qwen2.5:1.5b"], 30e9, "qwen2.5:3b", id="a-clear-gain-does"),
        pytest.param(["llama3.2:3b"], 22e9, "qwen2.5:3b", id="a-model-that-auto-never-takes-does-not-count"),
    ],
)
def test_auto_does_not_change_with_each_measurement(present: list[str], bandwidth: float, chosen: str) -> None:
    plan = planned({"models_present": present}, memory_bandwidth_bytes_per_second=bandwidth)
    assert plan.models.names == (chosen,)


def test_a_model_that_is_there_needs_no_disk() -> None:
    wishes = {"models": ["qwen2.5:3b", "qwen2.5:7b"], "models_present": ["qwen2.5:7b"]}
    assert planned(wishes, disk_free_bytes=5 * GB).models.names == ("qwen2.5:3b", "qwen2.5:7b")
    sentence = refused(wishes, disk_free_bytes=2 * GB)
    assert "/var/lib has 2.0 GB free, and qwen2.5:3b takes 1.9 GB to download" in sentence


def test_fewer_than_four_bits_only_when_asked_and_with_a_warning() -> None:
    plan = planned({"quantisation": "q2_K"})
    assert plan.models.names == ("qwen2.5:7b-instruct-q2_K",)
    assert "fewer than 4 bits" in " ".join(plan.why.warnings)


def test_named_low_bits_are_warned_of_too() -> None:
    assert "fewer than 4 bits" in " ".join(planned({"models": ["qwen2.5:1.5b-instruct-q2_K"]}).why.warnings)


def test_models_without_the_asked_quantisation_are_passed_over() -> None:
    plan = planned({"quantisation": "q8_0"})
    assert plan.models.names == ("qwen2.5:0.5b-instruct-q8_0",)
    assert "qwen2.5:3b is not offered in q8_0." in plan.why.models


def test_a_quantisation_that_nobody_offers_is_refused() -> None:
    assert "the catalogue offers no model in q6_K for it" in refused({"quantisation": "q6_K"})


def test_auto_needs_a_catalogue() -> None:
    assert "the catalogue offers no model for it" in refused({"catalogue": []})


def test_a_catalogue_with_wrong_sizes_is_refused() -> None:
    wrong = {**builtin_catalogue()[0], "quantisations": {"0.5b": {"quantisation": "q4_0", "bytes": 398}}}
    sentence = refused({"catalogue": [wrong]})
    assert sentence.startswith("Cannot plan laptop3: Could not read the catalogue: entry qwen2.5:0.5b has")


def test_one_model_at_a_time_is_loaded_on_16_gb() -> None:
    plan = planned({"models": ["qwen2.5:0.5b", "qwen2.5:1.5b"]})
    assert plan.server.environment["OLLAMA_MAX_LOADED_MODELS"] == "1"
    assert plan.why.memory_needed_bytes == plan.proof.predicted["qwen2.5:1.5b"]["needed_bytes"]


def test_all_models_stay_loaded_where_they_fit_together() -> None:
    plan = planned(
        {"models": ["qwen2.5:0.5b", "qwen2.5:1.5b"]}, memory_total_bytes=32 * GB, memory_available_bytes=28 * GB
    )
    assert plan.server.environment["OLLAMA_MAX_LOADED_MODELS"] == "2"
    assert (plan.why.memory_needed_bytes or 0) > (plan.proof.predicted["qwen2.5:1.5b"]["needed_bytes"] or 0)


def test_the_limit_is_within_what_the_system_leaves() -> None:
    for available in range(5 * GB, 13 * GB, GB):
        plan = planned(memory_available_bytes=available)
        assert (
            (plan.why.memory_needed_bytes or 0)
            <= plan.server.memory_limit_bytes
            <= available - plan.why.memory_reserve_bytes
        )
