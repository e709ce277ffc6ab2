#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at a host: what it could run a language model with."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_capacity
short_description: Look at what a host has to run a language model with
version_added: "0.1.0"
author:
  - nogpu contributors (@nogpu)
description:
  - Reads processors, memory, control groups, disk, power, clock and the Docker engine. Says what listens on a port, and
    which Ollama on the host is nogpu's.
  - Changes nothing, and does not fail for what cannot be read. Such a value is C(null), and RV(notes) says why.
  - Takes about 0.2 seconds; measuring the memory bandwidth takes up to 3 seconds more.
options:
  port:
    description:
      - The TCP port that Ollama will listen on. The module says what listens there now.
    type: int
    default: 11434
  disk_path:
    description:
      - Where the models will be kept. The nearest directory that exists is measured.
      - The module also says who owns it.
    type: path
    default: /var/lib/nogpu
  docker:
    description:
      - Whether to ask the Docker engine for its abilities and its containers.
    type: bool
    default: true
  measure_bandwidth:
    description:
      - Whether to measure how fast memory can be read, which decides the speed of answers.
      - Needs up to 256 MiB of memory for a moment, more on processors with a large cache.
    type: bool
    default: false
  models:
    description:
      - Models whose size is needed before they are pulled. For a model that is not in the store, its registry is asked.
    type: list
    elements: str
    default: []
  mirror:
    description:
      - Address of a team mirror, such as V(http://192.168.1.5:5000), that is asked instead of each model's registry.
    type: str
    default: ""
  proxies:
    description: Map of C(https), C(http) (addresses of proxies) and C(no_proxy) (hosts, with commas between them).
    type: dict
    default: {}
  asked_epoch_seconds:
    description: What the control node's clock says, in seconds since 1970 in UTC. It is returned beside the host's.
    type: float
attributes:
  check_mode:
    description: The module only reads, so check mode is the same as a real run.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
notes:
  - Without root the process that listens on the port may stay unknown.
"""

EXAMPLES = r"""
- name: Look at the host
  nogpu.ollama.host_capacity:
  register: host

- name: Look at the host and measure its memory
  nogpu.ollama.host_capacity:
    measure_bandwidth: true
  become: true
  register: host

- name: Show what could not be read
  ansible.builtin.debug:
    var: host.notes
"""

RETURN = r"""
capacity:
  description:
    - What the host has. Sizes are in bytes, C(null) means that the value is not known.
    - The keys are those of the class C(HostCapacity) in C(plugins/module_utils/look/capacity.py), which explains them.
  returned: success
  type: dict
  sample:
    system: linux
    architecture: x86_64
    virtualization: none
    service_manager: systemd
    hostname: laptop1
    cpu_model: Intel(R) Core(TM) i5-1135G7 @ 2.40GHz
    cpu_flags: [sse4_2, avx, avx2, avx512f, avx512_vnni, f16c, fma]
    cores_logical: 8
    cores_physical: 4
    cores_performance: 4
    core_kinds_known: true
    threads_per_core: 2
    cpu_quota_cores: null
    cpuset_cores: 8
    memory_total_bytes: 16489906176
    memory_available_bytes: 12884901888
    memory_limit_bytes: null
    swap_total_bytes: 4294967296
    swap_used_bytes: 0
    zram_bytes: 0
    cgroup_version: 2
    swap_accounting: true
    disk_path: /var/lib
    disk_free_bytes: 193273528320
    power: mains
    cpu_governor: powersave
    load_1m: 0.3
    docker:
      version: 26.1.5
      api_version: "1.45"
      cgroup_version: 2
      cgroup_driver: systemd
      compose_version: 2.26.1
      storage_driver: overlay2
      rootless: false
      desktop: false
      memlock_unlimited: true
      swap_limit: true
    port_owner:
      port: 11434
      address: 127.0.0.1
      pid: 1203
      program: ollama
      command: /usr/local/bin/ollama serve
      unit: ollama.service
      container: null
      container_project: null
    memory_bandwidth_bytes_per_second: 35000000000.0
    memory_bandwidth_method: memchr over 256 MiB, 4 threads, median of 5
    own_ollama: null
    ours:
      unit: false
      renamed_container: null
      foreign_project: null
    store:
      read_only: false
      owners:
        /var/lib/nogpu/ollama: ollama
manifest_sizes:
  description: Bytes of the models in the store and of those asked for, by complete name, as their manifests say.
  returned: success
  type: dict
  sample: {"qwen2.5:0.5b": 397821319}
models_present:
  description: Complete names of the models that are in the store.
  returned: success
  type: list
  elements: str
  sample: ["qwen2.5:0.5b"]
clock_epoch_seconds:
  description: What the host's clock says, in seconds since 1970 in UTC.
  returned: success
  type: float
  sample: 1764154800.25
asked_epoch_seconds:
  description: The option of that name.
  returned: success
  type: float
  sample: 1764154800.0
exposed_ports:
  description: Ports that role lan_exposure has rules for on this host.
  returned: success
  type: list
  elements: int
  sample: [11434]
notes:
  description: One sentence for each thing that could not be read, with the reason.
  returned: success
  type: list
  elements: str
  sample: ["Docker is not installed: the command docker was not found."]
"""

import os
import platform
import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.host.firewall import SCRIPT, former_ports
from ..module_utils.host.names import HOME
from ..module_utils.host.reader import HostReader
from ..module_utils.look.models import read_models
from ..module_utils.look.probe import Wishes, probe
from ..module_utils.source.client import Source
from ..module_utils.source.proxy import ProxyError, own_requests

# Seconds. The plan does not need a registry that is slower.
REGISTRY_TIMEOUT = 5

ARGUMENT_SPEC = {
    "port": {"type": "int", "default": 11434},
    "disk_path": {"type": "path", "default": HOME},
    "docker": {"type": "bool", "default": True},
    "measure_bandwidth": {"type": "bool", "default": False},
    "models": {"type": "list", "elements": "str", "default": []},
    "mirror": {"type": "str", "default": ""},
    "proxies": {"type": "dict", "default": {}, "no_log": True},
    "asked_epoch_seconds": {"type": "float"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    host = HostReader()
    names, mirror, proxies, asked = (
        module.params.pop(name) for name in ("models", "mirror", "proxies", "asked_epoch_seconds")
    )
    wishes = Wishes(**module.params)
    try:
        os.environ.update(own_requests(proxies, mirror))
    except ProxyError as error:
        host.note(f"{error}.")
    capacity = probe(host, platform.system().lower(), platform.machine(), wishes)
    models = read_models(host, wishes.disk_path, names, Source(REGISTRY_TIMEOUT), mirror)
    module.exit_json(
        changed=False,
        capacity=capacity.as_dict(),
        manifest_sizes=models.sizes,
        models_present=models.present,
        notes=host.notes,
        clock_epoch_seconds=time.time(),
        asked_epoch_seconds=asked,
        exposed_ports=former_ports(host.text(SCRIPT)),
    )


if __name__ == "__main__":
    main()
