#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Write Docker Desktop's settings file while Docker Desktop is stopped."""

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_desktop_settings
short_description: Give Docker Desktop its share of the machine
version_added: "0.1.0"
description:
  - Merges cores, memory, swap, disk and three switches into the settings of Docker Desktop on macOS and Linux. Keys
    that are not ours stay as they are, byte for byte.
  - Docker Desktop writes its settings when it ends. So it is stopped, the file is changed, and it is started again; the
    containers that ran are started where their restart policy does not do so. If Desktop does not come up with the new
    settings, the former ones come back. If there is nothing to change it is left alone.
  - On Windows with the WSL2 backend Docker Desktop ignores these limits; see M(nogpu.ollama.wsl_config).
  - Docker does not document this file. Run it as the user whose Docker Desktop it is.
author: nogpu contributors (@nogpu)
extends_documentation_fragment: nogpu.ollama.vm_resources
attributes:
  check_mode:
    support: full
    description: Everything is checked and nothing is stopped.
  diff_mode:
    support: full
    description: Shows the file before and after, with passwords of proxies masked.
  idempotent:
    support: full
    description: Nothing is stopped or written if the file says so already.
options:
  cpus:
    description: Number of cores, or V(max). Needs O(host_cores).
    type: str
  disk:
    description:
      - Greatest size of the disk image, such as V(100GiB). V(max) is 80 % of its file system. It grows as it is filled.
      - A smaller one than there is now is refused, as all images and volumes would be lost.
    type: str
  autostart:
    description: Start Docker Desktop when the user logs in.
    type: bool
  resource_saver:
    description: Stop the virtual machine when no container runs. Off is better for a server.
    type: bool
  host_networking:
    description: Let containers use the host's network.
    type: bool
  host_memory_bytes:
    description: Memory of the machine, from RV(nogpu.ollama.host_capacity#module:capacity). Needed with O(memory).
    type: int
  host_cores:
    description: Logical cores of the machine. Needed with O(cpus).
    type: int
  former_file:
    description:
      - A copy of the settings file that is put back; the other settings are ignored then. C(/dev/null) means that
        there was no file.
    type: path
  path:
    description:
      - The settings file. By default C(settings-store.json) in C(~/Library/Group Containers/group.com.docker) on macOS
        and C(~/.docker/desktop) on Linux, or the older C(settings.json) there if only that exists.
    type: path
  manage_process:
    description:
      - Stop Docker Desktop and start it again if something must be written (needs Docker Desktop 4.37).
      - With V(false) the module stops with an error if Desktop runs and something must be written.
    type: bool
    default: true
  start_timeout:
    description: Seconds until the engine must answer again.
    type: int
    default: 180
"""

EXAMPLES = r"""
- name: Give Docker Desktop all but what the system needs
  nogpu.ollama.docker_desktop_settings:
    cpus: max
    memory: max
    swap: 0
    resource_saver: false
    host_memory_bytes: 17179869184
    host_cores: 8

- name: Set figures while Docker Desktop is stopped by hand
  nogpu.ollama.docker_desktop_settings:
    memory: 8GiB
    host_memory_bytes: 17179869184
    manage_process: false
"""

RETURN = r"""
path:
  description: The settings file.
  returned: always
  type: str
  sample: /Users/anna/Library/Group Containers/group.com.docker/settings-store.json
settings:
  description: The keys that were asked for, as they are in the file now (in check mode as they would be).
  returned: success
  type: dict
  sample: {Cpus: 8, MemoryMiB: 13107, SwapMiB: 0}
backup_file:
  description: The copy of the former file; empty without one.
  returned: success
  type: str
  sample: ""
restarted:
  description: Whether Docker Desktop was (in check mode would be) stopped and started.
  returned: success
  type: bool
  sample: true
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.docker_desktop.process import Desktop, DesktopError
from ..module_utils.apply.docker_desktop.resources import ResourceError, host
from ..module_utils.apply.docker_desktop.settings import Change, SettingsError, change, read, value, wanted
from ..module_utils.host.json_text import masked
from ..module_utils.host.owners_file import FileError, OwnersFile

ARGUMENT_SPEC = {
    "cpus": {"type": "str"},
    "memory": {"type": "str"},
    "swap": {"type": "str"},
    "disk": {"type": "str"},
    "autostart": {"type": "bool"},
    "resource_saver": {"type": "bool"},
    "host_networking": {"type": "bool"},
    "host_memory_bytes": {"type": "int"},
    "host_cores": {"type": "int"},
    "memory_reserve": {"type": "str"},
    "former_file": {"type": "path"},
    "path": {"type": "path"},
    "manage_process": {"type": "bool", "default": True},
    "start_timeout": {"type": "int", "default": 180},
    "backup": {"type": "bool", "default": True},
}
REQUIRED_BY = {"memory": ("host_memory_bytes",), "cpus": ("host_cores",)}


def look(desktop: Desktop, file: OwnersFile, params: dict[str, Any]) -> Change:
    """What the file says and what it should say."""
    data = file.read()
    if params["former_file"]:
        former = OwnersFile(params["former_file"]).read() or b""
        return Change({}, (data or b"").decode(errors="replace"), former.decode(errors="replace"), former)
    settings = read(data, file.path)
    machine = host(params["host_memory_bytes"], params["host_cores"], params["memory_reserve"])
    disk = desktop.disk(file.path, value(settings, "DataFolder"))
    return change(data, settings, wanted(params, settings, machine, disk))


def apply(desktop: Desktop, file: OwnersFile, params: dict[str, Any], running: bool) -> tuple[str, tuple[str, ...]]:
    """Write while Docker Desktop is stopped. Returns the backup and the containers that could not be started again."""
    names = desktop.containers() if running else ()
    if running:
        desktop.stop()
    try:
        # Docker Desktop wrote the file when it ended, so it is read again.
        todo = look(desktop, file, params)
        backup = file.write(todo.data, params["backup"]) if todo.needed else ""
    except (FileError, SettingsError, ResourceError):
        if running:
            desktop.start(params["start_timeout"])
        raise
    if not running:
        return backup, ()
    try:
        desktop.start(params["start_timeout"])
    except DesktopError as error:
        raise DesktopError(f"{error} {go_back(desktop, file, todo, params['start_timeout'])}") from error
    return backup, desktop.start_containers(names)


def go_back(desktop: Desktop, file: OwnersFile, done: Change, timeout: float) -> str:
    """Put the former settings back and start Docker Desktop. Returns a sentence on how that ended."""
    try:
        if desktop.running():
            desktop.stop()
        file.write(done.before.encode() if done.before else None)
        desktop.start(timeout)
    except (DesktopError, FileError) as error:
        return f"With the former settings, which are back in {file.path}, it does not start either: {error}"
    return f"The former settings are back in {file.path}, and Docker Desktop runs with them."


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, required_by=REQUIRED_BY, supports_check_mode=True)
    params, desktop, path = module.params, Desktop(), ""
    try:
        path = params["path"] or desktop.settings_path()
        file = OwnersFile(path)
        todo = look(desktop, file, params)
        running = todo.needed and desktop.running()
        if running and not params["manage_process"]:
            raise DesktopError(
                f"Could not change {path}: Docker Desktop runs, and would overwrite it when it ends (it must be "
                "stopped). Quit it, or set 'manage_process' to true."
            )
        backup, left = "", ()
        if todo.needed and not module.check_mode:
            backup, left = apply(desktop, file, params, running)
    except (DesktopError, FileError, SettingsError, ResourceError) as error:
        module.fail_json(msg=str(error), path=path)
    if left:
        module.warn(f"These containers ran before Docker Desktop was restarted, and do not now: {', '.join(left)}.")
    diff = {"before": masked(todo.before), "after": masked(todo.after), "before_header": path, "after_header": path}
    module.exit_json(
        changed=todo.needed, path=path, settings=todo.wanted, backup_file=backup, restarted=running, diff=diff
    )


if __name__ == "__main__":
    main()
