#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Load and unload a launch agent of the user who logs in to a Mac."""

from __future__ import annotations

DOCUMENTATION = r"""
module: launch_agent
short_description: Load and unload a launch agent of the user who logs in to a Mac
version_added: "0.1.0"
description:
  - Asks launchd with C(launchctl print), loads with C(bootstrap) and unloads with C(bootout), without root.
  - Where somebody is logged in at the screen, the agent is loaded into that session (C(gui/UID)), else into the user's
    own domain (C(user/UID)), which also exists over SSH. For the latter its file must name V(Background) in
    C(LimitLoadToSessionType).
  - It exists because C(community.general.launchd) does not know domains and waits for 5 seconds after each step.
options:
  path:
    description: Full path of the agent's file. Its name without C(.plist) is the agent's label.
    type: path
    required: true
  state:
    description:
      - V(started) loads the agent unless it is loaded. V(restarted) unloads it first, so that launchd reads its file
        again. V(stopped) unloads it; its file stays, and launchd loads it again at the next login.
    type: str
    choices: [started, restarted, stopped]
    default: started
  timeout:
    description: Seconds that the agent's program may take to end.
    type: int
    default: 30
attributes:
  check_mode:
    description: Says if it would load or unload, and does neither.
    support: full
  diff_mode:
    description: There is no text to compare; an agent is loaded or not.
    support: none
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Start the server now and at each login
  nogpu.ollama.launch_agent:
    path: "{{ ansible_facts['user_dir'] }}/Library/LaunchAgents/io.nogpu.ollama.plist"
"""

RETURN = r"""
domain:
  description: Where the agent is loaded after this call; empty if it is not, or in check mode.
  returned: success
  type: str
  sample: gui/501
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.host.launchd import Launchd, LaunchdError
from ..module_utils.host.programs import run_program

ARGUMENT_SPEC = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["started", "restarted", "stopped"], "default": "started"},
    "timeout": {"type": "int", "default": 30},
}


def apply(launchd, params, loaded):
    """Load or unload the agent; return the domain where it is loaded then. Raises LaunchdError."""
    if loaded:
        launchd.stop(label(params["path"]), params["timeout"])
    return "" if params["state"] == "stopped" else launchd.start(params["path"])


def label(path):
    return os.path.basename(path)[: -len(".plist")]


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params, launchd = module.params, Launchd(run_program, os.getuid())
    loaded = launchd.find(label(params["path"]))
    domain = loaded[0].domain if loaded else ""
    changed = {"started": not loaded, "stopped": bool(loaded), "restarted": True}[params["state"]]
    try:
        if changed and not module.check_mode:
            domain = apply(launchd, params, loaded)
    except LaunchdError as error:
        module.fail_json(msg=f"{error}")
    module.exit_json(changed=changed, domain=domain)


if __name__ == "__main__":
    main()
