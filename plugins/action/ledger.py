# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Takes the run lock of a host before the first change there: each change is recorded in the ledger first.

This works over SSH and on this machine itself. Over other connections there is no lock.
"""

from __future__ import annotations

import getpass
import json
import os
import select
import shlex
import socket
import subprocess
import time
import uuid
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils.apply.ledger.run_lock import KEEPER, NAME, SILENCE_SECONDS

# A run that has just ended frees the host within this time.
PATIENCE_SECONDS = 4
TAKE_SECONDS = 15
# Sends a line every second to the process that holds the lock, as long as the run lives ("$0" is its process).
FEED = 'while kill -0 "$0" 2>/dev/null; do echo || exit; sleep 1; done | exec "$@"'


class ActionModule(ActionBase):
    """See the module of the same name for its options."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        if self._task.check_mode or self._task.args.get("phase") == "undo_plan":
            return self._execute_module(task_vars=self._vars)
        run = f"{uuid.getnode():x}-{os.getppid()}"  # the parent is ansible-playbook
        deadline = time.monotonic() + PATIENCE_SECONDS
        result = self._ledger(run)
        while result.get("held_by") and time.monotonic() < deadline:
            time.sleep(1)
            result = self._ledger(run)
        if result.get("unheld") and self._take(run):
            result = self._ledger(run)
        if result.get("unheld"):
            self._display.vv(f"No lock on {self._vars.get('inventory_hostname')}: a second run would not be noticed.")
            return self._ledger("")
        return result

    def _ledger(self, run: str) -> dict[str, Any]:
        return self._execute_module(module_args={**self._task.args, "run": run}, task_vars=self._vars)

    def _take(self, run: str) -> bool:
        """Start the process that holds the lock; False if that is not possible here.

        Another run may have taken the lock first: the module, which is called next, then says so.
        """
        python = (self._used_interpreter or "python3").lstrip("#!")
        operator = f"{getpass.getuser()}@{socket.gethostname()} (process {os.getppid()} there)"
        told = json.dumps({"run": run, "operator": operator})
        command = self._reach(shlex.join([*shlex.split(python), "-c", KEEPER, NAME, str(SILENCE_SECONDS), told]))
        if not command:
            return False
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", FEED, str(os.getppid()), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        select.select([keeper.stdout], [], [], TAKE_SECONDS)
        return True

    def _reach(self, command: str) -> list[str]:
        """Return a command for this machine that runs `command` on the host; empty if there is no way."""
        connection = self._connection
        if connection.transport == "local":
            return ["/bin/sh", "-c", command]
        if connection.transport != "ssh":
            return []
        ssh = connection.get_option("ssh_executable")
        whole = [str(word, "utf-8") for word in connection._build_command(ssh, "ssh", connection.host, command)]
        # The connection is open already and needs no password: sshpass in front of the command is left out.
        return [ssh, "-o", "BatchMode=yes", *whole[whole.index(ssh) + 1 :]]
