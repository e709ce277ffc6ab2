# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The error of the lab."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what was asked; the text says what failed, what was seen and what to do next."""
