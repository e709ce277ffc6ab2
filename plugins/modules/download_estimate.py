#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a host would download to run a plan, and how long that takes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: download_estimate
short_description: What a host would download, and how long that takes
version_added: "0.1.0"
author: nogpu contributors (@nogpu)
description:
  - Looks which of the image or archive and the models are on the host already and asks their sources for the sizes of
    the others. Measures each source with the first megabytes of a file (8 MB or 3 seconds), which are not kept.
  - Changes nothing. It does not fail if a source cannot be reached. Sizes and times are then C(null), with the reason.
options:
  runtime:
    description: Where Ollama will run; V(docker) needs the image, V(native) the archive.
    type: str
    choices: [docker, native]
    required: true
  version:
    description: Version of Ollama.
    type: str
    required: true
  architecture:
    description: Architecture as release files name it.
    type: str
    choices: [amd64, arm64]
    required: true
  models:
    description: Names of the models that are needed.
    type: list
    elements: str
    default: []
  predicted:
    description: The plan's predictions by model; their C(download_bytes) are used where the source cannot be asked.
    type: dict
    default: {}
  mirror:
    description: Address of a team mirror, such as V(http://192.168.1.5:5000); empty is Docker Hub, ollama.com and
      Ollama's releases.
    type: str
    default: ""
  image:
    description: The image without its tag.
    type: str
    default: docker.io/ollama/ollama
  store_path:
    description: Folder of the models. By default C(/var/lib/nogpu/ollama), on macOS C(~/.nogpu/ollama).
    type: path
  prefix:
    description: Folder that holds the unpacked versions. By default C(/opt/nogpu/ollama), on macOS C(~/.nogpu/server).
    type: path
  proxies:
    description: Map of C(https), C(http) (addresses of proxies) and C(no_proxy) (hosts, with commas between them).
    type: dict
    default: {}
  timeout:
    description: Seconds to wait for each answer of a source.
    type: int
    default: 10
attributes:
  check_mode:
    description: The module only reads, so check mode is the same as a real run.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
"""

EXAMPLES = r"""
- name: See how long the downloads of a model would take
  nogpu.ollama.download_estimate:
    runtime: docker
    version: 0.32.7
    architecture: amd64
    models: ["qwen2.5:0.5b"]
  register: estimate
"""

RETURN = r"""
items:
  description: Everything the plan needs.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: model
      name: qwen2.5:0.5b
      present: false
      size_bytes: 397821319
      source: https://registry.ollama.ai
      url: https://registry.ollama.ai/v2/library/qwen2.5/manifests/0.5b
      blob_url: https://registry.ollama.ai/v2/library/qwen2.5/blobs/sha256:c5396e06af294bd101b30dce59131a76d2b773e76950acc870eda801d3ab0515
      note: ""
total_bytes:
  description: Bytes still to be downloaded, C(null) if the size of one item is not known.
  returned: success
  type: int
  sample: 397821319
seconds:
  description: How long that takes at the measured rates, C(null) if a size or a rate is not known.
  returned: success
  type: float
  sample: 34.1
rates:
  description: Bytes a second of each source, C(null) where it could not be measured.
  returned: success
  type: dict
  sample: {"https://registry.ollama.ai": 11661000.0}
notes:
  description: Why a source could not be measured.
  returned: success
  type: dict
  sample: {}
"""

import os
import platform

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.ledger.store import home
from ..module_utils.host.reader import HostReader
from ..module_utils.ollama.model_name import ModelNameError
from ..module_utils.source.client import Source
from ..module_utils.source.downloads import seconds, total_bytes
from ..module_utils.source.estimate import rates, sized, wanted
from ..module_utils.source.proxy import ProxyError, own_requests

ARGUMENT_SPEC = {
    "runtime": {"type": "str", "choices": ["docker", "native"], "required": True},
    "version": {"type": "str", "required": True},
    "architecture": {"type": "str", "choices": ["amd64", "arm64"], "required": True},
    "models": {"type": "list", "elements": "str", "default": []},
    "predicted": {"type": "dict", "default": {}},
    "mirror": {"type": "str", "default": ""},
    "image": {"type": "str", "default": "docker.io/ollama/ollama"},
    "store_path": {"type": "path"},
    "prefix": {"type": "path"},
    "proxies": {"type": "dict", "default": {}, "no_log": True},
    "timeout": {"type": "int", "default": 10},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    source = Source(module.params["timeout"])
    system = platform.system().lower()
    versions = f"{home()}/server" if system == "darwin" else "/opt/nogpu/ollama"
    places = {
        "store_path": module.params["store_path"] or f"{home()}/ollama",
        "prefix": module.params["prefix"] or versions,
    }
    try:
        os.environ.update(own_requests(module.params["proxies"], module.params["mirror"]))
        needed = wanted(HostReader(), {**module.params, **places, "system": system})
    except ModelNameError as error:
        module.fail_json(msg=str(error))
    except ProxyError as error:
        module.fail_json(msg=f"{error}.")
    except ValueError as error:
        module.fail_json(msg=f"Version '{error}' is not a version (needed: such as 0.32.7). Correct 'version'.")
    items = [sized(item, source, module.params["architecture"]) for item in needed]
    speeds, notes = rates(items, source)
    module.exit_json(
        changed=False,
        items=[item.as_dict() for item in items],
        total_bytes=total_bytes(items),
        seconds=seconds(items, speeds),
        rates=speeds,
        notes=notes,
    )


if __name__ == "__main__":
    main()
