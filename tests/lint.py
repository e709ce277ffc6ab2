# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""ansible-lint, with one syntax check for all playbooks and roles instead of a process for each.

By itself it starts `ansible-playbook --syntax-check` for each of them, and once more for each import of a playbook: 76
processes, two thirds of its time. Where one process finds nothing wrong in all of them, each is fine. Where it finds
something, ansible-lint goes its own way and says what it is. The two methods that are replaced belong to the version
that requirements-test.txt pins; `test_lint.py` fails where a new version does without them.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ansible_compat.runtime import Runtime
from ansiblelint.__main__ import _run_cli_entrypoint
from ansiblelint.errors import MatchError
from ansiblelint.file_utils import Lintable
from ansiblelint.runner import Runner

Worker = Callable[[Lintable], list[MatchError]]
ONE_BY_ONE = Runner._map_syntax_check_workers
HAS_PLAYBOOK = Runtime.has_playbook
fine: set[Path] = set()


def playbook_of(lintable: Lintable, folder: Path) -> Path:
    """Return a playbook, for a role one that imports it."""
    if lintable.kind != "role":
        return lintable.path
    made = folder / f"{lintable.path.name}.yml"
    task = {"ansible.builtin.import_role": {"name": str(lintable.path.expanduser().resolve())}}
    made.write_text(json.dumps([{"name": "Import the role", "hosts": "localhost", "tasks": [task]}]), encoding="utf-8")
    return made


def all_fine(files: Sequence[Lintable], env: Mapping[str, str]) -> bool:
    """Check the syntax of all files in one process."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(playbook_of(file, Path(folder))) for file in files]
        command = ["ansible-playbook", "--syntax-check", *paths]
        return subprocess.run(command, env=env, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0


def check_at_once(self: Runner, worker: Worker, files: list[Lintable]) -> list[list[MatchError]]:
    checked = [file for file in files if file.kind in ("playbook", "role")]
    if not checked or not all_fine(checked, self.app.runtime.environ):
        return ONE_BY_ONE(self, worker, files)
    fine.update(file.path.resolve() for file in checked)
    return [[] for _ in files]


def has_playbook(self: Runtime, playbook: str, *, basedir: Path | None = None) -> bool:
    return (basedir or Path()).joinpath(playbook).resolve() in fine or HAS_PLAYBOOK(self, playbook, basedir=basedir)


def main() -> None:
    Runner._map_syntax_check_workers = check_at_once  # type: ignore[method-assign]
    Runtime.has_playbook = has_playbook  # type: ignore[method-assign]
    _run_cli_entrypoint()


if __name__ == "__main__":
    main()
