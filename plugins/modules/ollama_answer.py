#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Wait until a server answers, and say how long nobody did."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_answer
short_description: Wait until a server answers, and say how long nobody did
version_added: "0.1.0"
description:
  - Asks an Ollama server for its version until it tells it, five times a second.
  - Where the server was started in place of another one, tells how long no server answered in between.
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
    description: The unit that was stopped just now, or started anew.
    type: str
    default: ""
  stopped_container:
    description: The container that was stopped just now, or made anew. With both, the later stop counts.
    type: str
    default: ""
attributes:
  check_mode:
    description: The module only reads, so check mode is the same as a real run.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
"""

EXAMPLES = r"""
- name: Wait until the server answers
  nogpu.ollama.ollama_answer:
    stopped_unit: ollama.service
"""

RETURN = r"""
version:
  description: What the server says that it is.
  returned: success
  type: str
  sample: 0.32.7
downtime_seconds:
  description:
    - From the stop of the former server to this answer. C(null) where nothing was stopped, or its end is not known.
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
# What the engine says of a stop that was asked for, and what systemd does (SD_MESSAGE_UNIT_STOPPING).
KILLED = ["docker", "events", "--filter", "event=kill", "--format", "{{.TimeNano}}"]
STOPPING = ["journalctl", "--quiet", "--lines=1", "--output=short-unix", "MESSAGE_ID=de5b426a63be47a7b6ac3eaac82e2f6f"]


def stopped_at(unit, container, now, run):
    """Return when the last of the former servers was told to stop, in seconds since 1970; None if nobody knows.

    Logs are asked, as a container that was made anew is another one, and systemd forgets a unit that rests.
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
