# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Shows the progress of a pull on the control node: the module runs as a job on the host, and is asked from here."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

POLL_SECONDS = 2
# Asking the job itself costs a whole module run on both sides. The progress file says when it is done;
# the job is asked from time to time in case the module was killed, and sooner while it has not written a line yet.
ASK_JOB_SECONDS = 30
ASK_SILENT_JOB_SECONDS = 5
# A laptop that sleeps or changes networks must answer again within this time, or the run continues without it.
LOST_SECONDS = 120
# The module itself ends a pull that stalls; this limit ends a job that nobody asks for any more.
JOB_LIMIT_SECONDS = 24 * 3600
PRINT_PERCENT = 5
PRINT_SECONDS = 10
JOB_KEYS = ("ansible_job_id", "started", "finished", "results_file", "stdout", "stdout_lines", "stderr", "stderr_lines")


class Ticker:
    """Decides when a line is printed: after 5 % more, or after 10 s. Times in seconds of a monotonic clock."""

    def __init__(self, host: str, model: str, now: float) -> None:
        self._name = f"{host}  {model}"
        self._percent = 0.0
        self._printed_at = now

    def line(self, progress: dict[str, Any], now: float) -> str | None:
        completed, total = int(progress.get("completed", 0)), int(progress.get("total", 0))
        percent = 100.0 * completed / total if total else 0.0
        if abs(percent - self._percent) < PRINT_PERCENT and now - self._printed_at < PRINT_SECONDS:
            return None
        self._percent, self._printed_at = percent, now
        if not total or completed >= total:
            return f"{self._name}  {percent:.0f} %  {progress.get('status', '')}"
        speed = float(progress.get("bytes_per_second", 0))
        left = f"{_duration((total - completed) / speed)} left" if speed > 0 else "waiting for data"
        amount = f"{completed / 1e6:.0f} of {total / 1e6:.0f} MB  {speed / 1e6:.1f} MB/s"
        return f"{self._name}  {percent:.0f} %  {amount}  {left}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class ActionModule(ActionBase):
    """See the module of the same name for its options."""

    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        if wrap_async or self._task.check_mode or "progress_file" in self._task.args or self._task.no_log:
            return self._execute_module(task_vars=task_vars, wrap_async=wrap_async)
        planned = self._rehearse()
        if planned.get("failed") or not planned.get("changed"):
            return planned
        if "pull" not in planned.get("steps", ()):
            return self._execute_module(task_vars=task_vars)
        return self._pull_in_sight(planned["name"])

    def _rehearse(self) -> dict[str, Any]:
        """Return what the module would do. It is quick and changes nothing."""
        self._task.check_mode = True
        try:
            return self._execute_module(task_vars=self._vars)
        finally:
            self._task.check_mode = False

    def _pull_in_sight(self, model: str) -> dict[str, Any]:
        folder = self._remote_expand_user(self.get_shell_option("async_dir", default="~/.ansible_async"))
        progress_file = self._connection._shell.join_path(folder, f"nogpu-{secrets.token_hex(8)}.json")
        job = self._start(progress_file)
        if "ansible_job_id" not in job:
            self._display.vv(f"No progress can be shown, as no job could be started: {job.get('msg', job)}")
            return self._execute_module(task_vars=self._vars)
        result = self._watch(job["ansible_job_id"], progress_file, model)
        if result.get("finished"):
            self._ask_job(job["ansible_job_id"], "cleanup")
            self._low_level_execute_command(self._connection._shell.remove(progress_file))
        return {key: value for key, value in result.items() if key not in JOB_KEYS}

    def _start(self, progress_file: str) -> dict[str, Any]:
        """Start the module as a job. If that fails (no folder, no rights) the answer has no job id."""
        if self._connection._shell.tmpdir is None:
            self._make_tmp_path()
        folder = self._connection._shell.tmpdir
        self._task.async_val = JOB_LIMIT_SECONDS
        try:
            arguments = dict(self._task.args, progress_file=progress_file)
            job = self._execute_module(module_args=arguments, task_vars=self._vars, wrap_async=True)
        except AnsibleError as error:
            job = {"msg": str(error)}
        finally:
            self._task.async_val = 0
        if "ansible_job_id" not in job:
            self._connection._shell.tmpdir = folder  # Ansible then removes it; it forgets the folder of a job
        return job

    def _watch(self, job_id: str, progress_file: str, model: str) -> dict[str, Any]:
        """Print progress until the job is done; return its result, or a failure if the host is silent for too long."""
        host = str(self._vars.get("inventory_hostname", ""))
        seen_at = asked_at = time.monotonic()
        ticker = Ticker(host, model, seen_at)
        pause = 0.5  # a tiny model takes less than a second
        while True:
            time.sleep(pause)
            pause = min(2 * pause, POLL_SECONDS)
            now = time.monotonic()
            try:
                progress = self._progress(progress_file)
                wait = ASK_JOB_SECONDS if progress else ASK_SILENT_JOB_SECONDS
                if progress.get("status") in ("success", "failed") or now - asked_at >= wait:
                    asked_at = now
                    result = self._ask_job(job_id, "status")
                    if result.get("finished"):
                        return result
                seen_at = now
            except AnsibleError as error:
                if now - seen_at > LOST_SECONDS:
                    return {"failed": True, "msg": _lost(host, model, error)}
                self._connection.reset()
                continue
            line = ticker.line(progress, now) if progress else None
            if line:
                Display().display(line, stderr=True)

    def _progress(self, path: str) -> dict[str, Any]:
        answer = self._low_level_execute_command(f"cat {self._connection._shell.quote(path)}")
        try:
            return dict(json.loads(answer.get("stdout", "")))
        except ValueError:
            return {}

    def _ask_job(self, job_id: str, mode: str) -> dict[str, Any]:
        task = self._task.copy()
        task.action, task.async_val, task.args = "ansible.builtin.async_status", 0, {"jid": job_id, "mode": mode}
        action = self._shared_loader_obj.action_loader.get(
            task.action,
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            return dict(action.run(task_vars=self._vars))
        finally:
            action.cleanup(force=True)  # without pipelining it has made a folder of its own


def _lost(host: str, model: str, error: Exception) -> str:
    return (
        f"Lost contact with {host} while it pulled {model}: no answer for {LOST_SECONDS} s ({error}). "
        "The pull continues on that host. Run this again when the host answers."
    )
