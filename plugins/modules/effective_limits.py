#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Prove which limits are in force for a running Ollama."""

from __future__ import annotations

DOCUMENTATION = r"""
module: effective_limits
short_description: Prove which limits are in force for a running Ollama
version_added: "0.1.0"
description:
  - Compares what a plan promised with what the kernel shows for the server's process, its runner and its cgroup.
  - Reads C(/proc), the cgroup files and the firewall rules in the kernel, never a configuration file. Changes nothing.
  - Runs on Linux as root; with O(inside) on every system, as a user who may use Docker. On macOS, as the user of the
    launch agent, it reads the threads and listeners only, as macOS has none of the other limits.
options:
  container:
    description: Name of the Docker container that runs the server.
    type: str
  inside:
    description:
      - Read inside O(container), if its processes cannot be seen from the host, as with Docker Desktop. Its image must
        have C(sh) and C(cat).
    type: bool
    default: false
  unit:
    description: Name of the systemd unit that runs the server; on macOS, label of the launch agent.
    type: str
  pid:
    description: Pid of the server, if neither Docker nor systemd runs it.
    type: int
  port:
    description: TCP port of the server.
    type: int
    default: 11434
  promises:
    description:
      - What must be in force. A setting that is left out or empty is not checked.
      - Limits are whole numbers or V(unlimited).
    type: dict
    suboptions:
      memory_limit_bytes:
        description: Memory of the server with its runner and the model. The lowest limit up to the root counts.
        type: raw
      swap_limit_bytes:
        description: Swap that the server may use. On a system without swap, 0 is in force.
        type: raw
      pids_limit:
        description: Processes and threads in the server's cgroup.
        type: raw
      memlock_bytes:
        description: Memory that may be locked.
        type: raw
      stack_bytes:
        description: Stack of the first thread.
        type: raw
      core_bytes:
        description: Size of a core dump.
        type: raw
      nofile:
        description: Open files.
        type: raw
      threads:
        description: Threads that the runner computes with. Can be read only while a model is loaded.
        type: raw
      cpu_weight:
        description:
          - Weight of the server's group beside everything else on the host; 100 is the usual one.
          - The weight of the topmost group is read, as a weight counts only among groups at the same level. Shares of
            cgroup v1 are shown as the weight that they mean.
        type: raw
      capabilities:
        description: Linux capabilities of the server, V(none) or names such as V(chown,setuid).
        type: str
      no_new_privileges:
        description: Whether programs with the setuid bit get no more rights.
        type: bool
      seccomp:
        description: Whether system calls are filtered.
        type: bool
      read_only_root:
        description: Whether the root file system is read-only for the server.
        type: bool
      listen:
        description: Address that the port is open on; V(127.0.0.1) allows every loopback address.
        type: str
      allowed_networks:
        description: Networks that may reach the port through the firewall, beside this host itself.
        type: list
        elements: str
      user:
        description: V(non-root), or the number of the user that the server runs as.
        type: str
  placebo:
    description: Settings that the plan left out because they have no effect here. They are returned as rows.
    type: list
    elements: dict
    default: []
    suboptions:
      setting:
        description: Name of the setting.
        type: str
        required: true
      requested:
        description: The value that was asked for.
        type: raw
      reason:
        description: Why it has no effect on this host.
        type: str
        required: true
  strict:
    description: Whether to fail if a promise is not kept that could be kept here.
    type: bool
    default: true
attributes:
  check_mode:
    description: The module only reads, so check mode is the same as a real run.
    support: full
  diff_mode:
    description: Nothing is changed, so there is no difference to show.
    support: none
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Prove the limits of the stack
  nogpu.ollama.effective_limits:
    container: ollama-docker
    promises:
      memory_limit_bytes: 4294967296
      swap_limit_bytes: 0
      capabilities: none
      listen: 127.0.0.1
  become: true

- name: Show what is in force for the service, without failing
  nogpu.ollama.effective_limits:
    unit: ollama.service
    promises: "{{ capacity_plan_result.promises }}"
    placebo: "{{ capacity_plan_result.placebo }}"
    strict: false
  become: true
"""

