#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Settings of dockerd as a transaction: either all are in force, or all is as it was."""

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_daemon_config
short_description: Change daemon.json of Docker, or leave everything as it was
version_added: "0.1.0"
description:
  - Merges settings into C(daemon.json), restarts Docker and watches it. If Docker does not stay up, the former file
    comes back byte for byte and Docker is started with it again.
  - A file that is not valid is never overwritten. The module stops with the line, the column and what to do.
  - Running containers keep running during the restart. Where the file does not ask for live-restore, it is added for
    the restart and removed again.
  - A run that is killed before it ends leaves a note beside the file. The next run first puts the former file back and
    starts Docker with it, unless somebody changed the file since.
  - What the owner wrote stays, in its order and byte for byte, unless O(on_conflict=replace).
options:
  path:
    description: The file. A link is followed, and stays a link.
    type: path
    default: /etc/docker/daemon.json
  settings:
    description:
      - What to set. Maps are merged key by key. Lists are joined, with new items at the end, so that a mirror or DNS
        server of the owner stays the first choice.
      - RV(added) of an earlier run, given as O(remove) in the same call, tells which values are ours and may change.
    type: dict
    default: {}
  remove:
    description:
      - What to take back. A map as in RV(added) takes back only what still has that value. A list names top-level
        keys to remove whatever their value is.
      - If nothing is left, the file is removed. If the rest says what a backup beside it says, that is put back.
    type: raw
    default: {}
  ledger:
    description:
      - The ledger of this host (module M(nogpu.ollama.ledger)). If nobody changed the file after our last change,
        what it has beyond the former file is ours. It may change or go, as if given as O(remove).
    type: path
  proxies:
    description:
      - The map C(proxies) of the file, apart from O(settings) as its values are in no output and no log. With a
        password in it the file is readable by its owner alone.
    type: dict
    default: {}
  unless_published:
    description:
      - Settings that change what published ports do, such as C(userland-proxy). They come only where the file does not
        name them and no running container publishes a port; once there they stay.
    type: dict
    default: {}
  former_file:
    description:
      - A copy of the file as it was before it was changed, such as the one in the ledger. Its bytes are put back with
        the same care as a change. One that is empty, such as V(/dev/null), means that there was no file.
      - O(settings) and O(remove) are ignored then.
    type: path
  on_conflict:
    description: What to do where the owner has another value. V(keep) leaves it and warns.
    type: str
    choices: [keep, replace, fail]
    default: keep
  apply:
    description: V(restart) brings the settings into force, if Docker runs. V(none) only writes.
    type: str
    choices: [restart, none]
    default: restart
  interrupt_containers:
    description: Restart even if that ends running containers (swarm mode, or a key that live-restore cannot handle).
    type: bool
    default: false
  backup:
    description: Keep a copy of the former file beside it.
    type: bool
    default: true
  validate:
    description: Check the result before writing, with C(dockerd --validate) where there is one (Engine 23 and later).
    type: bool
    default: true
  dockerd:
    description: The program that O(validate) calls.
    type: str
    default: dockerd
  service:
    description: The systemd unit of Docker.
    type: str
    default: docker.service
  stable_seconds:
    description: Docker must stay up for so many seconds before the change counts as done.
    type: float
    default: 30
  start_timeout:
    description: Seconds for Docker to come up with the new file, and the same again for going back.
    type: float
    default: 60
attributes:
  check_mode: {support: full, description: "Decides and validates all, writes and restarts nothing."}
  diff_mode: {support: full, description: Shows the file before and after. Passwords in addresses are masked.}
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Keep containers alive through restarts, and limit their logs
  nogpu.ollama.docker_daemon_config:
    settings:
      live-restore: true
      log-opts: {max-size: 10m, max-file: "3"}
  become: true
  register: daemon

- name: Take exactly that back
  nogpu.ollama.docker_daemon_config:
    remove: "{{ daemon.added }}"
  become: true
"""

RETURN = r"""
added:
  description:
    - What in the file is ours. Give it as O(remove) later. Passwords in addresses are masked, as in all results.
  returned: success
  type: dict
  sample: {live-restore: true}
applied:
  description: Whether the running Docker has the settings. If not, C(not_applied_because) says why.
  returned: always
  type: bool
  sample: true
backup_file:
  description: The copy of the former file, empty if none was made.
  returned: always
  type: str
  sample: /etc/docker/daemon.json.71.2026-11-22@10:00:00~
containers:
  description: How many running containers there are, and after a restart how many of them kept their process.
  returned: always
  type: int
  sample: 2
daemon_error:
  description: dockerd's own words.
  returned: when Docker did not start
  type: str
  sample: failed to start daemon
