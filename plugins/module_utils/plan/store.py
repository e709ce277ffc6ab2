# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Whether Ollama can use the folder of the models: its disk and its owner."""

from __future__ import annotations

from ..look.capacity import HostCapacity
from .wishes import Wishes, option

NAMELESS = "uid "


def store_problems(host: HostCapacity, wishes: Wishes) -> list[str]:
    """Return one piece of text for each reason why Ollama could not write there. On a Mac the store is the user's."""
    if host.store is None or host.system != "linux":
        return []
    found = [_disk_problem(host.disk_path) if host.store.read_only else ""]
    # What is not Ollama's is somebody's: it is never given another owner. A new folder of root's, such as an empty
    # disk's, becomes Ollama's; below it Ollama makes its folders itself.
    strangers = [
        (folder, owner)
        for number, (folder, owner) in enumerate(host.store.owners.items())
        if owner not in (wishes.store_user, *(["root"] if number == 0 else []))
    ]
    found += [_owner_problem(strangers[0], next(iter(host.store.owners)), wishes)] if strangers else []
    return [problem for problem in found if problem]


def _disk_problem(path: str) -> str:
    return (
        f"the disk of {path} is read-only (needed: one that can be written, as models and ledger go there); nothing "
        f"was changed. See how it is mounted with: findmnt -T {path}. A disk that became read-only by itself may be "
        "failing: sudo dmesg says so."
    )


def _owner_problem(stranger: tuple[str, str], store: str, wishes: Wishes) -> str:
    folder, owner = stranger
    user = wishes.store_user
    as_owner = "" if owner.startswith(NAMELESS) else f", or run Ollama as {owner}: -e {option('store_user')}={owner}"
    return (
        f"{folder} belongs to {owner} (needed: {user}, as whom Ollama runs); nothing was changed, as what is in it may "
        f"be somebody's. Move it away, or give it to Ollama with all that is in it: sudo useradd --system {user}; "
        f"sudo chown -R {user}: {store}{as_owner}."
    )
