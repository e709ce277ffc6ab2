# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Names of what nogpu makes on a laptop."""

from __future__ import annotations

UNIT = "ollama.service"
CONTAINER = "ollama-docker"
PROJECT = "nogpu"  # the Compose project of the stack, by which a container is ours under any name
HOME = "/var/lib/nogpu"  # of ledger and models on Linux; on a Mac ~/.nogpu
SLICE = "ollama.slice"
AGENT = "io.nogpu.ollama"
BREW_AGENT = "homebrew.mxcl.ollama"  # Homebrew's, from `brew services start ollama`; not ours
