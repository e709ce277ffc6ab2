#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The documentation of an action plugin; this module never runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: team_report
short_description: Show what was found out about all hosts
version_added: "0.1.0"
author: nogpu contributors (@nogpu)
description:
  - Runs on the control node, and reads what the roles stored in the variables of all hosts of the play.
  - Prints as wide as the terminal is, but at least 80 columns, and in colours if Ansible uses them.
options:
  about:
    description: What to show.
    type: str
    choices: [run, doctor, bench]
    default: run
  json_path:
    description: File on the control node that also gets everything as JSON.
    type: path
  page_path:
    description: File on the control node that also gets a page in HTML, for O(about=bench) only.
    type: path
attributes:
  action:
    description: The work is done on the control node.
    support: full
  check_mode:
    description: Works as in a real run, but writes no file.
    support: full
  diff_mode:
    description: Nothing on a host is changed, so there is no difference to show.
    support: none
"""

EXAMPLES = r"""
- name: Show all hosts
  nogpu.ollama.team_report:
    about: run
  run_once: true
"""

RETURN = r"""
hosts:
  description: What was shown, by host.
  returned: success
  type: dict
  sample: {}
"""

from ansible.module_utils.basic import AnsibleModule

ARGUMENT_SPEC = {
    "about": {"type": "str", "choices": ["run", "doctor", "bench"], "default": "run"},
    "json_path": {"type": "path"},
    "page_path": {"type": "path"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    message = "team_report runs on the control node (needed: its action plugin). Install the collection again."
    module.fail_json(msg=message)


if __name__ == "__main__":
    main()
