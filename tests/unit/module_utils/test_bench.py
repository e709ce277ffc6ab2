# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Two runtimes are compared fairly, and no more is said than was measured."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from typing import Any

import pytest

from plugins.filter.bench import FilterModule
from plugins.module_utils.bench.arms import arms, bench_plan, order
from plugins.module_utils.bench.compare import BenchError, Comparison, compare, interval, verdict
from plugins.module_utils.bench.page import page
from plugins.module_utils.bench.picture import pair_ratios, panels, ratio_scale, ticks
from plugins.module_utils.bench.text import bench_text
from plugins.module_utils.bench.words import WORDS, against_aim, against_claim, judged, summary
from plugins.module_utils.report.lines import columns
from plugins.module_utils.report.screen import Screen
from tests.unit.plan_cases import laptop

RUNTIME = WORDS["runtime"]
BOTH = [{"name": "Docker", "against": ""}, {"name": "native", "against": "Docker"}]


def answer(pair: int, arm: str, speed: float, first: float = 0.2) -> dict[str, Any]:
    figures = {"tokens_per_second": speed, "prompt_tokens_per_second": speed * 4, "first_token_seconds": first}
    return {"pair": pair, "arm": arm, **figures}


def answers(ratio: float, pairs: int = 8) -> list[dict[str, Any]]:
    """Return measurements on a laptop whose speed drifts, where native is `ratio` times as fast."""
    found = []
    for pair in range(pairs):
        speed = 20.0 + 3 * pair
        found += [answer(pair, "Docker", speed, 0.2 * ratio), answer(pair, "native", speed * ratio, 0.2)]
    return found


def bench(found: list[dict[str, Any]], problem: str = "") -> dict[str, Any]:
    of_model = {"model": "qwen2.5:0.5b", "threads": 4, "seed": 7}
    return {"what": "runtime", **of_model, "arms": BOTH, "answers": found, "problem": problem}


def pictures(text: str) -> list[str]:
    """Return the pictures of a page: ratios and pairs, for each host."""
    return re.findall(r"<svg.*?</svg>", text, re.DOTALL)


def busy(equal: float, ours: float, rounds: int = 8) -> dict[str, Any]:
    """Return a bench of weights: which parts of an idle laptop's speed are left."""
    plan = bench_plan("weight", "native", False, rounds, 7, 4, 1000)
    speeds = {"idle": 20.0, "busy, equal weight": 20 * equal, "busy, our weight": 20 * ours}
    found = [answer(each["pair"], each["arm"]["name"], speeds[each["arm"]["name"]]) for each in plan["blocks"]]
    return {**bench(found), "what": "weight", "arms": plan["arms"]}


def writing(ratio: float, low: float, high: float, pairs: int = 8) -> Comparison:
    both = (20.0, 20.0 * ratio)
    return Comparison("writing", "tokens/s", "Docker", "native", *both, ratio, low, high, (both,) * pairs)


@pytest.mark.parametrize("what", ["runtime", "weight", "settings"])
def test_each_round_holds_all_arms(what: str) -> None:
    found = arms(what, ("docker", "native"), 4, 1000)
    blocks = order(found, 20, 7, "docker")
    for pair in range(20):
        here = [each["arm"]["name"] for each in blocks if each["pair"] == pair]
        assert sorted(here) == sorted(arm.name for arm in found)


def test_no_arm_is_always_first() -> None:
    blocks = bench_plan("runtime", "native", False, 20, 7, 4, 1000)["blocks"]
    firsts = [each["arm"]["name"] for each in blocks[::2]]
    assert 5 <= firsts.count("Docker") <= 15


def test_the_same_seed_gives_the_same_order() -> None:
    found = arms("weight", ("native",), 4, 1000)
    assert order(found, 8, 7, "native") == order(found, 8, 7, "native")
    assert order(found, 8, 7, "native") != order(found, 8, 8, "native")


@pytest.mark.parametrize(("before", "ready"), [("docker", "native"), ("native", "docker")])
def test_the_first_block_switches_if_it_is_not_for_the_runtime_made_ready_last(before: str, ready: str) -> None:
    for seed in range(20):
        first = bench_plan("runtime", before, False, 1, seed, 4, 1000)["blocks"][0]
        assert first["switch"] == (first["arm"]["runtime"] != ready)


def test_a_runtime_is_switched_at_most_once_a_round() -> None:
    blocks = bench_plan("weight", "native", True, 20, 7, 4, 1000)["blocks"]
    for pair in range(20):
        assert sum(each["switch"] for each in blocks if each["pair"] == pair) <= 2
    assert not any(each["switch"] for each in bench_plan("weight", "docker", False, 20, 7, 4, 1000)["blocks"])


