# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Both runtimes carry out the same record, and each field of a record is documented."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest
import yaml

from plugins.module_utils.plan.records import Plan, Server

ROOT = Path(__file__).resolve().parents[3]
RECORDS = get_type_hints(Plan)
FIELDS = [(record, each.name) for record, kind in RECORDS.items() for each in fields(kind)]
# What only one of the two runtimes has.
DOCKER_ONLY, NATIVE_ONLY = {"host_network", "bind_store", "cgroup_parent"}, {"architecture", "replaces_own"}
# What others than these two roles carry out: the playbooks, role ollama_store, bench and the reports.
ELSEWHERE = {"runtime", "threads", "cpu_weight", "adopt_ollama", "running"}


def text_below(*folders: str) -> str:
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".yml", ".j2", ".py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files if "argument_specs" not in path.name)


@pytest.mark.parametrize(("role", "others"), [("ollama_stack", NATIVE_ONLY), ("ollama_service", DOCKER_ONLY)])
def test_both_runtimes_carry_out_the_same_record(role: str, others: set[str]) -> None:
    taken = set(re.findall(rf"{role}_plan\.(\w+)", text_below(f"roles/{role}")))
    assert taken == {each.name for each in fields(Server)} - others - ELSEWHERE


def test_the_records_are_documented_field_by_field() -> None:
    document = yaml.safe_load((ROOT / "plugins/filter/plan.yml").read_text(encoding="utf-8"))
    told = document["RETURN"]["_value"]["contains"]
    assert [(record, name) for record, each in told.items() for name in each["contains"]] == FIELDS
