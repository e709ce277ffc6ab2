#!/usr/bin/python
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT

from __future__ import annotations

DOCUMENTATION = r"""
module: ollama_stream
short_description: Prove that a model streams its answer, and measure how fast
version_added: "0.1.0"
description:
  - Asks a model one question on the managed host, reads the answer as it arrives, and measures it.
  - Fails if the answer does not come as a stream, is incomplete, or is slower than asked for.
author: nogpu contributors (@nogpu)
extends_documentation_fragment: nogpu.ollama.ollama_server
attributes:
  check_mode:
    support: none
    description: Skipped in check mode. It changes no file, but it loads the model into memory.
  diff_mode:
    support: none
    description: Nothing is changed, so there is no difference to show.
  idempotent:
    support: full
    description: Never reports a change.
options:
  model:
    description: Name of an installed model.
    type: str
    required: true
  prompt:
    description: The question.
    type: str
    default: Write one sentence about the sea.
  options:
    description:
      - Options of the request, such as C(num_ctx) or C(num_thread), beside C(temperature=0), C(seed=42) and
        C(num_predict=64). If the model was loaded with other options, some of them make the server load it again.
    type: dict
    default: {}
  keep_alive:
    description: How long the model stays in memory, such as V(5m) or V(-1); if empty, the server decides.
    type: str
    default: ""
  warm_up:
    description: Load the model first, without a question, so that loading is not in the time to the first token.
    type: bool
    default: true
  timeout:
    description: Seconds to wait for the first token; with O(warm_up) the loading may take the same time before that.
    type: int
    default: 180
  total_timeout:
    description: Seconds for the whole answer, without the loading of O(warm_up).
    type: int
    default: 600
  min_chunks:
    description: The answer must come in at least so many pieces.
    type: int
    default: 2
  min_tokens_per_second:
    description: The lowest speed of generation that is accepted; V(0) accepts every speed.
    type: float
    default: 0
  max_first_token_seconds:
    description: The longest time to the first token that is accepted; V(0) accepts every time.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Prove that the model streams
  nogpu.ollama.ollama_stream:
    model: qwen2.5:0.5b

- name: Ask for reading speed
  nogpu.ollama.ollama_stream:
    model: qwen2.5:0.5b
    min_tokens_per_second: 8
"""

RETURN = r"""
first_token_seconds:
  description: Seconds from the question to the first piece of text.
  returned: when an answer came
  type: float
  sample: 0.31
tokens_per_second:
  description: Speed of generation, as the server counts it (C(eval_count) / C(eval_duration)).
  returned: when an answer came
  type: float
  sample: 21.4
prompt_tokens_per_second:
  description: Speed of reading the prompt, as the server counts it. High if the prompt was still in its cache.
  returned: when an answer came
  type: float
  sample: 118.2
chunks:
  description: Pieces of text that arrived one after another.
  returned: when an answer came
  type: int
  sample: 64
chunk_spread_seconds:
  description: Seconds between the first and the last piece.
  returned: when an answer came
  type: float
  sample: 2.95
eval_count:
  description: Tokens generated.
  returned: when an answer came
  type: int
  sample: 64
eval_seconds:
  description: Time the server spent generating them.
  returned: when an answer came
  type: float
  sample: 2.99
load_seconds:
  description: Seconds of the warm-up; without one, the loading time that the server reports, nearly 0 if it was loaded.
  returned: when an answer came
  type: float
  sample: 1.2
total_seconds:
  description: Seconds from the question to the end of the answer.
  returned: when an answer came
  type: float
  sample: 3.3
activity:
  description:
    - What else the host did during the answer, which can explain a slow one; C(null) where it cannot be read.
    - The keys are those of the class C(Activity) in C(plugins/module_utils/prove/diagnosis.py), which explains them.
  returned: when an answer came
  type: dict
  sample:
    cores: 8
    others_cores: 0.1
    steal_cores: 0.0
    throttled_share: 0.0
    heat_events: 0
    clock_share: 0.96
    swapped_in_bytes: 0
    server_swap_bytes: 0
text:
  description: The answer.
  returned: when an answer came
  type: str
  sample: The sea is deep.
msg:
  description: The figures in one sentence, or what was not as required.
  returned: always
  type: str
  sample: "qwen2.5:0.5b: first token after 0.31 s, 21.4 tokens/s, 64 chunks."
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.ollama.api import OllamaApi, OllamaError
from ..module_utils.ollama.model_name import ModelNameError, ModelRef
from ..module_utils.prove.question import CONNECT_SECONDS, measure
from ..module_utils.prove.stream import shortfalls

ARGUMENT_SPEC = {
    "url": {"type": "str", "default": "http://127.0.0.1:11434"},
    "model": {"type": "str", "required": True},
    "prompt": {"type": "str", "default": "Write one sentence about the sea."},
    "options": {"type": "dict", "default": {}},
    "keep_alive": {"type": "str", "default": ""},
    "warm_up": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 180},
    "total_timeout": {"type": "int", "default": 600},
    "min_chunks": {"type": "int", "default": 2},
    "min_tokens_per_second": {"type": "float", "default": 0},
    "max_first_token_seconds": {"type": "float", "default": 0},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=False)
    params = module.params
    try:
        model = ModelRef.parse(params["model"])
        model.refuse_cloud()
        seen, activity = measure(
            OllamaApi(params["url"], min(CONNECT_SECONDS, params["timeout"])), model.canonical, params
        )
    except ModelNameError as error:
        module.fail_json(msg=str(error))
    except OllamaError as error:
        module.fail_json(msg=f"Model {params['model']} did not stream: {error}", http_status=error.status)
    result = dict(asdict(seen), activity=activity.as_dict())
    missed = shortfalls(seen, params["min_chunks"], params["min_tokens_per_second"], params["max_first_token_seconds"])
    if missed:
        module.fail_json(msg=f"Model {model.canonical} at {params['url']}: {' '.join(missed)}", **result)
    module.exit_json(
        changed=False,
        msg=f"{model.canonical}: first token after {seen.first_token_seconds:.2f} s, "
        f"{seen.tokens_per_second:.1f} tokens/s, {seen.chunks} chunks.",
        **result,
    )


if __name__ == "__main__":
    main()