def test_a_weight_is_compared_with_equal_ones_and_an_idle_laptop() -> None:
    idle, equal, ours = arms("weight", ("docker",), 4, 1000)
    assert (idle.busy, idle.cpu_weight, idle.against) == (False, None, "")
    assert (equal.busy, equal.cpu_weight, equal.against) == (True, 100, "idle")
    assert (ours.busy, ours.cpu_weight, ours.against) == (True, 1000, "idle")


def test_chosen_settings_are_compared_with_the_usual_mistakes() -> None:
    planned, threads, limit = arms("settings", ("native",), 2, 1000)
    assert not planned.request_options and planned.cpu_limit_cores is None
    assert threads.request_options == {"num_thread": 4} and threads.against == planned.name
    assert limit.cpu_limit_cores == 1.0 and limit.against == planned.name


def test_drift_of_the_laptop_does_not_hide_the_ratio() -> None:
    for seen in compare(bench(answers(1.1))):
        assert seen.ratio == pytest.approx(1.1)
        assert seen.low == pytest.approx(1.1) and seen.high == pytest.approx(1.1)


def test_of_seconds_fewer_are_better() -> None:
    first = compare(bench(answers(1.25)))[2]
    assert first.base > first.other
    assert first.ratio == pytest.approx(1.25)
    assert pair_ratios(first) == pytest.approx([1.25] * 8)


def test_a_block_counts_with_its_median() -> None:
    found = [answer(0, "Docker", speed) for speed in (10, 20, 90)] + [answer(0, "native", 30)]
    assert compare(bench(found))[0].pairs == ((20.0, 30.0),)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param([], "Nothing was measured", id="nothing"),
        pytest.param([answer(0, "Docker", 20)], "one round with all of its arms is needed", id="half a pair"),
        pytest.param([answer(0, "Docker", 0), answer(0, "native", 1)], "numbers above 0 needed", id="no speed"),
    ],
)
def test_too_little_is_refused(found: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(BenchError, match=words):
        compare(bench(found))


def test_the_interval_holds_the_median_and_narrows_with_more_pairs() -> None:
    few, many = [0.9, 1.0, 1.1], [0.9, 1.0, 1.1] * 20
    low, high = interval(few, 7)
    assert (low, high) == (0.9, 1.1)
    assert interval(many, 7)[1] - interval(many, 7)[0] < high - low


def test_the_interval_is_the_same_again_with_the_same_seed() -> None:
    ratios_seen = [0.97, 1.01, 0.99, 1.04, 1.0, 0.95]
    assert interval(ratios_seen, 7) == interval(ratios_seen, 7)


@pytest.mark.parametrize(
    ("seen", "words", "claim"),
    [
        pytest.param(writing(1.0, 0.98, 1.03), "the same within 3.0 %", "not so here", id="the same"),
        pytest.param(writing(1.1, 1.06, 1.14), "native is 6.0 % to 14 % faster", "confirmed here", id="as claimed"),
        pytest.param(writing(1.02, 1.01, 1.03), "native is 1.0 % to 3.0 % faster", "not so here", id="a little"),
        pytest.param(writing(1.5, 1.4, 1.6), "native is 40 % to 60 % faster", "not so here", id="far more"),
        pytest.param(writing(0.9, 0.85, 0.95), "Docker is 5.3 % to 18 % faster", "not so here", id="the other way"),
        pytest.param(writing(0.2, 0.1, 0.4), "Docker is 2.5 to 10.0 times as fast", "not so here", id="many times"),
        pytest.param(
            writing(1.03, 0.97, 1.09),
            "cannot tell: the interval is wide",
            "neither confirmed nor excluded",
            id="too wide",
        ),
        pytest.param(writing(1.1, 1.06, 1.14, 2), "too few pairs to tell", "measured too little", id="two pairs"),
    ],
)
def test_no_more_is_said_than_the_interval_allows(seen: Comparison, words: str, claim: str) -> None:
    assert verdict(seen) == words
    assert claim in against_claim(seen)
    assert claim in summary("runtime", [seen])


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        pytest.param(writing(0.9, 0.85, 0.95), "reached here", id="reached"),
        pytest.param(writing(0.4, 0.38, 0.45), "missed here", id="missed"),
        pytest.param(writing(0.8, 0.7, 0.9), "not decided here", id="too-wide"),
        pytest.param(writing(0.9, 0.85, 0.95, 2), "too few rounds", id="two-rounds"),
    ],
)
def test_the_aim_is_judged_by_the_interval(seen: Comparison, words: str) -> None:
    assert words in against_aim(seen)


BENCH = bench(answers(1.01))


