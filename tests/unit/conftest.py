# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Run a whole module in this process, as Ansible would on a host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Callable

import pytest
from ansible.module_utils import _internal, basic
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args


@dataclass(frozen=True)
class Result:
    """What a module printed: `json` is the whole answer, the rest its commonest parts."""

    json: dict[str, Any]

    @property
    def failed(self) -> bool:
        return bool(self.json.get("failed", False))

    @property
    def changed(self) -> bool:
        return bool(self.json.get("changed", False))

    @property
    def msg(self) -> str:
        return str(self.json.get("msg", ""))


@pytest.fixture
def run_module(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return `run(module, params, check=False, diff=False) -> Result`."""
    # Tests of plugins import the controller's side; a module's warnings would then go to the screen, once each.
    monkeypatch.setattr(_internal, "is_controller", False)
    monkeypatch.setattr(warnings, "_global_warnings", {})

    def run(module: ModuleType, params: dict[str, Any], check: bool = False, diff: bool = False) -> Result:
        arguments = dict(params, _ansible_check_mode=check, _ansible_diff=diff)
        capsys.readouterr()
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        basic._ANSIBLE_ARGS = None
        return Result(json.loads(capsys.readouterr().out.strip().splitlines()[-1]))

    return run
