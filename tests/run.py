# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""`./nogpu test`: every check, one line each with its seconds, and one closing line that counts them.

A lint tool counts as one test; pytest's and testinfra's tests count one by one; so does each Molecule scenario as a
whole: its check, converge and idempotence can fail, too. Steps run side by side, as a scenario mostly waits.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".lab" / "logs"

ENVIRONMENT = {
    # Logs are read as files: no colours, no frames.
    "NO_COLOR": "1",
    "ANSIBLE_NOCOLOR": "1",
    "PY_COLORS": "0",
    "COLUMNS": "160",
    # This checkout alone: ansible-lint installs the collection into Ansible's home, where another checkout finds it.
    "ANSIBLE_HOME": str(ROOT / ".ansible"),
    "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
}

# While one scenario waits for packages and servers, the other computes. A third one makes all three slower.
JOBS = 2
# Started first, so that both lanes end at about the same time; the others follow in alphabetical order.
LONGEST = ("interruptions", "upgrade", "docker_engine_source", "removal", "docker_desktop", "proxy", "lan_exposure")
# An emulated machine keeps both cores busy for a quarter of the time of all others: only where it is named.
BY_NAME = ("cgroup_v2",)


@dataclass(frozen=True)
class Step:
    """One command with a log of its own. `report`: the junit file it writes. `counts`: whether it is a test itself."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    report: Path | None = None
    counts: bool = True

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name.replace(' ', '-')}.log"


@dataclass
class Count:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def count_junit(report: Path) -> Count:
    """Return what a junit report counts. Raises OSError or ParseError where there is none."""
    count = Count()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        number = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
        bad = number["failures"] + number["errors"]
        count.add(Count(number["tests"] - bad - number["skipped"], bad, number["skipped"]))
    return count


@dataclass(frozen=True)
class Outcome:
    """How a step ended. A command that failed counts as failed even where its report has no failed test."""

    step: Step
    code: int
    seconds: float
    count: Count


def run(step: Step) -> Outcome:
    """Run one step into its log."""
    if step.report:
        step.report.unlink(missing_ok=True)
    began = time.monotonic()
    with step.log.open("w", encoding="utf-8") as out:
        code = subprocess.run(
            step.command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, **ENVIRONMENT, **step.env},
        ).returncode  # fmt: skip
    seconds = time.monotonic() - began
    count = Count()
    if step.report and step.report.is_file():
        count = count_junit(step.report)
    if step.counts or (code and not count.failed):
        count.add(Count(failed=1) if code else Count(passed=1))
    return Outcome(step, code, seconds, count)


def run_all(title: str, steps: Sequence[Step], jobs: int) -> list[Outcome]:
    """Run steps side by side, in order, and say how each ended; show the log's end of one that failed."""
    print(f"{title} ({len(steps)} steps, {jobs} at a time)", flush=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with ThreadPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(run, step) for step in steps]):
            outcome = done.result()
            outcomes.append(outcome)
            verdict = "FAILED" if outcome.code else "ok"
            print(f"  {outcome.step.name:<34}{verdict:<8}{outcome.seconds:6.1f} s", flush=True)
            if outcome.code:
                lines = outcome.step.log.read_text(encoding="utf-8", errors="replace").splitlines()
                print("\n".join(f"    | {line}" for line in lines[-80:]), flush=True)
    return outcomes


def fast_steps() -> list[Step]:
    """Return lint and unit tests, the longest first."""
    report = LOGS / "unit.xml"
    # Half of their time the tests wait for a server or a time limit: three processes keep two cores busy. All tests of
    # a file run in one of them: what they share, such as a run of ansible-playbook, is made once.
    pytest = [sys.executable, "-m", "pytest", "-q", "--numprocesses=3", "--dist=loadfile", f"--junitxml={report}"]
    return [
        Step("unit tests", pytest, report=report, counts=False),
        Step("ansible-lint", [sys.executable, "-m", "tests.lint", "--offline", "--strict", "-q"]),
        Step("mypy", ["mypy"]),
        Step(
            "docs", ["antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=self", "."]
        ),
        Step("yamllint", ["yamllint", "--strict", "."]),
        Step("ruff check", ["ruff", "check", "."]),
        Step("ruff format", ["ruff", "format", "--check", "."]),
    ]


def scenarios(only: Sequence[str]) -> list[str]:
    """Return the names of the Molecule scenarios, the longest first. `only`: these, else all but BY_NAME."""
    found = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
    if unknown := sorted(set(only) - set(found)):
        sys.exit(f"Unknown scenario {', '.join(unknown)} (needed: {', '.join(found)}).")
    wanted = only or [name for name in found if name not in BY_NAME]
    return [name for name in LONGEST if name in wanted] + [name for name in wanted if name not in LONGEST]


def scenario_step(name: str) -> Step:
    report = LOGS / f"{name}.xml"
    return Step(f"molecule {name}", ["molecule", "test", "-s", name], {"NOGPU_JUNIT": str(report)}, report)


def main() -> int:
    parser = argparse.ArgumentParser(prog="nogpu test", description="Run every check of the project.")
    parser.add_argument("--fast", action="store_true", help="without Molecule, in about a minute")
    parser.add_argument("--only", nargs="+", default=[], metavar="SCENARIO", help="only these Molecule scenarios")
    parser.add_argument("--jobs", type=int, default=JOBS, metavar="N", help=f"steps at a time (default {JOBS})")
    asked = parser.parse_args()
    jobs, names = max(1, asked.jobs), scenarios(asked.only)
    began = time.monotonic()
    outcomes = [] if asked.only else run_all("lint and unit tests", fast_steps(), jobs)
    if not asked.fast:
        # The scenarios' laptops are made of the same images: made once, before them.
        images = Step("lab up", [sys.executable, "-m", "tests.lab", "up", "--laptops", "0"], counts=False)
        outcomes += run_all("lab", [images], 1)
        if not outcomes[-1].code:
            outcomes += run_all("molecule", [scenario_step(name) for name in names], jobs)
    return close(outcomes, time.monotonic() - began)


def close(outcomes: Sequence[Outcome], seconds: float) -> int:
    """Print what took most time and the line that counts; return the exit code."""
    count = Count()
    for outcome in outcomes:
        count.add(outcome.count)
    slow = sorted(outcomes, key=lambda outcome: -outcome.seconds)[:5]
    print("most time: " + ", ".join(f"{outcome.step.name} {outcome.seconds:.0f} s" for outcome in slow))
    print(f"all: {seconds:.0f} s; logs in {LOGS.relative_to(ROOT)}")
    print(f"{count.passed} passed, {count.failed} failed, {count.skipped} skipped", flush=True)
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
