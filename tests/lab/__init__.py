# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The lab: throwaway laptops, a mirror and a real Ollama, made from packages on this machine.

`python -m tests.lab up` builds what is not in the cache and boots it; `tests.lab.lab.up()` does the same for Python.
"""