def test_the_table_shows_both_the_ratio_and_the_claim() -> None:
    text = bench_text({"laptop1": {"bench": BENCH}, "laptop2": {"bench": None}}, Screen(110))
    assert "qwen2.5:0.5b, 4 threads, 8 pairs in random order, 1 answers a block" in text
    assert "1.010 times  1.010 - 1.010" in text
    assert "Claim: native is 5-15 % faster than Docker." in text
    assert "laptop2  not measured: see above" in text
    assert max(map(columns, text.splitlines())) <= 110


def test_what_was_measured_before_it_ended_early_counts_but_for_the_round_that_was_cut_off() -> None:
    cut = bench([*answers(1.01), answer(8, "Docker", 900)], "Could not measure 'native' with m: it died.")
    text = bench_text({"laptop1": {"bench": cut}}, Screen(110))
    assert "8 pairs in random order, 1 answers a block" in text
    assert "It ended early: Could not measure 'native' with m: it died." in text
    assert compare(cut) == compare(BENCH)


def test_where_no_round_was_whole_the_reason_stands_in_place_of_figures() -> None:
    none = bench([answer(0, "Docker", 20)], "Could not measure.")
    assert "laptop1  not measured: Could not measure." in bench_text({"laptop1": {"bench": none}}, Screen(110))
    assert "Nothing was measured" in page({"laptop1": {"bench": none}})


def test_a_bench_of_weights_says_what_is_left_with_each_weight() -> None:
    text = bench_text({"laptop1": {"bench": busy(0.4, 0.9)}}, Screen(140))
    assert "8 rounds of 3 blocks in random order" in text
    assert "busy, our weight: 0.900 times [0.900 - 0.900], reached here" in text
    assert "busy, equal weight: 0.400 times" in " ".join(text.split())
    assert "Beside one busy program" in page({"laptop1": {"bench": busy(0.4, 0.9)}})


def test_each_row_of_weights_says_whether_the_aim_is_reached_or_what_is_left() -> None:
    assert judged("weight", compare(busy(0.08, 0.9))) == ["8 % is left", "aim reached here"]
    assert judged("weight", compare(busy(0.08, 0.7))) == ["8 % is left", "aim missed here"]
    assert judged("settings", compare(busy(0.03, 0.55))) == ["3 % is left", "55 % is left"]


def test_a_bench_of_settings_says_what_the_others_would_cost() -> None:
    found = compare(busy(0.4, 0.9))
    assert summary("settings", found).startswith("Of the planned speed is left: busy, equal weight: 0.400 times [0.400")


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = page({"laptop1": {"bench": BENCH, "capacity": laptop()}})
    assert "http" not in text and "<script" not in text
    assert "i5-1135G7" in text and "not so here" in text


@pytest.mark.parametrize("place", ["host", "model", "side", "processor"])
def test_no_name_can_become_markup(place: str) -> None:
    bad = "<script>alert('\"&\"')</script>"
    names = {"host": "laptop1", "model": "qwen2.5:0.5b", "side": "native", "processor": "i5", place: bad}
    sides = [BOTH[0], dict(BOTH[1], name=names["side"])]
    found = [dict(each, arm=names["side"]) if each["arm"] == "native" else each for each in answers(1.01)]
    seen = {**bench(found), "what": "settings", "arms": sides, "model": names["model"]}
    text = page({names["host"]: {"bench": seen, "capacity": laptop(cpu_model=names["processor"])}})
    assert "<script" not in text and "&lt;script&gt;" in text
    assert [ElementTree.fromstring(each).tag for each in pictures(text)] == ["svg", "svg"]


def test_a_page_without_measurements_says_so() -> None:
    assert "Nothing was measured" in page({"laptop1": {"bench": None}})


@pytest.mark.parametrize("ratio", [0.5, 0.97, 1.0, 1.1, 3.0])
def test_pictures_are_sound_and_hold_every_pair(ratio: float) -> None:
    ratios, both = pictures(page({"laptop1": {"bench": bench(answers(ratio))}}))
    picture = ElementTree.fromstring(ratios)
    dots = [float(each.get("cx", "nan")) for each in picture.iter("circle") if each.get("class") == "dot"]
    assert len(dots) == 3 * 8
    assert all(150 <= dot <= 640 for dot in dots)
    assert len(list(ElementTree.fromstring(both).iter("line"))) == 3 * 8


def test_pairs_that_are_all_equal_can_be_drawn() -> None:
    assert "nan" not in repr(panels([replace(compare(bench(answers(1.0)))[0], pairs=((20.0, 20.0),) * 3)]))


def test_the_axis_has_round_numbers_with_1_among_them() -> None:
    assert ticks(0.88, 1.22) == [0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2]
    assert 1.0 in ticks(0.2, 7.3)
    assert ratio_scale(compare(bench(answers(1.0))), RUNTIME).low == pytest.approx(0.88)


def test_the_filters_have_their_names() -> None:
    assert FilterModule().filters() == {"bench_plan": bench_plan}
