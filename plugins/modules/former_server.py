#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Remember the server that has streamed, and bring it back when its successor does not."""

from __future__ import annotations

DOCUMENTATION = r"""
module: former_server
short_description: Remember the server that has streamed, and bring it back when its successor does not
version_added: "0.1.0"
description:
  - Keeps one record on the host of how Ollama runs (in Docker or as a unit), with the text of the files that say so.
  - The record stays until another server has proven itself, so it outlives a run that was cut off.
  - Nothing but our own container and the unit C(ollama.service) is ever stopped.
options:
  phase:
    description:
      - V(keep) records what serves now, unless there is a record. Use it before an own server of somebody is replaced.
      - V(proven) records what serves now. Call it when a model has streamed.
      - V(go_back) compares the host with the record. Where something differs, it stops the new server, puts the former
        files back, starts the former server and asks it for an answer. Where nothing differs, it changes nothing.
    type: str
    choices: [keep, proven, go_back]
    required: true
  folder:
    description: Folder of the record; readable by root alone.
    type: path
    default: /var/lib/nogpu/proven
  url:
    description: Address of the server, for V(keep) and V(proven).
    type: str
    default: http://127.0.0.1:11434
  model:
    description: Model that has streamed, for V(proven); V(go_back) asks it for a token.
    type: str
    default: ""
  host:
    description: Name of the host in sentences.
    type: str
    default: this host
  reason:
    description: Why the change is taken back, for V(go_back).
    type: str
    default: ""
  compose_file:
    description: The stack's file.
    type: path
    default: /etc/nogpu/compose.yaml
  container:
    description: The stack's container.
    type: str
    default: ollama-docker
  prefix:
    description: Folder of the native server's versions, with the link C(current).
    type: path
    default: /opt/nogpu/ollama
  ledger:
    description: The ledger, which knows the folders of former versions.
    type: path
    default: /var/lib/nogpu/ledger.json
  start_timeout:
    description: Seconds that the former server may take to answer, and then to stream.
    type: int
    default: 120
attributes:
  check_mode:
    description: Tells whether it would change something, and changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show; the files are the roles' own.
    support: none
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Remember what has streamed
  nogpu.ollama.former_server:
    phase: proven
    model: qwen2.5:0.5b
  become: true

- name: Bring back what served before
  nogpu.ollama.former_server:
    phase: go_back
    reason: "{{ ansible_failed_result.msg }}"
  become: true
"""

RETURN = r"""
former:
  description: The record, C(null) where there is none. C(previous_version) is the version before it.
  returned: success
  type: dict
  sample:
    runtime: docker
    version: 0.32.7
    previous_version: 0.31.0
    url: http://127.0.0.1:11434
    model: qwen2.5:0.5b
outdated:
  description: Folders of versions that nobody comes back to any more, from the ledger.
  returned: with V(proven)
  type: list
  elements: dict
  sample: [{kind: tree, name: /opt/nogpu/ollama/0.31.0}]
entries:
  description: Entries of the ledger whose things look different now.
  returned: with V(go_back)
  type: list
  elements: dict
  sample: [{kind: file, name: /etc/nogpu/compose.yaml}]
text:
  description:
    - What failed, whether the former server serves again, and what to do. Without a way back, the reason alone.
  returned: with V(go_back)
  type: str
  sample: >-
    The change on laptop1 was taken back, as the new server did not stream: ...
"""

import os
import time
from functools import partial

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.former_server.record import (
    Former,
    FormerError,
    back_text,
    former_text,
    outdated,
    parse_former,
    succeed,
    summary,
    way_back,
)
from ..module_utils.apply.former_server.server import Places, go_back, look, stream_a_token, wait_for_answer
from ..module_utils.apply.ledger.entries import LedgerError
from ..module_utils.apply.ledger.store import LedgerStore
from ..module_utils.host.programs import run_program
from ..module_utils.host.whole_file import write_whole

