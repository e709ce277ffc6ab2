# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at files, directories and links for the ledger, and bring them back to what they were."""

from __future__ import annotations

import contextlib
import glob
import grp
import hashlib
import os
import pwd
import re
import shutil
import stat
from typing import Any, Callable, Collection, Mapping

from ...host.whole_file import replace_link, write_whole
from .entries import FOLDER_KINDS, SHORTEST_WHOLE_PATH, LedgerError
from .states import ABSENT, State

_CHUNK_BYTES = 1 << 20
# As Ansible names its copies, and as host/owners_file names them, because Windows allows no colon in a name.
_COPY = re.compile(r"(\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d|\.\d{4}-\d\d-\d\d-\d{6})~")


def look_at_path(kind: str, path: str) -> State:
    """Return the state of a path; of a link to a file with the file's sha256, unless `kind` is the link itself."""
    try:
        seen = os.lstat(path)
        if stat.S_ISLNK(seen.st_mode):
            state: State = {"state": "link", "target": os.readlink(path)}
            return {**state, **_file(path)} if kind not in ("link", *FOLDER_KINDS) and os.path.isfile(path) else state
        if stat.S_ISDIR(seen.st_mode):
            return {"state": "directory", **_rights(seen), **(_listing(path) if kind == "tree" else {})}
        if stat.S_ISREG(seen.st_mode):
            return {"state": "file", **_file(path)}
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        raise LedgerError(
            f"Could not look at {kind} {path}: {error.strerror} (read access was needed). Use become: true."
        ) from error
    raise LedgerError(
        f"Could not look at {kind} {path}: it is a device, pipe or socket (a file, directory or link was needed). "
        f"Move it away, or choose another path."
    )


def _file(path: str) -> State:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""):
            digest.update(chunk)
        return {"sha256": digest.hexdigest(), **_rights(os.fstat(file.fileno()))}


def _rights(seen: os.stat_result) -> State:
    """Return mode and owner: numbers, and names for people who read the ledger."""
    owner, group = str(seen.st_uid), str(seen.st_gid)
    with contextlib.suppress(KeyError):
        owner = pwd.getpwuid(seen.st_uid).pw_name
    with contextlib.suppress(KeyError):
        group = grp.getgrgid(seen.st_gid).gr_name
    mode = f"{stat.S_IMODE(seen.st_mode):04o}"
    return {"mode": mode, "uid": seen.st_uid, "gid": seen.st_gid, "owner": owner, "group": group}


def _listing(path: str) -> State:
    """Return one hash of the names, types, sizes and targets of all below a folder. No file is read."""
    digest, count = hashlib.sha256(), 0
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted([*folders, *names]):
            below = os.path.join(folder, name)
            seen = os.lstat(below)
            size = seen.st_size if stat.S_ISREG(seen.st_mode) else 0
            target = os.readlink(below) if stat.S_ISLNK(seen.st_mode) else ""
            fact = (os.path.relpath(below, path), stat.S_IFMT(seen.st_mode), size, target)
            digest.update(repr(fact).encode("utf-8", "surrogateescape"))
            count += 1
    return {"listing_sha256": digest.hexdigest(), "things": count}


def undo_path(step: Mapping[str, Any]) -> None:
    """Do one step of an undo plan; raises LedgerError."""
    try:
        _ACTIONS[step["action"]](step["name"], step["before"])
    except OSError as error:
        raise LedgerError(
            f"Could not undo {step['kind']} {step['name']} ({step['action']}): {error.strerror} (write access was "
            f"needed). It stays in the ledger. Correct this and run the removal again."
        ) from error


def known_copies(path: str, sums: Collection[str], since: float) -> list[str]:
    """Return copies that `backup` left beside a file after `since` (seconds since 1970), with a sha256 in `sums`."""
    copies = []
    for name in glob.glob(glob.escape(path) + ".*~"):
        is_a_copy = _COPY.fullmatch(name[len(path) :]) and os.path.isfile(name) and not os.path.islink(name)
        if is_a_copy and os.stat(name).st_ctime >= since and _file(name)["sha256"] in sums:
            copies.append(name)
    return copies


def _remove(path: str, _before: State) -> None:
    os.unlink(path)


def _remove_directory(path: str, _before: State) -> None:
    os.rmdir(path)


def _remove_tree(path: str, _before: State) -> None:
    """Remove a folder with all its content, unless it is a link or of the system, or something is mounted in it."""
    parts = [part for part in os.path.realpath(path).split("/") if part]
    mounted = [folder for folder, _, _ in os.walk(path) if os.path.ismount(folder)]
    if len(parts) < SHORTEST_WHOLE_PATH or os.path.islink(path) or mounted:
        seen = f"{mounted[0]} is mounted" if mounted else "it leads to another place"
        raise LedgerError(
            f"Could not remove {path}: {seen} (a folder of our own was needed). Nothing in it was removed. Unmount or "
            f"correct that and run the removal again."
        )
    shutil.rmtree(path)


def _restore_file(path: str, before: State) -> None:
    copy = before.get("backup") or ""
    if not os.path.isfile(copy) or _file(copy)["sha256"] != before["sha256"]:
        raise LedgerError(
            f"Could not bring back {path}: the copy {copy or 'in the ledger'} is missing or damaged (sha256 "
            f"{before['sha256']} was needed). The file was left as it is. Put the former file back by hand."
        )
    with open(copy, "rb") as source:
        mode = int(before["mode"], 8)
        write_whole(path, lambda file: shutil.copyfileobj(source, file), mode, before["uid"], before["gid"])


def _restore_link(path: str, before: State) -> None:
    if not os.path.islink(path) or os.readlink(path) != before["target"]:
        replace_link(path, before["target"])
    if "sha256" in before and look_at_path("file", path).get("sha256") != before["sha256"]:
        _restore_file(os.path.realpath(path), before)


def _restore_directory(path: str, before: State) -> None:
    os.makedirs(path, exist_ok=True)
    os.chown(path, before["uid"], before["gid"])
    os.chmod(path, int(before["mode"], 8))


_ACTIONS: Mapping[str, Callable[[str, State], None]] = {
    "remove_file": _remove,
    "remove_link": _remove,
    "remove_directory_if_empty": _remove_directory,
    "remove_tree": _remove_tree,
    "restore_file": _restore_file,
    "restore_link": _restore_link,
    "restore_directory": _restore_directory,
}
PATH_ACTIONS = frozenset(_ACTIONS)
