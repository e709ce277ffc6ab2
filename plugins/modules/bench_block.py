#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Measure one block of a comparison."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bench_block
short_description: Measure one block of a comparison
version_added: "0.1.0"
description:
  - Sets up one arm, asks a model some questions, and undoes the setup, also when it is interrupted.
  - An arm is one of the ways of running that are compared, such as another program that computes at the same time, or
    another weight or CPU limit of the server's slice.
  - Linux only. Needs root if the arm changes the slice.
options:
  model:
    description: Model that answers.
    type: str
    required: true
  url:
    description: Address of the API.
    type: str
    default: http://127.0.0.1:11434
  pair:
    description: Number of the round, which is returned with each answer.
    type: int
    required: true
  arm:
    description: What is measured, as the filter P(nogpu.ollama.bench_plan#filter) gives it.
    type: dict
    required: true
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      runtime:
        description: Where the server runs.
        type: str
        choices: [docker, native]
        required: true
      against:
        description: The arm it will be compared with.
        type: str
      busy:
        description: Whether another program computes at the same time.
        type: bool
        default: false
      cpu_weight:
        description: Weight of the server's slice while it is measured. Empty = unchanged.
        type: int
      cpu_limit_cores:
        description: Cores that the slice may use while it is measured. Empty = unchanged.
        type: float
      request_options:
        description: Options of each request beside those of O(request_options).
        type: dict
        default: {}
  request_options:
    description: Options of each request, such as C(num_thread).
    type: dict
    default: {}
  answers:
    description: Answers that count. One more is asked before them, so that the model is loaded.
    type: int
    default: 3
  tokens:
    description: Tokens of each answer.
    type: int
    default: 48
  prompt_words:
    description: Words of each question.
    type: int
    default: 60
  container:
    description: Name of the server's container.
    type: str
    default: ollama-docker
  unit:
    description: Name of the server's unit.
    type: str
    default: ollama.service
attributes:
  check_mode:
    description: Skipped in check mode, as it computes for several seconds.
    support: none
  diff_mode:
    description: Nothing is changed, so there is no difference to show.
    support: none
author: nogpu contributors (@nogpu)
"""

EXAMPLES = r"""
- name: Measure beside a busy program, with equal weights
  nogpu.ollama.bench_block:
    model: qwen2.5:0.5b
    pair: 0
    arm: {name: busy, runtime: native, busy: true, cpu_weight: 100}
  become: true
"""

RETURN = r"""
answers:
  description: One entry for each answer that counts.
  returned: success
  type: list
  elements: dict
  sample:
    - pair: 0
      arm: busy
      tokens_per_second: 21.4
      prompt_tokens_per_second: 118.2
      first_token_seconds: 0.31
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.bench.setting import SettingError, setting
from ..module_utils.host.names import CONTAINER, UNIT
from ..module_utils.host.reader import HostReader
from ..module_utils.ollama.api import OllamaApi, OllamaError
from ..module_utils.ollama.model_name import ModelNameError, ModelRef
from ..module_utils.ollama.process import LimitsProbeError, find_container, find_unit
from ..module_utils.prove.question import CONNECT_SECONDS, measure

ARM = {
    "name": {"type": "str", "required": True},
    "runtime": {"type": "str", "choices": ["docker", "native"], "required": True},
    "against": {"type": "str"},
    "busy": {"type": "bool", "default": False},
    "cpu_weight": {"type": "int"},
    "cpu_limit_cores": {"type": "float"},
    "request_options": {"type": "dict", "default": {}},
}
ARGUMENT_SPEC = {
    "model": {"type": "str", "required": True},
    "url": {"type": "str", "default": "http://127.0.0.1:11434"},
    "pair": {"type": "int", "required": True},
    "arm": {"type": "dict", "required": True, "options": ARM},
    "request_options": {"type": "dict", "default": {}},
    "answers": {"type": "int", "default": 3},
    "tokens": {"type": "int", "default": 48},
    "prompt_words": {"type": "int", "default": 60},
    "container": {"type": "str", "default": CONTAINER},
    "unit": {"type": "str", "default": UNIT},
}
SENTENCE = "The sea is blue and deep. "
KEPT = ("tokens_per_second", "prompt_tokens_per_second", "first_token_seconds")


def server_of(host, params):
    """Return the Server whose slice the arm changes, None if it changes none."""
    arm = params["arm"]
    if arm["cpu_weight"] is None and arm["cpu_limit_cores"] is None:
        return None
    if arm["runtime"] == "docker":
        return find_container(host, params["container"], 0)
    return find_unit(host, params["unit"])


def answers(api, model, params):
    """Ask once so that the model is loaded with the arm's options, then return the answers that count."""
    arm = params["arm"]
    # Ollama ends an answer that repeats itself, as small models do when the question has no meaning.
    own = {"num_predict": params["tokens"], "repeat_penalty": 1.3}
    options = {**own, **params["request_options"], **arm["request_options"]}
    found = []
    for number in range(params["answers"] + 1):
        # Each question begins differently; otherwise the server would find it in its cache.
        prompt = f"{params['pair']}.{number} {SENTENCE * (params['prompt_words'] // 6)}"
        how = {"prompt": prompt, "options": options, "keep_alive": "", "warm_up": number == 0}
        seen, _activity = measure(api, model, dict(how, timeout=300, total_timeout=600))
        kept = {name: getattr(seen, name) for name in KEPT}
        found.append({"pair": params["pair"], "arm": arm["name"], **kept})
    return found[1:]


def main():
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=False)
    params, host = module.params, HostReader()
    try:
        model = ModelRef.parse(params["model"]).canonical
        with setting(host, server_of(host, params), params["arm"]):
            found = answers(OllamaApi(params["url"], CONNECT_SECONDS), model, params)
    except (ModelNameError, LimitsProbeError, SettingError) as error:
        module.fail_json(msg=str(error))
    except OllamaError as error:
        module.fail_json(msg=f"Could not measure '{params['arm']['name']}' with {params['model']}: {error}")
    module.exit_json(changed=False, answers=found)


if __name__ == "__main__":
    main()
