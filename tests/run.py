# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""`./nogpu test`: every check, one line each with its seconds, and one closing line that counts them.

A lint tool counts as one test; pytest's and testinfra's tests count one by one; so does each step of a Molecule
scenario's sequence that is a promise of its own (check, converge, idempotence).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
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

LINTERS: dict[str, list[str]] = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "yamllint": ["yamllint", "--strict", "."],
    "mypy": ["mypy"],
    "ansible-lint": ["ansible-lint", "--offline", "--strict", "-q"],
}


@dataclass
class Count:
    """How many tests passed, failed and were skipped, and the seconds of each step."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def add_junit(self, report: Path) -> None:
        """Count the tests of a junit report; one without a report counts as one failed test."""
        if not report.is_file():
            self.failed += 1
            return
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            number = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
            bad = number["failures"] + number["errors"]
            self.failed += bad
            self.skipped += number["skipped"]
            self.passed += number["tests"] - bad - number["skipped"]


def run(name: str, command: list[str], count: Count, env: dict[str, str] | None = None) -> int:
    """Run one step into its own log; show the log's end if it fails. Returns the exit code."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name.replace(' ', '-').replace('/', '-')}.log"
    print(f"  {name:<28}", end="", flush=True)
    began = time.monotonic()
    with log.open("w", encoding="utf-8") as out:
        done = subprocess.run(
            command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **ENVIRONMENT, **(env or {})}
        )
    count.seconds[name] = time.monotonic() - began
    print(f"{'ok' if done.returncode == 0 else 'FAILED':<8}{count.seconds[name]:6.1f} s", flush=True)
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        print("\n".join(f"    | {line}" for line in lines[-60:]), flush=True)
    return done.returncode


def lint(count: Count) -> None:
    print("lint", flush=True)
    for name, command in LINTERS.items():
        if run(name, command, count):
            count.failed += 1
        else:
            count.passed += 1


def unit(count: Count) -> None:
    print("unit", flush=True)
    report = LOGS / "unit.xml"
    report.unlink(missing_ok=True)
    run("pytest", [sys.executable, "-m", "pytest", "-q", "--numprocesses=2", f"--junitxml={report}"], count)
    count.add_junit(report)


def scenarios(only: list[str]) -> list[str]:
    """Names of the Molecule scenarios, the fastest to fail first; `only` picks some of them."""
    found = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
    if unknown := sorted(set(only) - set(found)):
        sys.exit(f"Unknown scenario {', '.join(unknown)} (needed: {', '.join(found)}).")
    return only or found


def molecule(names: list[str], count: Count) -> None:
    print("molecule", flush=True)
    if run("lab up", [sys.executable, "-m", "tests.lab", "up", "--laptops", "0"], count):
        count.failed += 1
        return
    for name in names:
        report = LOGS / f"{name}.xml"
        report.unlink(missing_ok=True)
        code = run(f"molecule {name}", ["molecule", "test", "-s", name], count, {"NOGPU_JUNIT": str(report)})
        if report.is_file():
            count.add_junit(report)
        count.failed += code != 0
        count.passed += code == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="nogpu test", description="Run every check of the project.")
    parser.add_argument("--fast", action="store_true", help="without Molecule, in under a minute")
    parser.add_argument("--only", nargs="+", default=[], metavar="SCENARIO", help="only these Molecule scenarios")
    asked = parser.parse_args()
    names = scenarios(asked.only)
    count = Count()
    began = time.monotonic()
    if not asked.only:
        lint(count)
        unit(count)
    if not asked.fast:
        molecule(names, count)
    slow = sorted(count.seconds.items(), key=lambda step: -step[1])[:5]
    print("most time: " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in slow))
    print(f"all: {time.monotonic() - began:.0f} s; logs in {LOGS.relative_to(ROOT)}")
    print(f"{count.passed} passed, {count.failed} failed, {count.skipped} skipped", flush=True)
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
