# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Stops a play on chosen laptops without a change to the play, and records what each laptop did.

INTERRUPTIONS is JSON: {host: {"container": ..., "after": a task's name}}. Once that task has a result, the laptop's SSH
server and all its sessions are killed: to the laptop that is an operator who is gone. With "during" instead of "after"
it happens in the middle of that task, as soon as the shell command "until" succeeds on the laptop: it loses its power,
or with "by" it falls asleep ("sleep") or loses this connection alone ("drop").
INTERRUPTIONS_RECORD is a file that gets one line of JSON for each result, and for each of these disturbances.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: interruption
type: aggregate
short_description: Stops a play on chosen laptops
description: For tests alone.
"""
HANG_UP = "systemctl stop ssh.service; pkill -KILL '^sshd'"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "interruption"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._wanted = json.loads(os.environ.get("INTERRUPTIONS", "{}"))
        self._record = os.environ.get("INTERRUPTIONS_RECORD", os.devnull)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        wanted = self._wanted.get(host.get_name(), {})
        if "during" in wanted and task.get_name().endswith(wanted["during"]):
            wanted = self._wanted.pop(host.get_name())
            threading.Thread(target=self._disturb, args=(host.get_name(), wanted), daemon=True).start()

    def v2_runner_on_ok(self, result: Any) -> None:
        host, task = result.host.get_name(), result.task.get_name()
        self._note(host, task, bool(result.result.get("changed")))
        wanted = self._wanted.get(host, {})
        if "after" in wanted and task.endswith(wanted["after"]):
            del self._wanted[host]
            subprocess.run(["docker", "exec", wanted["container"], "sh", "-c", HANG_UP], check=False)

    def _disturb(self, host: str, wanted: dict[str, str]) -> None:
        container, by = wanted["container"], wanted.get("by", "power")
        # SSH ends before the power does: the operator need not wait for a laptop that is gone.
        then = {"power": "pkill -KILL '^sshd'", "drop": "pkill -KILL '^sshd-session'", "sleep": ":"}[by]
        wait = f"for i in $(seq 3000); do {{ {wanted['until']}; }} && break; sleep 0.02; done; {then}"
        done = subprocess.run(["docker", "exec", container, "sh", "-c", wait], check=False)
        if by != "drop":
            verb = {"power": "kill", "sleep": "pause"}[by]
            subprocess.run(["docker", verb, container], check=True, capture_output=True)
        self._note(host, by, changed=done.returncode == 0)

    def _note(self, host: str, what: str, changed: bool) -> None:
        with open(self._record, "a", encoding="utf-8") as record:
            record.write(json.dumps({"host": host, "task": what, "changed": changed}) + "\n")
