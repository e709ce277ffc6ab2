#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_model
short_description: Pull or delete a model of an Ollama server
version_added: "0.1.0"
description:
  - Pulls or deletes one model through the HTTP API of an Ollama server on the managed host.
  - During a pull the control node shows its progress (on standard error), at most every two seconds.
  - An interrupted pull continues where it stopped when the task runs again.
author: nogpu contributors (@nogpu)
extends_documentation_fragment: nogpu.ollama.ollama_server
attributes:
  check_mode:
    support: full
    description:
      - For O(state=latest) the registry's manifest is compared with the installed one. If it differs, or the registry
        does not answer, the result is "changed"; the real run may then change nothing.
  diff_mode:
    support: full
    description: Shows name, digest and size before and after. In check mode the new digest is not known.
  idempotent:
    support: full
    description: An installed model is not pulled again; only O(state=latest) asks the registry.
  async:
    support: full
    description: If the task itself has C(async), no progress is shown.
  action:
    support: full
    description: The action plugin shows the progress of a pull on the control node.
options:
  name:
    description:
      - "Name of the model: V(name), V(name:tag), V(namespace/name:tag) or V(host:port/namespace/name:tag)."
      - Without a tag it is V(latest), as everywhere in Ollama.
      - Cloud models are refused, as they run on Ollama's servers.
    type: str
    required: true
  state:
    description:
      - V(present) pulls the model if it is not installed.
      - V(latest) asks the registry each time, and pulls the model if it is newer there.
      - V(absent) deletes it.
    type: str
    choices: [present, absent, latest]
    default: present
  registry:
    description:
      - Address C(host:port) of a mirror that has the model; empty means the registry in O(name), or Ollama's own.
      - The model is pulled under the mirror's long name, copied to the name in O(name), and the long name is deleted.
        A long name left by an interrupted run is used or deleted.
    type: str
    default: ""
  registry_insecure:
    description:
      - Use plain HTTP for the registry. This does not turn off the check of an HTTPS certificate.
    type: bool
    default: false
  stall_seconds:
    description:
      - Stop a pull when no byte came for so many seconds. It is tried a second time, from where it stopped, and then
        fails.
    type: int
    default: 120
  progress_file:
    description:
      - Path on the managed host of a small JSON file with the progress of the pull (C(status), C(completed), C(total),
        C(bytes_per_second)), replaced at most once a second. It is not deleted, and no progress is shown on the
        controller.
    type: path
"""

EXAMPLES = r"""
- name: Pull a small model
  nogpu.ollama.ollama_model:
    name: qwen2.5:0.5b

- name: Pull it from the team's mirror
  nogpu.ollama.ollama_model:
    name: qwen2.5:0.5b
    registry: 192.168.1.5:5000
    registry_insecure: true

- name: Delete it
  nogpu.ollama.ollama_model:
    name: qwen2.5:0.5b
    state: absent
"""

RETURN = r"""
name:
  description: Complete name of the model, as C(ollama list) shows it.
  returned: always
  type: str
  sample: qwen2.5:0.5b
digest:
  description: Digest of the model's manifest in hex; empty if it is not installed, or not known in check mode.
  returned: success
  type: str
  sample: a8b0c51577010a279d933d14c2a8ab4b268079d44c5c8830c0a93900f1827c67
before_digest:
  description: The same before the task; empty if it was not installed.
  returned: success
  type: str
  sample: ""
size_bytes:
  description: Size of the model on disk in bytes; 0 if it is not installed, or not known in check mode.
  returned: success
  type: int
  sample: 397821319
downloaded_bytes:
  description:
    - Bytes downloaded, as Ollama reports them. The first report of a layer comes 60 ms after its download began; the
      bytes before it are not counted.
  returned: success
  type: int
  sample: 397821319
seconds:
  description: Seconds that the task took on the host.
  returned: success
  type: float
  sample: 66.2
steps:
  description: The calls that were made, in order; in check mode those that would be made.
  returned: success
  type: list
  elements: str
  sample: [pull, adopt, drop]
msg:
  description: What was done, or why it failed.
  returned: always
  type: str
  sample: "qwen2.5:0.5b: pulled."
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.apply.models.plan import ModelPlan, find, plan
from ..module_utils.apply.models.pull import pull
from ..module_utils.ollama.api import Installed, OllamaApi, OllamaError
from ..module_utils.ollama.model_name import ModelNameError, ModelRef
from ..module_utils.source.client import Source, SourceError
from ..module_utils.source.downloads import model_url

ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent", "latest"], "default": "present"},
    "url": {"type": "str", "default": "http://127.0.0.1:11434"},
    "timeout": {"type": "int", "default": 30},
    "registry": {"type": "str", "default": ""},
    "registry_insecure": {"type": "bool", "default": False},
    "stall_seconds": {"type": "int", "default": 120},
    "progress_file": {"type": "path"},
}
PULL_OPTIONS = ("registry_insecure", "stall_seconds", "progress_file")
DONE = {"pull": "pulled", "adopt": "given its short name", "delete": "deleted", "drop": "long name removed"}