kept:
  description: Values of the owner that stayed.
  returned: success
  type: list
  elements: dict
  sample: [{key: log-opts.max-size, theirs: 5m, ours: 10m}]
line:
  description: Where the fault in the file is, with C(column) and C(offending_line).
  returned: when the file is not valid
  type: int
  sample: 3
replaced:
  description: Values of the owner that O(on_conflict=replace) replaced, by dotted key.
  returned: success
  type: dict
  sample: {}
restarted:
  description: Whether Docker was restarted. C(restart_reason) says why it was or would be.
  returned: always
  type: bool
  sample: true
rolled_back:
  description: Whether the former file was put back. C(containers_kept) and C(seconds) tell how it went.
  returned: always
  type: bool
  sample: false
settings_after:
  description: The whole file as it is now. C(settings_before) is how it was.
  returned: success
  type: dict
  sample: {live-restore: true}
validated_by:
  description: "V(dockerd), V(rules) (our own table) or V(none)."
  returned: success
  type: str
  sample: dockerd
"""

import contextlib
import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.daemon_json.change import Outcome, StartError, Transaction
from ..module_utils.apply.daemon_json.dockerd import Daemon
from ..module_utils.apply.daemon_json.file import ConfigFile
from ..module_utils.apply.daemon_json.look import RefusalError
from ..module_utils.apply.daemon_json.options import read_options
from ..module_utils.apply.daemon_json.plan import plan
from ..module_utils.apply.daemon_json.recovery import undo_killed
from ..module_utils.apply.daemon_json.report import gone_back, success

ARGUMENT_SPEC = {
    "path": {"type": "path", "default": "/etc/docker/daemon.json"},
    "settings": {"type": "dict", "default": {}},
    "remove": {"type": "raw", "default": {}},
    "ledger": {"type": "path"},
    "proxies": {"type": "dict", "default": {}, "no_log": True},
    "unless_published": {"type": "dict", "default": {}},
    "former_file": {"type": "path"},
    "on_conflict": {"type": "str", "choices": ["keep", "replace", "fail"], "default": "keep"},
    "apply": {"type": "str", "choices": ["restart", "none"], "default": "restart"},
    "interrupt_containers": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": True},
    "validate": {"type": "bool", "default": True},
    "dockerd": {"type": "str", "default": "dockerd"},
    "service": {"type": "str", "default": "docker.service"},
    "stable_seconds": {"type": "float", "default": 30},
    "start_timeout": {"type": "float", "default": 60},
}


UNTOUCHED = {"applied": False, "restarted": False, "rolled_back": False}


def apply(daemon, file, todo, given, copy):
    """Copy, write and restart as decided; return the copy's path and what happened. OSError: nothing was changed."""
    backup = copy(file.real) if given["backup"] and todo.writes and todo.former.data is not None else ""
    outcome = Outcome()
    if todo.reason:
        change = Transaction(daemon, file, todo.keep, given["stable_seconds"], given["start_timeout"])
        outcome = change.run(todo.former, todo.new, todo.running.containers)
    elif todo.writes:
        file.write(todo.new.data)
    if outcome.rolled_back and backup and outcome.healthy:  # the file itself is as it was
        with contextlib.suppress(OSError):
            os.unlink(backup)
        backup = ""
    return backup, outcome


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    given = module.params
    if not isinstance(given["remove"], (dict, list)):
        module.fail_json(msg=f"'remove' is {given['remove']!r} (a map or a list of keys was needed). Give it as one.")
    daemon, file = Daemon(given["service"], given["dockerd"]), ConfigFile(given["path"])
    backup, outcome = "", Outcome()
    try:
        undone = undo_killed(daemon, file, given["start_timeout"], module.check_mode)
        todo = plan(daemon, file, read_options(given, file))
        if not module.check_mode:
            backup, outcome = apply(daemon, file, todo, given, module.backup_local)
    except RefusalError as error:
        module.fail_json(msg=str(error), **{**UNTOUCHED, **error.facts})
    except StartError as error:
        why = f"Docker does not run with {given['path']}, put back after an earlier run was killed: {error}."
        module.fail_json(msg=f"{why} Correct the file, and see journalctl -u docker.", **UNTOUCHED)
    except OSError as error:
        why = f"Could not write {given['path']}: {error.strerror}. Nothing was changed. Fix that and run again."
        module.fail_json(msg=why, **UNTOUCHED)
    if outcome.rolled_back:
        module.fail_json(backup_file=backup, **gone_back(outcome, given["path"]))
    for warning in (*filter(None, [undone]), *todo.warnings, *outcome.notes):
        module.warn(warning)
    result = success(todo, outcome, given["path"], module.check_mode)
    module.exit_json(backup_file=backup, **{**result, "changed": result["changed"] or bool(undone)})


if __name__ == "__main__":
    main()
