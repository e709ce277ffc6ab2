# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The engine and the container stand up to the CIS Docker Benchmark, as docker-bench-security would count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from testinfra.host import Host

from tests.lab.posture import WARN, Check, Facts, faults, judge, read_waivers, score
from tests.lab.posture_checks import CONTAINER, ENGINE, FILES, USER

WAIVERS = read_waivers(yaml.safe_load((Path(__file__).parents[1] / "files/waivers.yml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("checks", "count", "least"),
    [
        pytest.param(CONTAINER, 32, 23, id="container"),
        pytest.param(ENGINE, 18, 5, id="engine"),
    ],
)
def test_the_score_is_high_and_each_warning_has_a_reason(
    posture: Facts, checks: tuple[Check, ...], count: int, least: int
) -> None:
    results = judge(checks, posture)
    assert len(results) == count
    # A check that this kernel cannot pass is worth two points: a warning counts -1.
    lost = 2 * (results.get("5.2") == WARN and "name=apparmor" not in " ".join(posture.info["SecurityOptions"]))
    assert score(results) >= least - lost, results
    mine = [each for each in WAIVERS if each.check in results]
    assert faults(results, mine, posture.info["SecurityOptions"]) == []


def test_each_waiver_is_for_a_check_that_there_is() -> None:
    assert {each.check for each in WAIVERS} <= {check.number for check in (*ENGINE, *FILES, USER, *CONTAINER)}


def test_the_engines_files_are_roots_alone(posture: Facts) -> None:
    results = judge(FILES, posture)
    assert [number for number, result in results.items() if result == WARN] == []
    assert score(results) >= 5  # those that are always there: two units, folder, socket, settings


def test_the_container_is_not_root(posture: Facts) -> None:
    assert score(judge([USER], posture)) == 1


def test_the_image_is_pinned_and_only_the_models_are_mounted(posture: Facts) -> None:
    assert "@sha256:" in posture.container["Config"]["Image"]
    assert [each["Destination"] for each in posture.container["Mounts"]] == ["/models"]


def test_the_engine_is_on_no_port_and_nobody_joined_its_group(host: Host) -> None:
    assert host.check_output("ss -Hltnp '( sport = :2375 or sport = :2376 )'") == ""
    assert host.group("docker").members == []


def test_a_foreign_web_page_is_refused(status: Callable[[str], str]) -> None:
    assert status("Origin: https://evil.example") == "403"