def adopt(api: OllamaApi, source: str, target: str) -> None:
    """Give a model its short name. A different model of that name is deleted first: a copy would leave its files.

    The job of an interrupted run may do the same at this moment: what it has done is not done again.
    """
    entries = {entry.name.lower(): entry for entry in api.installed()}
    new, old = entries.get(source.lower()), entries.get(target.lower())
    if old and (new is None or new.digest == old.digest):
        return
    if old:
        api.delete(old.name)
    try:
        api.copy(source, target)
    except OllamaError as error:
        if error.status != 404 or all(entry.name.lower() != target.lower() for entry in api.installed()):
            raise


def apply(api: OllamaApi, todo: ModelPlan, params: dict[str, Any]) -> int:
    """Make all changes; no other function does. Returns the bytes downloaded."""
    downloaded = 0
    for step in todo.steps:
        if step.action == "pull":
            downloaded += pull(api, step.name, params["registry"], **{key: params[key] for key in PULL_OPTIONS})
        elif step.action == "adopt":
            adopt(api, step.name, step.target)
        else:
            api.delete(step.name)
    return downloaded


def rehearse(source: ModelRef, todo: ModelPlan, params: dict[str, Any]) -> tuple[ModelPlan, str]:
    """Return what a run would do, and a note: only the registry knows whether it has a newer model."""
    if todo.certain or todo.before is None:
        return todo, ""
    registry = f"{'http' if params['registry_insecure'] else 'https'}://{source.host}"
    try:
        served = Source(params["timeout"]).manifest_digests(model_url(source, registry))
    except SourceError as error:
        return todo, f" It is not known whether the registry has a newer one: {error}."
    return (ModelPlan((), todo.before) if todo.before.digest in served else todo), ""


def described(entry: Installed | None) -> str:
    return f"{entry.name} {entry.digest or '(digest known after the pull)'} {entry.size_bytes} bytes\n" if entry else ""


def report(wanted: ModelRef, todo: ModelPlan, after: Installed | None, changed: bool, tense: str) -> dict[str, Any]:
    done = tense + ", ".join(DONE[step.action] for step in todo.steps) if changed else "nothing to do"
    return {
        "changed": changed,
        "msg": f"{wanted.canonical}: {done}.",
        "name": wanted.canonical,
        "digest": after.digest if after else "",
        "before_digest": todo.before.digest if todo.before else "",
        "size_bytes": after.size_bytes if after else 0,
        "steps": [step.action for step in todo.steps],
        "diff": {"before": described(todo.before), "after": described(after)},
    }


def run(api: OllamaApi, wanted: ModelRef, params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Look, plan, apply unless in check mode, and report."""
    source = wanted.at(params["registry"])
    todo = plan(wanted, source, api.installed(), params["state"])
    if check:
        todo, note = rehearse(source, todo, params)
        after = expected(wanted, todo, params["state"])
        result = report(wanted, todo, after, bool(todo.steps), "would be ")
        return dict(result, msg=result["msg"] + note, downloaded_bytes=0)
    downloaded = apply(api, todo, params)
    after = find(wanted, api.installed()) if todo.steps else todo.before
    if after is None and params["state"] != "absent":
        raise OllamaError(
            f"model {wanted.canonical}", "Ollama said 'success' but does not list it", "See Ollama's log."
        )
    changed = bool(todo.steps) if todo.certain else after != todo.before
    return dict(report(wanted, todo, after, changed, ""), downloaded_bytes=downloaded)


def expected(wanted: ModelRef, todo: ModelPlan, state: str) -> Installed | None:
    """Return the model that check mode expects; the digest of one that is not pulled yet is not known."""
    if state == "absent":
        return None
    new = any(step.action in ("pull", "adopt") for step in todo.steps)
    return Installed(wanted.canonical, "", 0) if new else todo.before


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params, started = module.params, time.monotonic()
    try:
        wanted = ModelRef.parse(params["name"])
        api = OllamaApi(params["url"], params["timeout"])
        result = run(api, wanted, params, module.check_mode)
    except ModelNameError as error:
        module.fail_json(msg=str(error), name=params["name"])
    except OllamaError as error:
        message = f"Could not make model {wanted.canonical} {params['state']}: {error}"
        module.fail_json(msg=message, name=wanted.canonical, http_status=error.status)
    module.exit_json(seconds=round(time.monotonic() - started, 2), **result)


if __name__ == "__main__":
    main()
