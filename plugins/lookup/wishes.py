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
    So is a value that Ansible cannot work out, such as a template of a variable that is not defined.
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
      wrong, C(proxies), and C(downloads), the mirror and the proxies for everything that is fetched.
    - A password of a proxy may be in it. Do not print it.
  type: list
  elements: dict
"""

from typing import Any, Callable, Mapping

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ..module_utils.plan.wish import PREFIX
from ..module_utils.plan.wish_problems import unknown, unreadable
from ..module_utils.plan.wish_reader import wish_values
from ..module_utils.plan.wishes import RULES
from ..plugin_utils.role_variables import unknown_role_variables


class LookupModule(LookupBase):
    """Looks the variables up."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        return [read(variables or {}, self._templar.template)]


def read(variables: Mapping[str, Any], template: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the wishes among a host's variables. `template` works out a value, or raises AnsibleError."""
    raw, problems = {}, []
    for name in sorted(each for each in variables if each.lower().startswith(PREFIX)):
        wish = name[len(PREFIX) :]
        if not name.startswith(PREFIX) or wish not in RULES:
            problems.append(unknown(name))
            continue
        try:
            raw[wish] = template(variables[name])
        except AnsibleError as error:
            problems.append(unreadable(name, error))
    values = wish_values(raw)
    values["problems"] = [*problems, *values["problems"], *unknown_role_variables(variables)]
    return values