RETURN = r"""
rows:
  description: One row for each promise and each placebo.
  returned: when the server was found
  type: list
  elements: dict
  sample:
    - setting: memory_limit_bytes
      requested: 2147483648
      requested_text: 2.0 GiB
      effective: 2147483648
      effective_text: 2.0 GiB
      verdict: in force
      source: /sys/fs/cgroup/system.slice/ollama.service/memory.max
      note: ""
  contains:
    verdict:
      description:
        - V(in force), V(clamped) (a stricter limit of a group above, or of the process that started it, counts),
          V(placebo) (left out, as it has no effect), V(failed), V(not loaded) (no model is loaded) or
          V(cannot be enforced here) (this host does not support it).
      type: str
proof:
  description: The whole record, with C(subject), C(pid), C(runner_pid), C(cgroup_version), C(failed) and C(observed).
  returned: when the server was found
  type: dict
pid:
  description: Pid of the server.
  returned: when the server was found
  type: int
runner_pid:
  description: Pid of the process that computes; C(null) while no model is loaded.
  returned: when the server was found
  type: int
"""

import os
import platform

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.host.reader import HostReader
from ..module_utils.ollama.process import LimitsProbeError, Server, find_container, find_unit
from ..module_utils.prove.evidence import read_allowed_networks, read_evidence
from ..module_utils.prove.evidence_mac import read_mac_evidence
from ..module_utils.prove.inside_container import InsideContainer, inside
from ..module_utils.prove.judge import judge, placebo_rows
from ..module_utils.prove.proof import Proof, ProofError

_LIMITS = (
    *("memory_limit_bytes", "swap_limit_bytes", "pids_limit", "memlock_bytes", "stack_bytes", "core_bytes"),
    *("nofile", "threads", "cpu_weight"),
)
PROMISES = dict(
    {setting: {"type": "raw"} for setting in _LIMITS},
    capabilities={"type": "str"},
    no_new_privileges={"type": "bool"},
    seccomp={"type": "bool"},
    read_only_root={"type": "bool"},
    listen={"type": "str"},
    allowed_networks={"type": "list", "elements": "str"},
    user={"type": "str"},
)
ARGUMENT_SPEC = {
    "container": {"type": "str"},
    "inside": {"type": "bool", "default": False},
    "unit": {"type": "str"},
    "pid": {"type": "int"},
    "port": {"type": "int", "default": 11434},
    "promises": {"type": "dict", "options": PROMISES},
    "placebo": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "setting": {"type": "str", "required": True},
            "requested": {"type": "raw"},
            "reason": {"type": "str", "required": True},
        },
    },
    "strict": {"type": "bool", "default": True},
}
ONE_OF = [["container", "unit", "pid"]]


def find(host, params):
    """Return the Server that exactly one option names."""
    if params["container"] is not None:
        return find_container(host, params["container"], params["port"])
    if params["unit"] is not None:
        return find_unit(host, params["unit"])
    return Server("the given process", params["pid"])


def prove(host, params):
    """Return the Proof of what is in force."""
    if params["unit"] is not None and platform.system() == "Darwin":
        return prove_on_a_mac(host, params)
    server = find(host, params)
    if params["container"] is not None and params["inside"]:
        host, server = InsideContainer(params["container"], host.run), inside(server)
    seen = read_evidence(host, server, params["port"])
    promises, readings = params["promises"] or {}, dict(seen.readings)
    if promises.get("allowed_networks"):
        readings["allowed_networks"] = read_allowed_networks(host, server, params["port"])
    rows = judge(promises, readings) + placebo_rows(params["placebo"])
    return Proof(server.subject, seen.pid, seen.runner_pid, seen.cgroup_version, rows, seen.observed)


def prove_on_a_mac(host, params):
    """Return the Proof for a launch agent."""
    seen = read_mac_evidence(host, params["unit"], os.getuid(), params["port"])
    promises = {setting: value for setting, value in (params["promises"] or {}).items() if value is not None}
    beyond = sorted(set(promises) - set(seen.readings))
    if beyond:
        raise LimitsProbeError(
            f"Could not read '{beyond[0]}' of launch agent {params['unit']}: macOS has no such limit for a program "
            f"(one of {', '.join(seen.readings)} was needed). Leave it out of 'promises'."
        )
    rows = judge(promises, seen.readings) + placebo_rows(params["placebo"])
    subject = f"launch agent {params['unit']}"
    return Proof(subject, seen.pid, seen.runner_pid, None, rows, seen.observed)


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC, mutually_exclusive=ONE_OF, required_one_of=ONE_OF, supports_check_mode=True
    )
    try:
        proof = prove(HostReader(), module.params)
    except (LimitsProbeError, ProofError) as error:
        module.fail_json(msg=str(error))
    record = proof.as_dict()
    result = {"rows": record["rows"], "proof": record, "pid": proof.pid, "runner_pid": proof.runner_pid}
    if proof.failed and module.params["strict"]:
        module.fail_json(msg=proof.failure_text(), **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
