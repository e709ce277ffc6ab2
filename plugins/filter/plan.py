# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Filters plan and wishes: what a laptop should run. Documented in plan.yml and wishes.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Mapping

import yaml
from ansible.errors import AnsibleFilterError

from ..module_utils.plan.plan import plan
from ..module_utils.plan.wish_reader import wish_values
from ..module_utils.plan.wishes import PlanError

CATALOGUE = Path(__file__).resolve().parents[2] / "roles/capacity_plan/vars/catalogue.yml"


def plan_for(
    capacity: Mapping[str, Any], wishes: Mapping[str, Any] | None = None, refusal: str = "raise"
) -> dict[str, Any]:
    """Return the plan as a plain dictionary.

    Where the wishes cannot be met, `refusal` "raise" raises AnsibleFilterError with the plan's own words; "return"
    returns {"refused": those words}, as Ansible would put its own words around an error.
    """
    wanted = dict(wishes or {})
    if wanted.get("catalogue") is None:
        wanted["catalogue"] = builtin_catalogue()
    try:
        return plan(capacity, wanted).as_dict()
    except PlanError as error:
        if refusal == "return":
            return {"refused": str(error)}
        raise AnsibleFilterError(str(error)) from None


def builtin_catalogue() -> list[dict[str, Any]]:
    """Return the models that come with the collection."""
    entries: list[dict[str, Any]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["__capacity_plan_catalogue"]
    return entries


class FilterModule:
    """The filters of this file, by name."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan": plan_for, "wishes": wish_values}
