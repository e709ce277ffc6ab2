#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Keep a host's record of what was changed, so that it can be undone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger
short_description: Keep a host's record of what was changed, so that it can be undone
version_added: "0.1.0"
description:
  - Call it with the same I(entries) before a change and after it.
  - Before, it records what each thing is, with a copy of a file's bytes. This is done once and never overwritten.
  - After, it records what was made of it. A thing that looks as recorded is no change, so a second run changes nothing.
  - Copies lie in the folder C(backup) beside the ledger. Ledger and copies are readable by root alone.
options:
  path:
    description:
      - Full path of the ledger. Its folder is made if it is missing. By default C(/var/lib/nogpu/ledger.json); on macOS
        C(~/.nogpu/ledger.json), as nothing needs root there.
    type: path
  phase:
    description:
      - V(before) announces entries that are not known yet, V(after) settles them. Packages that apt would bring along
        with those in I(entries) are announced and settled, too. Refresh the package lists before.
      - V(undo_plan) returns the steps that bring the host back and changes nothing.
      - V(undo) does those steps that concern files, directories, links and models, and forgets what is done. Do the
        steps of other kinds with their own modules first; those that are left stay in the ledger. Copies that Ansible
        left beside a file go with it if their content is known from the ledger.
      - V(forget) drops I(entries) with their copies. The last entry takes the ledger and its empty folders with it.
    type: str
    choices: [before, after, undo_plan, undo, forget]
    required: true
  owner:
    description:
      - Name of the role that makes the change. Needed with V(before).
      - With V(undo_plan) and V(undo), only entries of this owner count; empty means all.
    type: str
  entries:
    description:
      - Things that are about to be changed, or have been.
      - With V(undo_plan) and V(undo), only these count; empty means all.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description:
          - What the thing is. V(apt_repository) is named by the path of its file, V(membership) as USER:GROUP,
            V(launch_agent) by its label.
          - A V(directory) is removed if it is empty, a V(tree) with what was in it after the change if that is still
            the same, V(data) with all that is in it (what a program that we brought keeps for itself).
        type: str
        required: true
        choices: [file, directory, tree, data, link, apt_repository, user, group, membership, package, cask, service,
          launch_agent, container, volume, network, image, model]
      name:
        description: Full path, or name.
        type: str
        required: true
      why:
        description: What the change is good for, in one sentence.
        type: str
        default: ""
  model_store:
    description:
      - Folder of Ollama's models, to see which model is there. By default C(ollama) beside the default of O(path).
    type: path
  remove_models:
    description:
      - Whether V(undo_plan) and V(undo) also remove models that are in the ledger. Without it they are held, and with
        them the store and its owner. Models that are not in the ledger always stay.
    type: bool
    default: false
  lock_timeout_seconds:
    description: How long to wait for another run on the same host.
    type: float
    default: 60
  run:
    description:
      - Which run this is. Set by the action plugin, which takes the host for the run before its first change; a second
        run is refused meanwhile, with the name of the first. Empty means that there is no lock.
    type: str
    default: ""
attributes:
  check_mode:
    description: Nothing is written, not even the lock.
    support: full
  diff_mode:
    description: Shows the entries that are added, settled or undone.
    support: full
  action:
    description: The action plugin takes the host for this run, over SSH or on the control node itself.
    support: partial
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Announce the compose file
  nogpu.ollama.ledger:
    phase: before
    owner: ollama_stack
    entries: &changes
      - kind: directory
        name: /etc/nogpu
        why: holds the compose file
      - kind: file
        name: /etc/nogpu/compose.yaml
        why: describes the stack
  become: true

- name: Settle the compose file
  nogpu.ollama.ledger:
    phase: after
    entries: *changes
  become: true

- name: See what removal would do
  nogpu.ollama.ledger:
    phase: undo_plan
  become: true
  register: removal
"""

RETURN = r"""
entries:
  description: Entries that this call added, settled or dropped, as "kind name".
  returned: success
  type: list
  elements: str
  sample: [file /etc/nogpu/compose.yaml]
count:
  description: Entries in the ledger after this call.
  returned: success
  type: int
unfinished:
  description:
    - Files and links of I(entries) that are not what the ledger says they are, as "kind name". A run that was killed
      after it wrote them has not brought them into force, or somebody changed them since.
  returned: with V(before)
  type: list
  elements: str
  sample: [file /etc/systemd/system/ollama.service]
steps:
  description:
    - The last change first. With V(undo), the steps that were done have C(done) true.
    - Actions are C(nothing), C(keep), C(hold), C(remove_...), C(restore_...), C(stop_and_disable_service),
      C(install_package), C(mark_package_automatic). What somebody changed since is kept and given up. What is ours but
      needed by somebody else is held and stays in the ledger.
  returned: with V(undo_plan) and V(undo)
  type: list
  elements: dict
  sample:
    - number: 3
      kind: file
      name: /etc/docker/daemon.json
      action: restore_file
      reason: it was there before us
      before: {state: file, sha256: 9f86d081884c, mode: "0644"}
      done: false
by_action:
  description: Names of things by what is to be done with them, the last change first.
  returned: with V(undo_plan) and V(undo)
  type: dict
  sample: {remove_package: [docker.io]}
todo:
  description: What is to be done, a line for each thing.
  returned: with V(undo_plan) and V(undo)
  type: list
  elements: str
  sample: ["remove package: docker.io"]
kept:
  description: Sentences that name what is left and why, such as that somebody changed it since.
  returned: with V(undo_plan) and V(undo)
  type: list
  elements: str
"""

import os
from contextlib import nullcontext
from functools import partial

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.ledger.entries import KINDS, LedgerError
from ..module_utils.apply.ledger.job import Job
from ..module_utils.apply.ledger.probe import LedgerProbe
from ..module_utils.apply.ledger.run_lock import holder, refusal
from ..module_utils.apply.ledger.store import LedgerStore, home
from ..module_utils.host.programs import run_program

PROGRAM_TIMEOUT_SECONDS = 600  # dpkg on a slow disk

ARGUMENT_SPEC = {
    "path": {"type": "path"},
    "phase": {"type": "str", "required": True, "choices": ["before", "after", "undo_plan", "undo", "forget"]},
    "owner": {"type": "str"},
    "entries": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True, "choices": list(KINDS)},
            "name": {"type": "str", "required": True},
            "why": {"type": "str", "default": ""},
        },
    },
    "model_store": {"type": "path"},
    "remove_models": {"type": "bool", "default": False},
    "lock_timeout_seconds": {"type": "float", "default": 60},
    "run": {"type": "str", "default": ""},
}


def run(params, check_mode):
    """Do one call under the lock, where it may write; raises LedgerError."""
    store = LedgerStore(params["path"], params["lock_timeout_seconds"])
    params = {**params, "model_store": params["model_store"] or os.path.join(home(), "ollama")}
    writes = not check_mode and params["phase"] != "undo_plan"
    with store.locked() if writes else nullcontext():
        runner = partial(run_program, timeout_seconds=PROGRAM_TIMEOUT_SECONDS)
        job = Job(params, check_mode, store, LedgerProbe(runner, params["model_store"]))
        return getattr(job, params["phase"])()


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    first = holder() if module.params["run"] else None
    if module.params["run"] and first is None:
        module.exit_json(unheld=True)  # to the action plugin
    if first and first.get("run") != module.params["run"]:
        module.fail_json(msg=refusal(first), held_by=first)
    try:
        answer = run(module.params, module.check_mode)
    except LedgerError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
