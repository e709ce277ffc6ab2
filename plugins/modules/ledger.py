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
    description: Full path of the ledger. Its folder is made if it is missing.
    type: path
    default: /var/lib/nogpu/ledger.json
  phase:
    description:
      - V(before) announces entries that are not known yet, V(after) settles them.
      - V(undo_plan) returns the steps that bring the host back and changes nothing.
      - V(undo) does those steps that concern files, directories and links, and forgets what is done. Do the steps of
        other kinds with their own modules first; those that are left stay in the ledger.
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
    description: Things that are about to be changed, or have been.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description:
          - What the thing is. V(apt_repository) is named by the path of its file.
        type: str
        required: true
        choices: [file, directory, link, apt_repository, user, group, package, service, container, volume, network,
          image, model]
      name:
        description: Full path, or name.
        type: str
        required: true
      why:
        description: What the change is good for, in one sentence.
        type: str
        default: ""
  model_store:
    description: Folder of Ollama's models, to see which model is there.
    type: path
    default: /var/lib/nogpu/ollama
  lock_timeout_seconds:
    description: How long to wait for another run on the same host.
    type: float
    default: 60
attributes:
  check_mode:
    description: Nothing is written, not even the lock.
    support: full
  diff_mode:
    description: Shows the entries that are added, settled or undone.
    support: full
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
steps:
  description:
    - The last change first. With V(undo), the steps that were done have C(done) true.
    - Actions are C(nothing), C(keep), C(remove_...), C(restore_...), C(stop_and_disable_service), C(install_package).
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
kept:
  description: Sentences that name what is left because somebody changed it since.
  returned: with V(undo_plan) and V(undo)
  type: list
  elements: str
"""

from contextlib import nullcontext
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host_reader import run_program
from ..module_utils._ledger import (
    KINDS,
    LedgerError,
    added_text,
    announce,
    forget,
    parse_wish,
    settle,
    settled_text,
    unknown_wishes,
)
from ..module_utils._ledger_paths import PATH_ACTIONS, undo_directory, undo_path
from ..module_utils._ledger_probe import LedgerProbe
from ..module_utils._ledger_store import DEFAULT_PATH, LedgerStore
from ..module_utils._undo_plan import kept_text, undo_plan

ARGUMENT_SPEC = {
    "path": {"type": "path", "default": DEFAULT_PATH},
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
    "model_store": {"type": "path", "default": "/var/lib/nogpu/ollama"},
    "lock_timeout_seconds": {"type": "float", "default": 60},
}


class Job:
    """One call: what it was asked, and the edges it works with. Each phase returns the module's answer."""

    def __init__(self, params, check_mode, store, probe):
        self.owner = params["owner"]
        self.wishes = [parse_wish(**entry) for entry in params["entries"]]
        self.check_mode, self.store, self.probe = check_mode, store, probe
        self.ledger = store.read()
        self.now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def before(self):
        """Record what the new things are."""
        if not self.owner:
            raise LedgerError(
                "Could not announce the entries in the ledger: 'owner' is empty (the role's name was needed, to undo "
                "one role's changes). Set 'owner'."
            )
        known = self.ledger
        for wish in unknown_wishes(known, self.wishes):
            state = self.probe.look(wish.kind, wish.name)
            announced = announce(self.ledger, wish, self.owner, state, self.now)
            if "sha256" in state and not self.check_mode:
                state = {**state, **self.store.back_up(announced.last_number, wish.name)}
                announced = announce(self.ledger, wish, self.owner, state, self.now)
            self.ledger = announced
        return self.answer(self.ledger.entries[len(known.entries) :], added_text)

    def after(self):
        """Record what was made of the things. In check mode an unknown one is one that `before` would have added."""
        known = self.ledger
        for wish in self.wishes:
            if not self.check_mode or known.find(wish.key) is not None:
                self.ledger = settle(self.ledger, wish.key, self.probe.look(wish.kind, wish.name), self.now)
        return self.answer([each for each in self.ledger.entries if each not in known.entries], settled_text)

    def undo_plan(self):
        """Say what would bring the host back."""
        seen = {entry.key: self.probe.look(*entry.key) for entry in self.ledger.entries}
        steps = undo_plan(self.ledger, seen, self.owner)
        return {**self.answer([], added_text), "steps": steps, "kept": kept_text(steps)}

    def undo(self):
        """Bring paths back and forget what is done. The ledger keeps what has a copy, and directories in use."""
        plan, finished, gone = self.undo_plan(), [], set()
        for step in plan["steps"]:
            step["done"] = step["action"] == "nothing" or self.undo_path(step, gone)
            given_up = step["action"] == "keep" and "backup" not in step["before"]
            if step["done"] or given_up:
                finished.append((step["kind"], step["name"]))
                gone.add(step["name"])
        return {**plan, **self.drop(finished), "kept": kept_text(plan["steps"])}

    def undo_path(self, step, gone):
        if step["action"] not in PATH_ACTIONS:
            return False
        if step["action"] == "remove_directory_if_empty":
            return undo_directory(step, gone, self.check_mode)
        if not self.check_mode:
            undo_path(step)
        return True

    def forget(self):
        """Drop the given entries."""
        return self.drop([wish.key for wish in self.wishes])

    def drop(self, keys):
        dropped = [entry for entry in self.ledger.entries if entry.key in keys]
        self.ledger = forget(self.ledger, keys)
        answer = self.answer(dropped, lambda entries: "".join(f"{each.number}. {each.title}\n" for each in entries))
        answer["diff"] = {"before": answer["diff"]["after"], "after": ""}
        if not self.check_mode:
            for entry in dropped:
                self.store.drop_backup(entry.before.get("backup"))
        return answer

    def answer(self, entries, text):
        """Write the ledger if this call changes it, and say what it did."""
        if entries and not self.check_mode:
            self.store.write(self.ledger)
        diff = {"before": "", "after": text(entries)}
        titles = [entry.title for entry in entries]
        return {"changed": bool(entries), "entries": titles, "count": len(self.ledger.entries), "diff": diff}


def run(params, check_mode):
    """Do one call under the lock, where it may write; raises LedgerError."""
    store = LedgerStore(params["path"], params["lock_timeout_seconds"])
    writes = not check_mode and params["phase"] != "undo_plan"
    with store.locked() if writes else nullcontext():
        job = Job(params, check_mode, store, LedgerProbe(run_program, params["model_store"]))
        return getattr(job, params["phase"])()


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        answer = run(module.params, module.check_mode)
    except LedgerError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
