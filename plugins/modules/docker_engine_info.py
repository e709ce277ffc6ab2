#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find out which Docker a host has and who installed it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_engine_info
short_description: Find out which Docker a host has and who installed it
version_added: "0.1.0"
description:
  - Tells an engine of the distribution from one of Docker's repository, from a snap, podman under Docker's name, a
    rootless one, and Docker Desktop, by who owns the socket and the program.
  - Names the process that holds the package manager, and packages that are half configured.
options:
  users:
    description: Names of users to look up.
    type: list
    elements: str
    default: []
attributes:
  check_mode: {support: full, description: The module only reads.}
  diff_mode: {support: none, description: There is never a difference to show.}
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Find out which Docker is there
  nogpu.ollama.docker_engine_info:
  become: true
  register: docker

- name: Show it
  ansible.builtin.debug:
    var: docker.found.kind
"""

RETURN = r"""
found:
  description:
    - What is there. C(kind) is none, distro, docker-ce, snap, podman, rootless, desktop, wsl, or other (by hand).
    - C(data_names) are the names under which roles keep what differs between distributions, the closest first.
  returned: success
  type: dict
  sample:
    kind: distro
    program: /usr/bin/docker
    socket: /run/docker.sock
    packages: {docker.io: 26.1.5+dfsg1-9}
    system: {id: debian, name: Debian GNU/Linux, version: "13", codename: trixie}
    data_names: [debian-trixie, debian]
    compose_version: 2.26.1
    engine_version: 26.1.5
    half_configured: []
    lock_holder: null
unknown_users:
  description: Those of O(users) that the host does not know.
  returned: success
  type: list
  elements: str
  sample: []
"""

import pwd

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.docker_engine.look import look
from ..module_utils.host.reader import HostReader

ARGUMENT_SPEC = {"users": {"type": "list", "elements": "str", "default": []}}


def is_unknown(name):
    try:
        pwd.getpwnam(name)
    except KeyError:
        return True
    return False


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    unknown = [name for name in module.params["users"] if is_unknown(name)]
    module.exit_json(changed=False, found=look(HostReader()), unknown_users=unknown)


if __name__ == "__main__":
    main()
