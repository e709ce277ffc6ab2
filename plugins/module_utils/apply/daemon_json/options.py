# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What the options of module docker_daemon_config ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping

from ...host.owners_file import FileError
from .file import ConfigFile, Former
from .look import RefusalError
from .ours import ours_by_ledger
from .plan import Wish


def read_options(given: Mapping[str, Any], file: ConfigFile) -> Wish:
    """Return what to put into the file, or which former file to put back. Raises RefusalError."""
    former = _former(given["former_file"])
    restart = given["apply"] == "restart"
    wish = Wish({}, {}, given["on_conflict"], restart, given["interrupt_containers"], given["validate"], former)
    return wish if former else _with_settings(wish, given, file)


def _former(path: str | None) -> Former | None:
    """Return the file as it should be again; None if the option is not set. RefusalError without a copy of it."""
    try:
        copy = ConfigFile(path).read() if path else None
        if copy is not None and copy.data is None:
            raise FileError("it is not there")
    except FileError as error:
        raise RefusalError(
            f"Could not read 'former_file' {path}: {error}. Nothing was changed. Name a copy."
        ) from error
    return None if copy is None else Former(copy.data or None)


def _with_settings(wish: Wish, given: Mapping[str, Any], file: ConfigFile) -> Wish:
    """Add all that should be in the file, and what in it is ours already."""
    proxies = {**given["settings"].get("proxies", {}), **given["proxies"]}
    settings = {**given["settings"], **({"proxies": proxies} if proxies else {})}
    ours = given["remove"] or (ours_by_ledger(given["ledger"], file) if given["ledger"] else {})
    return replace(wish, settings=settings, ours_before=ours, unless_published=given["unless_published"])
