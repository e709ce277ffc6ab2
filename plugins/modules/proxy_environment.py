#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Give a proxy to our own requests and to Ollama's server, without showing its password."""

from __future__ import annotations

DOCUMENTATION = r"""
module: proxy_environment
short_description: Give a proxy to tasks and to Ollama's server, without showing its password
version_added: "0.1.0"
author: nogpu contributors (@nogpu)
description:
  - The keyword C(environment) puts its values on a command line on the host, where C(ps) and the log of sudo show them.
    This module writes a script instead that sets them and starts Python, readable only by root. Tasks with
    C(ansible_python_interpreter) set to this script use the proxy.
  - It also writes the file from which Ollama's unit or container reads HTTPS_PROXY and NO_PROXY, only for root.
    HTTP_PROXY is not in it, as Ollama's documentation warns of it.
  - Fails within O(timeout) seconds if nothing listens at a proxy's address.
options:
  state:
    description: V(absent) removes O(python), and its folder if that is empty.
    type: str
    choices: [present, absent]
    default: present
  https_proxy:
    description: Address of the proxy for https, such as V(http://user:password@proxy.example:3128).
    type: str
    default: ""
  http_proxy:
    description: Address of the proxy for plain http.
    type: str
    default: ""
  no_proxy:
    description: Hosts that are reached without it, with commas between them. Always with localhost, 127.0.0.1 and ::1.
    type: str
    default: ""
  mirror:
    description: Address of a team mirror. Its host is reached without a proxy.
    type: str
    default: ""
  python:
    description:
      - Where to write the script. Remove it when it is no longer needed; below C(/run) it is also gone after a reboot.
      - It is written in check mode too, as tasks that only read need it. It never counts as a change.
    type: path
  server_file:
    description: The file for Ollama's server.
    type: path
  timeout:
    description: Seconds for each proxy to take a connection.
    type: float
    default: 5
attributes:
  check_mode: {support: partial, description: "O(server_file) is not written, O(python) is."}
  diff_mode: {support: none, description: It would show passwords.}
"""

EXAMPLES = r"""
- name: Write the script that uses the proxy
  nogpu.ollama.proxy_environment:
    https_proxy: "{{ vault_proxy }}"
    python: /run/nogpu/python
  become: true

- name: Install zstd through the proxy
  ansible.builtin.apt:
    name: zstd
  become: true
  vars:
    ansible_python_interpreter: /run/nogpu/python
"""

RETURN = r"""
proxies:
  description: Hosts and ports of the proxies, without user and password.
  returned: when O(state=present)
  type: list
  elements: str
  sample: ["proxy.example:3128"]
"""

import contextlib
import os
import socket
import sys

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.host.whole_file import write_whole
from ..module_utils.source.proxy import ProxyError, assignments, endpoint, parse_proxies, wrapper

ARGUMENT_SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "https_proxy": {"type": "str", "default": "", "no_log": True},
    "http_proxy": {"type": "str", "default": "", "no_log": True},
    "no_proxy": {"type": "str", "default": ""},
    "mirror": {"type": "str", "default": ""},
    "python": {"type": "path"},
    "server_file": {"type": "path"},
    "timeout": {"type": "float", "default": 5},
}


def written(path: str, content: str, mode: int, folder_mode: int, check_mode: bool) -> bool:
    """Write a file unless it is right already; say if it was (in check mode: would be) written."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
        if file.read() == content and os.stat(path).st_mode & 0o7777 == mode:
            return False
    if not check_mode:
        os.makedirs(os.path.dirname(path), mode=folder_mode, exist_ok=True)
        write_whole(path, lambda file: file.write(content.encode()), mode, 0 if os.geteuid() == 0 else -1)
    return True


def unreachable(address: str, timeout: float) -> str:
    """Return a sentence if the proxy accepts no connection, empty if it does."""
    host, port = endpoint(address)
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError as error:
        seen = f"no answer within {timeout:g} s" if isinstance(error, socket.timeout) else error.strerror or str(error)
        return (
            f"Could not reach the proxy {host}:{port} from {socket.gethostname()}: {seen} (a proxy that listens there "
            f"was needed). Nothing was changed. Check nogpu_https_proxy, nogpu_http_proxy, and this laptop's network."
        )
    return ""


def remove(path: str) -> None:
    """Remove the script, and its folder if that is empty."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(path))


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    given, changed = module.params, False
    if given["state"] == "absent":
        remove(given["python"])
        module.exit_json(changed=False)
    try:
        proxies = parse_proxies(given["https_proxy"], given["http_proxy"], given["no_proxy"], given["mirror"])
        for address in proxies.addresses:
            if sentence := unreachable(address, given["timeout"]):
                module.fail_json(msg=sentence)
        if given["python"]:
            written(given["python"], wrapper(proxies.clients(), sys.executable), 0o700, 0o700, False)
        if given["server_file"]:
            changed = written(given["server_file"], assignments(proxies.server()), 0o600, 0o755, module.check_mode)
    except ProxyError as error:
        module.fail_json(msg=f"{error}.")
    except OSError as error:
        why = f"Could not write {error.filename}: {error.strerror} (root and free space were needed)."
        module.fail_json(msg=f"{why} Use become: true, and check the disk.")
    module.exit_json(changed=changed, proxies=[":".join(map(str, endpoint(each))) for each in proxies.addresses])


if __name__ == "__main__":
    main()
