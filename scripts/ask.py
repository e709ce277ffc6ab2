#!/usr/bin/env python3
# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Ask the local model a question and watch the answer arrive: ./nogpu ask "why is the sky blue?"

Exit status: 0 answered, 1 no answer, 2 wrong usage, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any, Sequence

# The script is in the checkout beside the collection, which is not an installed package.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugins.module_utils.apply.models.plan import find
from plugins.module_utils.ollama.api import OllamaApi, OllamaError
from plugins.module_utils.ollama.model_name import ModelNameError, ModelRef
from plugins.module_utils.prove.stream import Figures, figures

CONNECT_SECONDS = 10.0
# The first token waits for the model to be loaded, which takes minutes from a slow disk.
ANSWER_SECONDS = 600.0
# A model's text may hold control characters, and a terminal would obey them: only tab and newline pass.
_NOT_PRINTED = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)])


class AskError(Exception):
    """No answer; the text says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    question = sys.stdin.read() if options.question == "-" else options.question
    if not question.strip():
        print('The question is empty. Ask for example: ./nogpu ask "why is the sky blue?"', file=sys.stderr)
        return 2
    try:
        api = OllamaApi(options.url, CONNECT_SECONDS)
        model = _choose(api, options.model)
        seen = _stream(api, model, question)
    except (AskError, OllamaError, ModelNameError) as error:
        hint = " If it was never set up: ./nogpu up." if getattr(error, "refused", False) else ""
        print(f"Could not answer: {error}{hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader has closed the pipe (| head). Python would report that again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    print(_summary(seen), file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nogpu ask", description="Ask the local model and watch the answer arrive.")
    parser.add_argument("question", help="the question in quotes, or - to read it from standard input")
    parser.add_argument("--url", default="http://127.0.0.1:11434", help="address of the server (%(default)s)")
    parser.add_argument("--model", help="name of an installed model (the first one)")
    return parser


def _choose(api: OllamaApi, wanted: str | None) -> str:
    """Return the model to ask, and print its name if it was not given. Raises AskError if it is not there."""
    installed = api.installed()
    names = ", ".join(entry.name for entry in installed)
    if wanted:
        found = find(ModelRef.parse(wanted), installed)
        if found is None:
            raise AskError(
                f"model {wanted} is not installed at {api.url} (there: {names or 'none'}). Add it to nogpu_models and "
                "run ./nogpu up."
            )
        return found.name
    if not installed:
        raise AskError(f"no model is installed at {api.url}. Run ./nogpu up.")
    name = installed[0].name
    others = f" (also here: {', '.join(entry.name for entry in installed[1:])})" if len(installed) > 1 else ""
    print(f"Asking {name}{others}", file=sys.stderr)
    return name


def _stream(api: OllamaApi, model: str, question: str) -> Figures:
    """Print the answer as it arrives; return its figures. Raises OllamaError."""
    started = time.monotonic()
    received: list[tuple[dict[str, Any], float]] = []
    lines = api.stream("/api/generate", {"model": model, "prompt": question}, ANSWER_SECONDS)
    for line, at in lines:
        if line.get("thinking") and not any(seen.get("thinking") for seen, _at in received):
            print("(thinking)", file=sys.stderr)
        received.append((line, at))
        print(str(line.get("response") or "").translate(_NOT_PRINTED), end="", flush=True)
        if line.get("done") is True:
            lines.close()
            print(flush=True)
            return figures(received, started)
    print()
    raise AskError("the answer ended early. The model repeated itself, or ran out of memory: see Ollama's log.")


def _summary(seen: Figures) -> str:
    return (
        f"first token {seen.first_token_seconds:.2f} s, {seen.tokens_per_second:.1f} tokens/s, "
        f"{seen.eval_count} tokens, model loaded in {seen.load_seconds:.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
