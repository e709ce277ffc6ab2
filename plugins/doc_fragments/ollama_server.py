# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT

from __future__ import annotations


class ModuleDocFragment:
    """Options of all modules that call an Ollama server."""

    DOCUMENTATION = r"""
options:
  url:
    description:
      - Address of the Ollama server, as seen from the managed host. A proxy from the environment is never used for it.
    type: str
    default: http://127.0.0.1:11434
  timeout:
    description:
      - Seconds to wait for the answer to a short call.
    type: int
    default: 30
"""
