#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Wait until a server answers, and say for how long no server did."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_wait
short_description: Wait until a server answers, and say for how long no server did
version_added: "0.1.0"
description:
  - Asks an Ollama server for its version, five times a second, until it answers.
  - If the server was started in place of another one, returns for how long no server answered.
author: nogpu contributors (@nogpu)
options:
  url:
    description: Address of the server, as seen from the managed host. A proxy from the environment is never used.
    type: str
    default: http://127.0.0.1:11434
  timeout:
    description: Seconds to wait.
    type: int
    default: 60
  stopped_unit:
    description: The unit that was just stopped or restarted.
    type: str
    default: ""
  stopped_container:
    description: The container that was just stopped or replaced. With both options, the later stop counts.
    type: str
    default: ""
attributes:
  check_mode:
    description: The module only reads, so check mode is the same as a real run.
    support: full
  diff_mode:
    description: Nothing is changed, so there is no difference to show.
    support: none
"""

EXAMPLES = r"""
- name: Wait until the server answers
  nogpu.ollama.ollama_wait:
    stopped_unit: ollama.service
"""

RETURN = r"""
version:
  description: Version of the server, as it says itself.
  returned: success
  type: str
  sample: 0.32.7
downtime_seconds:
  description:
    - From the stop of the earlier server to this answer. C(null) if nothing was stopped, or the time is not known.
  returned: success
  type: float
  sample: 3.2
"""

import re
import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.last_good_server.record import LastGoodServerError
from ..module_utils.apply.last_good_server.server import wait_for_answer
from ..module_utils.host.programs import run_program

ARGUMENT_SPEC = {
    "url": {"type": "str", "default": "http://127.0.0.1:11434"},
    "timeout": {"type": "int", "default": 60},
    "stopped_unit": {"type": "str", "default": ""},
    "stopped_container": {"type": "str", "default": ""},
}
LOOK_BACK_SECONDS = 900
# How to ask Docker and systemd when a stop was requested (SD_MESSAGE_UNIT_STOPPING).
KILLED = ["docker", "events", "--filter", "event=kill", "--format", "{{.TimeNano}}"]
STOPPING = ["journalctl", "--quiet", "--lines=1", "--output=short-unix", "MESSAGE_ID=de5b426a63be47a7b6ac3eaac82e2f6f"]


def stopped_at(unit, container, now, run):
    """Return when the last of the earlier servers was told to stop, in seconds since 1970; None if no log says it.

    The logs are read because a replaced container is a new one, and systemd forgets the times of a stopped unit.
    """
    times = []
    if container:
        since = ["--since", f"{now - LOOK_BACK_SECONDS:.0f}", "--until", f"{now:.0f}"]
        lines = run([*KILLED, "--filter", f"container={container}", *since]).output.split()
        times += [int(line) / 1e9 for line in lines if line.isdigit()]
    if unit:
        found = re.match(r"\d+\.\d+", run([*STOPPING, f"UNIT={unit}"]).output)
        times += [float(found.group())] if found else []
    return max(times, default=None)


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    try:
        version = wait_for_answer(params["url"], params["timeout"])
    except LastGoodServerError as error:
        module.fail_json(msg=str(error))
    now = time.time()
    ended = stopped_at(params["stopped_unit"], params["stopped_container"], now, run_program)
    module.exit_json(changed=False, version=version, downtime_seconds=None if ended is None else round(now - ended, 1))


if __name__ == "__main__":
    main()
