#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Documentation of an action: nothing of it runs on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: team_report
short_description: Show what was found out about the room
version_added: "0.1.0"
author: nogpu contributors (@nogpu)
description:
  - Runs on the control node, and reads what the roles left in the variables of all hosts of the play.
  - Prints as wide as the terminal is, at least 80 columns, in colours where Ansible uses them.
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
    description: There is never a difference to show.
    support: none
"""

EXAMPLES = r"""
- name: Show the room
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
    module.fail_json(msg="team_report works on the control node (needed: its action plugin). Is the collection whole?")


if __name__ == "__main__":
    main()
