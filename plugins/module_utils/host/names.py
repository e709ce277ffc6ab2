# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What nogpu's own things are called on a laptop."""

from __future__ import annotations

UNIT = "ollama.service"
CONTAINER = "ollama-docker"
PROJECT = "nogpu"  # Compose's word for what belongs to the stack, whatever a container is called
SLICE = "ollama.slice"
AGENT = "io.nogpu.ollama"
BREW_AGENT = "homebrew.mxcl.ollama"  # that of `brew services start ollama`, which is not ours
