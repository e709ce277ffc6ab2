# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Passwords in addresses of daemon.json: find them, and hide them in settings that are shown."""

from __future__ import annotations

import re
from typing import Any

from ...host.json_text import masked


def hidden(value: Any) -> Any:
    """The same settings with user and password hidden in addresses."""
    if isinstance(value, dict):
        return {key: hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hidden(item) for item in value]
    return masked(value) if isinstance(value, str) else value


def holds_password(data: bytes) -> bool:
    """Whether an address in the text has one."""
    return re.search(rb"://[^@\s\"/:]*:[^@\s\"/]+@", data) is not None
