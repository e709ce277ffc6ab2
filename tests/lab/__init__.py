# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The lab: throwaway laptops, a mirror and a real Ollama, made of packages on this machine.

`python -m tests.lab up` builds what the cache lacks and boots; `tests.lab.lab.up()` does the same for Python.
"""
