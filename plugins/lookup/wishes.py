# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""All variables nogpu_* of a host in one piece, checked."""

from __future__ import annotations

DOCUMENTATION = r"""
name: wishes
author: nogpu contributors (@nogpu)
version_added: "0.1.0"
short_description: Read all variables nogpu_* of a host
description:
  - Takes every variable of the host whose name begins with C(nogpu_), wherever it is set, and returns them checked.
    Those that are not set have their defaults. C(docs/variables.md) lists them.
  - Does not fail for a wrong variable. Values that cannot be read, and unknown names, are in C(problems) as sentences.
  - Names of variables that begin with the name of a role of this collection, and that no role has, are problems, too.
options:
  _terms:
    description: Not used; all variables are read.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Stop where a variable is wrong
  ansible.builtin.assert:
    that: wanted.problems == []
    fail_msg: "{{ wanted.problems | join(' ') }}"
  vars:
    wanted: "{{ lookup('nogpu.ollama.wishes') }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary. Its keys are the variables' names without C(nogpu_), and C(problems), a sentence for each that is
      wrong, and C(downloads), the mirror and the proxies for everything that is fetched.
    - A password of a proxy may be in it. Do not print it.
  type: list
  elements: dict
"""

from typing import Any, Mapping

from ansible.plugins.lookup import LookupBase

from ..module_utils.plan.wish import PREFIX
from ..module_utils.plan.wish_reader import wish_values
from ..plugin_utils.role_variables import unknown_role_variables


class LookupModule(LookupBase):
    """Looks the variables up."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=kwargs)
        names = [name for name in variables or {} if name.startswith(PREFIX)]
        raw = {name[len(PREFIX) :]: self._templar.template((variables or {})[name]) for name in names}
        values = wish_values(raw)
        values["problems"] += unknown_role_variables(variables or {})
        return [values]
