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
  - Before the change, it records what each thing is, with a copy of a file. This is done once and never overwritten.
  - After the change, it records what each thing has become. A second run that finds the same changes nothing.
  - Copies are in the folder C(backup) beside the ledger. Only root can read ledger and copies.
options:
  path:
    description:
      - Full path of the ledger. Its folder is made if it is missing. By default C(/var/lib/nogpu/ledger.json); on macOS
        C(~/.nogpu/ledger.json), because nothing needs root there.
    type: path
  phase:
    description:
      - V(before) records things that are not in the ledger yet, V(after) completes their entries. Packages that apt
        installs together with those in I(entries) are recorded, too. Refresh the package lists before.
      - V(undo_plan) returns the steps that bring the host back and changes nothing.
      - V(undo) does the steps for files, directories, links and models, and drops the entries that are done. Do the
        steps for other kinds with their own modules first; what is not done stays in the ledger. Copies that Ansible
        left beside a file are removed with it if the ledger knows their content.
      - V(forget) drops I(entries) with their copies. With the last entry, the ledger and its empty folders are removed.
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
          - A V(directory) is removed if it is empty. A V(tree) is removed with its content if that is still the same as
            after the change. V(data), what a program that we installed keeps for itself, is removed with all content.
        type: str
        required: true
        choices: [file, directory, tree, data, link, apt_repository, user, group, membership, package, cask, service,
          launch_agent, container, volume, network, image, model]
      name:
        description: Full path, or name.
        type: str
        required: true
      why:
        description: What the change is for, in one sentence.
        type: str
        default: ""
  model_store:
    description:
      - Folder of Ollama's models, to see which model is there. By default C(ollama) beside the default of O(path).
    type: path
  remove_models:
    description:
      - Whether V(undo_plan) and V(undo) also remove models that are in the ledger. Otherwise they stay, together with
        the store and its owner. Models that are not in the ledger always stay.
    type: bool
    default: false
  lock_timeout_seconds:
    description: How long to wait for another run on the same host.
    type: float
    default: 60
  run:
    description:
      - Which run this is. Set by the action plugin, which takes the run lock of the host before the first change. A
        second run is refused meanwhile and told who holds the lock. Empty means without a lock.
    type: str
    default: ""
attributes:
  check_mode:
    description: Nothing is written, not even the lock.
    support: full
  diff_mode:
    description: Shows the entries that are added, completed or dropped.
    support: full
  action:
    description: The action plugin takes the run lock, over SSH or on the control node itself.
    support: partial
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Record the compose file before it is changed
  nogpu.ollama.ledger:
    phase: before
    owner: ollama_stack
    entries: &changes
      - {kind: directory, name: /etc/nogpu, why: contains the compose file}
      - {kind: file, name: /etc/nogpu/compose.yaml, why: describes the stack}
  become: true

- name: Record the compose file after it is changed
  nogpu.ollama.ledger:
    phase: after
    entries: *changes
  become: true

- name: Ask what removal would do
  nogpu.ollama.ledger:
    phase: undo_plan
  become: true
  register: removal
"""

RETURN = r"""
entries:
  description: Entries that this call added, completed or dropped, as "kind name".
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
    - Files and links of I(entries) that differ from what the ledger says, as "kind name". A run that was killed after
      it wrote them has not brought them into force, or somebody changed them since.
  returned: with V(before)
  type: list
  elements: str
  sample: [file /etc/systemd/system/ollama.service]
steps:
  description:
    - The last change first. With V(undo), the steps that were done have C(done) true.
    - Actions are C(nothing), C(keep), C(hold), C(remove_...), C(restore_...), C(stop_and_disable_service),
      C(install_package), C(mark_package_automatic). C(keep) is for what somebody changed since; its entry is dropped.
      C(hold) is for what is ours but needed by somebody else; its entry stays in the ledger.
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
groups:
  description:
    - What is to be done, grouped by how role C(removal) does it. Each group lists names in the order of C(steps).
    - C(services) are to be stopped and disabled, then C(exposure) (what protects an exposed port), then C(slices).
      C(services_back) are the owner's, each with C(name), C(enabled) and C(active). With C(unit_files), systemd must
      read its unit files again.
    - C(docker) lists containers, networks, volumes and images, each with C(kind) and C(name). C(packages) are to be
      removed, C(packages_back) to be installed again, C(automatic) to be marked as automatically installed.
    - C(daemon_json) and C(desktop_settings) are files of settings to bring back, each with C(name) and C(former_file),
      which is /dev/null where there was none.
    - C(launch_agents), C(memberships) (as USER:GROUP), C(casks), C(users) and C(user_groups) are to be removed.
    - C(kept_by_kernel) and C(kept_by_windows) are sentences about what stays until the next start.
  returned: with V(undo_plan) and V(undo)
  type: dict
  sample: {packages: [docker.io], services: [ollama.service]}
todo:
  description: What is to be done, one line for each thing.
  returned: with V(undo_plan) and V(undo)
  type: list
  elements: str
  sample: ["remove package: docker.io"]
kept:
  description: Sentences that name what stays and why, for example because somebody changed it since.
  returned: with V(undo_plan) and V(undo)
  type: list
  elements: str
"""

import os
from functools import partial

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.ledger.changes import Changes, Rehearsal
from ..module_utils.apply.ledger.entries import KINDS, LedgerError
from ..module_utils.apply.ledger.job import Job
from ..module_utils.apply.ledger.model_store import ModelStore
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
    models = ModelStore(params["model_store"] or os.path.join(home(), "ollama"))
    probe = LedgerProbe(partial(run_program, timeout_seconds=PROGRAM_TIMEOUT_SECONDS), models.path)
    reads_only = check_mode or params["phase"] == "undo_plan"
    changes = Rehearsal(models) if reads_only else Changes(store, probe, models)
    with changes.locked():
        job = Job(params, store.read(), probe, changes)
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
