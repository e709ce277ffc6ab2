# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Both runtimes were measured, and the laptop runs what it ran before."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from testinfra.host import Host

from plugins.module_utils.bench.compare import compare

# Two of these wait for each other, then compute on one core for three seconds and print how much of it they got.
BUSY = """
import os, sys, time
folder, name = sys.argv[1:]
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
open(os.path.join(folder, name), 'w').close()
while len(os.listdir(folder)) < 2:
    time.sleep(0.01)
end, before = time.monotonic() + 3, time.process_time()
while time.monotonic() < end:
    pass
print(name, time.process_time() - before)
"""
WRITTEN = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", ""))


def test_both_runtimes_were_measured_in_each_pair() -> None:
    bench = json.loads((WRITTEN / "bench.json").read_text(encoding="utf-8"))["laptop1"]["bench"]
    measured = {(answer["pair"], answer["arm"]) for answer in bench["answers"] if answer["tokens_per_second"] > 0}
    assert measured == {(pair, arm) for pair in (0, 1) for arm in ("Docker", "native")}


def test_the_page_shows_pictures_and_the_claim() -> None:
    page = (WRITTEN / "bench.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    assert "Claim: native is 5-15 % faster" in page


def test_each_weight_was_measured_beside_a_busy_program_against_an_idle_laptop() -> None:
    bench = json.loads((WRITTEN / "weight.json").read_text(encoding="utf-8"))["laptop1"]["bench"]
    assert [(row.base_name, row.other_name) for row in compare(bench)] == [
        ("idle", "busy, equal weight"),
        ("idle", "busy, our weight"),
    ]
    assert "Aim: 0.8" in (WRITTEN / "weight.html").read_text(encoding="utf-8")


def test_the_slice_gets_most_of_a_core_that_a_session_wants_too(host: Host) -> None:
    # CPU time, not speed: it does not depend on what else this machine does. 2000 against 100 is 20 times as much.
    folder = host.check_output("mktemp -d")
    compute = f'timeout 60 python3 -c "{BUSY}" {folder}'
    said = host.check_output(
        f"systemd-run --quiet --pipe --wait --slice=ollama.slice -- {compute} slice & {compute} session; wait;"
        f" rm -r {folder}"
    )
    seconds = {who: float(each) for who, each in (line.split() for line in said.splitlines())}
    assert seconds["slice"] > 5 * seconds["session"], seconds


def test_nothing_of_the_measuring_is_left(host: Host) -> None:
    assert host.run("pgrep --full '[o]s.getppid'").rc == 1
    shares, weight = "/sys/fs/cgroup/cpu/ollama.slice/cpu.shares", "/sys/fs/cgroup/ollama.slice/cpu.weight"
    assert host.check_output(f"cat {shares} 2>/dev/null || cat {weight}") in ("20480", "2000")


def test_the_laptop_runs_natively_again(host: Host, api: Callable[..., Any]) -> None:
    assert host.service("ollama").is_running
    assert host.service("ollama").is_enabled
    assert host.check_output("docker ps --quiet") == ""
    assert api("/api/version")["version"]


def test_the_former_settings_are_untouched(host: Host) -> None:
    # The bench plans with limits of its own; the unit keeps those that it had: none, as the scenario prepared it.
    assert "MemoryMax" not in host.file("/etc/systemd/system/ollama.service.d/10-nogpu-plan.conf").content_string
