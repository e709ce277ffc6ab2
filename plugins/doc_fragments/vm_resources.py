# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that set how much of the host a virtual machine gets."""

    DOCUMENTATION = r"""
options:
  memory:
    description:
      - Memory of the virtual machine, such as V(8GiB). V(max) is all but O(memory_reserve). Leave it out to keep what
        the file says.
      - V(8GiB), V(8G) and V(8192MiB) are the same. V(8GB) is less, 8,000,000,000 bytes, as in all sizes of nogpu.
      - More than the host has without O(memory_reserve) is refused.
    type: str
  swap:
    description:
      - Swap of the virtual machine. V(0) switches it off, which keeps a model's weights in memory. V(max) is as much as
        the memory. Leave it out to keep what the file says.
    type: str
  memory_reserve:
    description:
      - What the system keeps, such as V(3GiB). V(auto) is 20 % of the host's memory, and at least 2 GiB; that is also
        the default.
    type: str
  backup:
    description: Keep a copy of the former file beside it.
    type: bool
    default: true
"""