PROGRAM_TIMEOUT_SECONDS = 120  # to stop or start a container on a slow disk
VERSION_SECONDS = 10
UNIT_FOLDER = "/etc/systemd/system"

ARGUMENT_SPEC = {
    "phase": {"type": "str", "choices": ["keep", "proven", "go_back"], "required": True},
    "folder": {"type": "path", "default": "/var/lib/nogpu/proven"},
    "url": {"type": "str", "default": "http://127.0.0.1:11434"},
    "model": {"type": "str", "default": ""},
    "host": {"type": "str", "default": "this host"},
    "reason": {"type": "str", "default": ""},
    "compose_file": {"type": "path", "default": "/etc/nogpu/compose.yaml"},
    "container": {"type": "str", "default": "ollama-docker"},
    "prefix": {"type": "path", "default": "/opt/nogpu/ollama"},
    "ledger": {"type": "path", "default": "/var/lib/nogpu/ledger.json"},
    "start_timeout": {"type": "int", "default": 120},
}


class Job:
    """One call. Each phase returns the module's answer; raises FormerError or LedgerError."""

    def __init__(self, params, check_mode):
        self.params, self.check_mode = params, check_mode
        self.run = partial(run_program, timeout_seconds=PROGRAM_TIMEOUT_SECONDS)
        self.path = os.path.join(params["folder"], "former.json")
        self.places = Places(
            compose=params["compose_file"],
            unit=f"{UNIT_FOLDER}/ollama.service",
            drop_in=f"{UNIT_FOLDER}/ollama.service.d/10-nogpu-plan.conf",
            link=f"{params['prefix']}/current",
            container=params["container"],
        )
        self.known = None
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.known = parse_former(file.read(), self.path)

    def keep(self):
        return {"changed": False, "former": summary(self.known)} if self.known else self.proven()

    def proven(self):
        serving = look(self.places, self.run)
        if not serving.runtime:
            return {"changed": False, "former": self.known and summary(self.known), "outdated": []}
        url = self.params["url"]
        version = wait_for_answer(url, VERSION_SECONDS)
        record = succeed(self.known, Former(serving.runtime, version, url, self.params["model"], serving))
        if record != self.known and not self.check_mode:
            os.makedirs(self.params["folder"], mode=0o700, exist_ok=True)
            write_whole(self.path, lambda file: file.write(former_text(record).encode()), 0o600)
        trees = [entry.name for entry in self.ledger().entries if entry.kind == "tree"]
        old = outdated(record, [tree for tree in trees if os.path.dirname(tree) == self.params["prefix"]], serving.link)
        entries = [{"kind": "tree", "name": tree} for tree in old]
        return {"changed": record != self.known, "former": summary(record), "outdated": entries}

    def go_back(self):
        former, reason = self.known, self.params["reason"]
        way = former and way_back(former, look(self.places, self.run), self.places.files)
        if not way or self.check_mode:
            return {"changed": bool(way), "former": former and summary(former), "entries": [], "text": reason}
        began, failed = time.monotonic(), ""
        try:
            go_back(way, former, self.places, self.run)
            wait_for_answer(former.url, self.params["start_timeout"])
            if former.model:
                stream_a_token(former.url, former.model, self.params["start_timeout"])
        except FormerError as error:
            failed = str(error)
        text = back_text(former, self.params["host"], reason, failed, time.monotonic() - began)
        return {"changed": True, "former": summary(former), "entries": self.entries(way), "text": text}

    def entries(self, way):
        changed = {(kind, self.places.link if kind == "link" else name) for kind, name in way.entries}
        return [{"kind": each.kind, "name": each.name} for each in self.ledger().entries if each.key in changed]

    def ledger(self):
        return LedgerStore(self.params["ledger"]).read()


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        job = Job(module.params, module.check_mode)
        module.exit_json(**getattr(job, module.params["phase"])())
    except (FormerError, LedgerError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
