#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Record the server that has streamed, and bring it back when the next one does not stream."""

from __future__ import annotations

DOCUMENTATION = r"""
module: last_good_server
short_description: Record the server that has streamed, and bring it back when the next one does not stream
version_added: "0.1.0"
description:
  - Keeps one record on the host of how Ollama runs (in Docker or as a unit), with the text of the files that say so.
  - The record stays until another server has streamed. A run that was interrupted does not lose it.
  - Only our own container and the unit C(ollama.service) are ever stopped.
options:
  phase:
    description:
      - V(keep) records what serves now, unless there is a record. Use it before somebody's own server is replaced.
      - V(proven) records what serves now. Call it when a model has streamed.
      - V(go_back) compares the host with the record. If something differs, it stops the new server, writes the recorded
        files, starts the recorded server and asks it for an answer. If nothing differs, it changes nothing.
    type: str
    choices: [keep, proven, go_back]
    required: true
  folder:
    description: Folder of the record; readable only by root.
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
    description: Why the change is undone, for V(go_back).
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
    description: The ledger, which knows the folders of earlier versions.
    type: path
    default: /var/lib/nogpu/ledger.json
  start_timeout:
    description: Seconds that the recorded server may take to answer, and then to stream.
    type: int
    default: 120
attributes:
  check_mode:
    description: Says whether it would change something, and changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show; the files belong to other roles.
    support: none
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Record the server that has streamed
  nogpu.ollama.last_good_server:
    phase: proven
    model: qwen2.5:0.5b
  become: true

- name: Bring back the last good server
  nogpu.ollama.last_good_server:
    phase: go_back
    reason: "{{ ansible_failed_result.msg }}"
  become: true
"""

RETURN = r"""
last_good:
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
  description: Folders of versions that are not needed any more, from the ledger.
  returned: with V(proven)
  type: list
  elements: dict
  sample: [{kind: tree, name: /opt/nogpu/ollama/0.31.0}]
entries:
  description: Entries of the ledger for things that are different now.
  returned: with V(go_back)
  type: list
  elements: dict
  sample: [{kind: file, name: /etc/nogpu/compose.yaml}]
text:
  description:
    - What failed, whether the last good server serves again, and what to do. If nothing was changed, only the reason.
  returned: with V(go_back)
  type: str
  sample: >-
    The change on laptop1 was undone, because the new server failed its test: ...
"""

import os
import time
from functools import partial

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.last_good_server.record import (
    LastGoodServer,
    LastGoodServerError,
    back_text,
    outdated,
    parse_record,
    record_text,
    succeed,
    summary,
    way_back,
)
from ..module_utils.apply.last_good_server.server import Places, go_back, look, stream_a_token, wait_for_answer
from ..module_utils.apply.ledger.entries import LedgerError
from ..module_utils.apply.ledger.store import LedgerStore
from ..module_utils.host.names import CONTAINER, HOME, UNIT
from ..module_utils.host.programs import run_program
from ..module_utils.host.whole_file import write_whole

PROGRAM_TIMEOUT_SECONDS = 120  # to stop or start a container on a slow disk
VERSION_SECONDS = 10
UNIT_FOLDER = "/etc/systemd/system"
RECORD = "former.json"  # laptops have it under this name since the first version

ARGUMENT_SPEC = {
    "phase": {"type": "str", "choices": ["keep", "proven", "go_back"], "required": True},
    "folder": {"type": "path", "default": f"{HOME}/proven"},
    "url": {"type": "str", "default": "http://127.0.0.1:11434"},
    "model": {"type": "str", "default": ""},
    "host": {"type": "str", "default": "this host"},
    "reason": {"type": "str", "default": ""},
    "compose_file": {"type": "path", "default": "/etc/nogpu/compose.yaml"},
    "container": {"type": "str", "default": CONTAINER},
    "prefix": {"type": "path", "default": "/opt/nogpu/ollama"},
    "ledger": {"type": "path", "default": f"{HOME}/ledger.json"},
    "start_timeout": {"type": "int", "default": 120},
}


class Job:
    """One call. Each phase returns the module's answer; raises LastGoodServerError or LedgerError."""

    def __init__(self, params, check_mode):
        self.params, self.check_mode = params, check_mode
        self.run = partial(run_program, timeout_seconds=PROGRAM_TIMEOUT_SECONDS)
        self.path = os.path.join(params["folder"], RECORD)
        self.places = Places(
            compose=params["compose_file"],
            unit=f"{UNIT_FOLDER}/{UNIT}",
            drop_in=f"{UNIT_FOLDER}/{UNIT}.d/10-nogpu-plan.conf",
            link=f"{params['prefix']}/current",
            container=params["container"],
        )
        self.known = None
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.known = parse_record(file.read(), self.path)

    def keep(self):
        return {"changed": False, "last_good": summary(self.known)} if self.known else self.proven()

    def proven(self):
        serving = look(self.places, self.run)
        if not serving.runtime:
            return {"changed": False, "last_good": self.known and summary(self.known), "outdated": []}
        url = self.params["url"]
        version = wait_for_answer(url, VERSION_SECONDS)
        record = succeed(self.known, LastGoodServer(serving.runtime, version, url, self.params["model"], serving))
        if record != self.known and not self.check_mode:
            os.makedirs(self.params["folder"], mode=0o700, exist_ok=True)
            write_whole(self.path, lambda file: file.write(record_text(record).encode()), 0o600)
        trees = [entry.name for entry in self.ledger().entries if entry.kind == "tree"]
        old = outdated(record, [tree for tree in trees if os.path.dirname(tree) == self.params["prefix"]], serving.link)
        entries = [{"kind": "tree", "name": tree} for tree in old]
        return {"changed": record != self.known, "last_good": summary(record), "outdated": entries}

    def go_back(self):
        record, reason = self.known, self.params["reason"]
        way = record and way_back(record, look(self.places, self.run), self.places.files)
        if not way or self.check_mode:
            return {"changed": bool(way), "last_good": record and summary(record), "entries": [], "text": reason}
        began, failed = time.monotonic(), ""
        try:
            go_back(way, record, self.places, self.run)
            wait_for_answer(record.url, self.params["start_timeout"])
            if record.model:
                stream_a_token(record.url, record.model, self.params["start_timeout"])
        except LastGoodServerError as error:
            failed = str(error)
        text = back_text(record, self.params["host"], reason, failed, time.monotonic() - began)
        return {"changed": True, "last_good": summary(record), "entries": self.entries(way), "text": text}

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
    except (LastGoodServerError, LedgerError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
