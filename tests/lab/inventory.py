# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The inventory of the laptops, as Ansible reads it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from . import names


def render(hosts: Mapping[str, str], memlock: str | int, ssh_folder: str, machines: Collection[str] = ()) -> str:
    """Return an inventory in YAML.

    `hosts` gives names their addresses, `memlock` is "unlimited" or bytes, `ssh_folder` is absolute: testinfra reads
    the inventory without Ansible's templates. `machines` are the hosts with a kernel of their own: what they may lock
    is theirs to find out. The variables belong to a group of their own, so that a play on
    localhost, such as Molecule's, does not get them.
    """
    entries = "".join(
        f"    {host}:\n      ansible_host: {address}\n" + ("      nogpu_memlock: auto\n" if host in machines else "")
        for host, address in hosts.items()
    )
    return f"""\
# The lab's laptops; written by the lab, and again on each `up`.
laptops:
  hosts:
{entries}  vars:
    ansible_user: {names.USER}
    ansible_python_interpreter: /usr/bin/python3
    ansible_ssh_private_key_file: {ssh_folder}/id_ed25519
    # The host keys were read inside the laptops, not over the network.
    ansible_ssh_common_args: -o UserKnownHostsFile="{ssh_folder}/known_hosts" -o StrictHostKeyChecking=yes
    nogpu_mirror: http://{names.MIRROR_ADDRESS}:{names.MIRROR_PORT}
    nogpu_ollama_version: {names.OLLAMA_VERSION}
    # The lab's Ollama is older than what nogpu accepts elsewhere.
    nogpu_ollama_floor_version: {names.OLLAMA_VERSION}
    nogpu_models: {json.dumps([LAB_MODEL])}
    # What the lab's host may lock: a container cannot be given more.
    nogpu_memlock: {memlock}
    # Any speed will do: the lab proves that things work, not how fast this machine is.
    nogpu_min_tokens_per_second: 1
    # A lab's engine has nobody who waits for it: 5 s of peace after a change are enough here.
    docker_engine_stable_seconds: 5
"""


LAB_MODEL = "hello:latest"
