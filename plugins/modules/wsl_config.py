#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Change Windows' .wslconfig from inside a distribution."""

from __future__ import annotations

DOCUMENTATION = r"""
module: wsl_config
short_description: Give WSL2 its share of the machine
version_added: "0.1.0"
description:
  - Merges memory, processors, swap and the network mode into the section C([wsl2]) of C(.wslconfig) in the Windows
    profile, from inside a distribution.
  - Comments, order, other keys, ends of lines and the encoding stay as they are. A file in an encoding that WSL cannot
    read is refused and left alone.
  - If a key is there twice WSL takes the first; both are set.
  - Never restarts WSL, which would end the distribution, and an Ansible that runs in it. RV(restart_needed) tells
    whether the limits wait for that.
author: nogpu contributors (@nogpu)
extends_documentation_fragment: nogpu.ollama.vm_resources
attributes:
  check_mode:
    support: full
    description: Everything is checked and nothing is written.
  diff_mode:
    support: full
    description: Shows the file before and after.
  idempotent:
    support: full
    description: Nothing is written if the file says so already, in whatever form (V(12GB) is V(12288MB)).
options:
  processors:
    description: Number of processors, or V(max).
    type: str
  networking_mode:
    description: How WSL reaches the network. V(mirrored) needs Windows 11 22H2.
    type: str
    choices: [nat, mirrored, virtioproxy, none]
  host_memory_bytes:
    description:
      - Memory of Windows. A distribution sees only its own, so by default PowerShell is asked. Where it cannot be
        asked, V(max) is refused, and a figure is taken without a check.
    type: int
  host_cores:
    description: Logical cores of Windows. By default PowerShell is asked.
    type: int
  path:
    description: The file as seen from Linux. By default C(.wslconfig) in O(profile).
    type: path
  profile:
    description:
      - The Windows profile, such as V(/mnt/c/Users/anna) or V(C:\\Users\\anna). By default C(cmd.exe) is asked; if it
        does not answer, the profile below C(/mnt/c/Users) is taken, if there is only one.
    type: str
"""

EXAMPLES = r"""
- name: Give WSL2 all but what Windows needs
  nogpu.ollama.wsl_config:
    memory: max
    processors: max
    swap: 0
  register: wsl

- name: Say what is left to do
  ansible.builtin.debug:
    msg: "{{ wsl.msg }}"
  when: wsl.restart_needed
"""

RETURN = r"""
path:
  description: The file as seen from Linux.
  returned: always
  type: str
  sample: /mnt/c/Users/anna/.wslconfig
settings:
  description: The keys that were asked for, as they are written.
  returned: success
  type: dict
  sample: {memory: 12GB, processors: "8", swap: "0"}
backup_file:
  description: The copy of the former file; empty without one.
  returned: success
  type: str
  sample: ""
restart_needed:
  description: Whether the limits wait for a restart of WSL. Where that cannot be seen, whether the file was changed.
  returned: success
  type: bool
  sample: true
waiting:
  description: What is not in force yet, one sentence each.
  returned: success
  type: list
  elements: str
  sample: [memory is 7838 MiB now (12GB was asked for)]
msg:
  description: When the limits apply and how, or that they do.
  returned: always
  type: str
  sample: "The limits apply from the next start of WSL: close your work in Linux, then on Windows run: wsl --shutdown."
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.docker_desktop.resources import ResourceError, cores, host, memory_mib, swap_mib
from ..module_utils.apply.docker_desktop.windows import Windows, WindowsError
from ..module_utils.apply.docker_desktop.wsl_in_force import state, waiting
from ..module_utils.apply.docker_desktop.wslconfig import merge, present, remarks, size_text
from ..module_utils.apply.docker_desktop.wslconfig_bytes import WslConfigError, decode
from ..module_utils.host.owners_file import FileError, OwnersFile
from ..module_utils.host.values import MIB

ARGUMENT_SPEC = {
    "memory": {"type": "str"},
    "processors": {"type": "str"},
    "swap": {"type": "str"},
    "networking_mode": {"type": "str", "choices": ["nat", "mirrored", "virtioproxy", "none"]},
    "host_memory_bytes": {"type": "int"},
    "host_cores": {"type": "int"},
    "memory_reserve": {"type": "str"},
    "path": {"type": "path"},
    "profile": {"type": "str"},
    "backup": {"type": "bool", "default": True},
}


def wanted(params: dict[str, Any], windows: Windows, text: str) -> tuple[dict[str, str], list[str]]:
    """The keys to set, and warnings. Raises ResourceError for what the host cannot give."""
    keys: dict[str, str] = {}
    notes = [f"{note}." for note in remarks(text)]
    # PowerShell takes a second or two, so it is asked only for what is needed.
    memory = params["host_memory_bytes"] or (windows.memory_bytes() if params["memory"] is not None else None)
    there = params["host_cores"] or (windows.cores() if params["processors"] is not None else None)
    machine = host(memory, there, params["memory_reserve"])
    figure = None
    if params["memory"] is not None:
        figure = memory_mib(params["memory"], machine, "memory")
        keys["memory"] = size_text(figure)
        if memory is None:
            notes.append(
                f"the memory of Windows is unknown, so it was not checked whether {keys['memory']} leaves it enough."
            )
    if params["processors"] is not None:
        keys["processors"] = str(cores(params["processors"], machine, "processors", "processors"))
    if params["swap"] is not None:
        before = present(text, "memory")
        keys["swap"] = size_text(swap_mib(params["swap"], figure or (int(before) // MIB if before else None)))
    if params["networking_mode"] is not None:
        keys["networkingMode"] = params["networking_mode"]
    return keys, notes


def in_force(keys: dict[str, str], windows: Windows, changed: bool, readable: bool) -> dict[str, Any]:
    """Whether the limits wait for a restart of WSL, and the sentence about it."""
    now = windows.in_force()
    left = waiting(keys, now)
    restart = bool(left) or (changed and not now.known)
    return {"restart_needed": restart, "waiting": list(left), "msg": state(restart, left, readable)}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC, mutually_exclusive=[("path", "profile")], supports_check_mode=True
    )
    params, windows, path, backup = module.params, Windows(), "", ""
    try:
        path = windows.config_path(params["path"], params["profile"])
        file = OwnersFile(path)
        found = decode(file.read())
        keys, notes = wanted(params, windows, found.text)
        after = merge(found.text, keys)
        changed = after != found.text
        if changed and not module.check_mode:
            backup = file.write(found.encode(after), params["backup"])
    except WslConfigError as error:
        module.fail_json(msg=f"Could not read {path}: {error} It was left as it is.", path=path)
    except (FileError, ResourceError, WindowsError) as error:
        module.fail_json(msg=str(error), path=path)
    for note in notes:
        module.warn(f"{path}: {note}")
    diff = {"before": found.text, "after": after, "before_header": path, "after_header": path}
    told = in_force(keys, windows, changed, changed or not found.mark)
    module.exit_json(changed=changed, path=path, settings=keys, backup_file=backup, diff=diff, **told)


if __name__ == "__main__":
    main()
