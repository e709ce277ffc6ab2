# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The filter hands the plan on as plain data, and its refusals word for word."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from plugins.filter.plan import FilterModule, plan_for
from plugins.module_utils.plan.records import Plan
from plugins.module_utils.plan.wish_reader import wish_values
from plugins.module_utils.plan.wishes import Wishes
from tests.unit.plan_cases import laptop

ROOT = Path(__file__).resolve().parents[3]
TYPES = {str: "str", int: "int", bool: "bool", tuple: "list", Mapping: "dict"}


def test_it_is_called_plan() -> None:
    assert FilterModule().filters() == {"plan": plan_for, "wishes": wish_values}


def test_without_wishes_everything_is_decided() -> None:
    plan = plan_for(laptop())
    assert type(plan) is dict
    assert (plan["server"]["runtime"], plan["models"]["names"]) == ("docker", ["qwen2.5:3b"])


@pytest.mark.parametrize("wishes", [{}, {"catalogue": None}, None])
def test_the_catalogue_comes_with_the_collection(wishes: dict[str, Any] | None) -> None:
    assert plan_for(laptop(), wishes)["models"]["names"] == ["qwen2.5:3b"]


def test_a_catalogue_may_be_handed_over() -> None:
    with pytest.raises(AnsibleFilterError, match="the catalogue offers no model"):
        plan_for(laptop(), {"catalogue": []})


def test_a_refusal_is_the_plan_s_own_sentence() -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        plan_for(laptop(), {"runtime": "dockr"})
    assert str(caught.value) == (
        "Cannot plan laptop3: nogpu_runtime is 'dockr' (needed: auto, docker or native). "
        "Set nogpu_runtime to one of them, for example with -e nogpu_runtime=docker."
    )


def documented() -> dict[str, Any]:
    text = (ROOT / "plugins/filter/plan.yml").read_text(encoding="utf-8")
    wishes: dict[str, Any] = yaml.safe_load(text)["DOCUMENTATION"]["options"]["wishes"]["suboptions"]
    return wishes


def test_each_wish_is_documented() -> None:
    assert set(documented()) == {*Wishes.__dataclass_fields__, "catalogue"}


def test_documented_defaults_are_the_real_ones() -> None:
    for name, told in documented().items():
        if told.get("default") is not None:
            default = getattr(Wishes, name)
            assert told["default"] == (list(default) if isinstance(default, tuple) else default)


def word_for(hint: Any) -> str:
    """Return Ansible's word for a type, with or without None; "raw" for more than one."""
    kinds = set(get_args(hint)) - {type(None)} if get_origin(hint) in (types.UnionType, Union) else {hint}
    return TYPES[get_origin(*kinds) or kinds.pop()] if len(kinds) == 1 else "raw"


def test_each_field_of_the_records_is_documented_with_its_type() -> None:
    told = yaml.safe_load((ROOT / "plugins/filter/plan.yml").read_text(encoding="utf-8"))["RETURN"]["_value"][
        "contains"
    ]
    documented = [(name, {key: each["type"] for key, each in told[name]["contains"].items()}) for name in told]
    records = [(each.name, get_type_hints(get_type_hints(Plan)[each.name])) for each in fields(Plan)]
    assert documented == [(name, {key: word_for(hint) for key, hint in hints.items()}) for name, hints in records]
    assert [list(keys) for _name, keys in documented] == [list(hints) for _name, hints in records]
