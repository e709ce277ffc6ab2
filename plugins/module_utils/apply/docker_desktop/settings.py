# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Docker Desktop's settings file: the keys for the wishes, and how they are merged.

Docker does not document the keys: they were read in files of 4.34 and later (PascalCase, settings-store.json) and of
earlier versions (camelCase, settings.json). So the case of a key does not count. Keys that are not ours stay the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from ...host.json_text import DaemonJsonError, Settings, parse, render, same
from .resources import MAX, Host, ResourceError, cores, memory_mib, size_mib, swap_mib

FOLDERS = {"Darwin": "Library/Group Containers/group.com.docker", "Linux": ".docker/desktop"}
FILES = ("settings-store.json", "settings.json")
IMAGES = {"Darwin": "Library/Containers/com.docker.docker/Data/vms/0/data", "Linux": ".docker/desktop/vms/0/data"}
SWITCHES = {
    "autostart": "AutoStart",
    "resource_saver": "UseResourceSaver",
    "host_networking": "HostNetworkingEnabled",
}
# The image grows as it is filled, at most to this share of its file system. The rest is left to the owner.
DISK_PERCENT = 80


class SettingsError(ValueError):
    """The settings file cannot be used; the text is a sentence for the user."""


@dataclass(frozen=True)
class Disk:
    """In MiB, None = unknown. `image`: size of the present disk image; `file_system`: of what holds it."""

    image: int | None = None
    file_system: int | None = None


@dataclass(frozen=True)
class Change:
    """`wanted` by PascalCase key; `before` and `after` are the text of the file ("" = there is none).

    `former`: the bytes to bring back, where that is what is asked for.
    """

    wanted: Settings
    before: str
    after: str
    former: bytes | None = None

    @property
    def needed(self) -> bool:
        return self.before != self.after

    @property
    def data(self) -> bytes | None:
        """What the file is to hold; None where it is to go."""
        return (self.after.encode() if self.former is None else self.former) or None


def read(data: bytes | None, path: str) -> Settings:
    """The settings in the file; none yet is an empty set. Raises SettingsError with the place of the fault."""
    try:
        return parse(data) if data is not None else {}
    except DaemonJsonError as error:
        raise SettingsError(
            f"Could not read Docker Desktop's settings {path}: {error} It was left as it is."
        ) from error


def value(settings: Settings, key: str) -> Any:
    """What the file says on `key`, whatever the case of its letters; None if nothing."""
    return next((found for name, found in settings.items() if name.lower() == key.lower()), None)


def wanted(wishes: Mapping[str, Any], settings: Settings, host: Host, disk: Disk) -> Settings:
    """The keys to set, for wishes that are not None. Raises ResourceError for what the host cannot give."""
    keys: Settings = {}
    if wishes["cpus"] is not None:
        keys["Cpus"] = cores(wishes["cpus"], host, "cpus", "Cpus")
    if wishes["memory"] is not None:
        keys["MemoryMiB"] = memory_mib(wishes["memory"], host, "MemoryMiB")
    if wishes["swap"] is not None:
        keys["SwapMiB"] = swap_mib(wishes["swap"], keys.get("MemoryMiB", _number(value(settings, "MemoryMiB"))))
    if wishes["disk"] is not None:
        keys["DiskSizeMiB"] = _disk_mib(wishes["disk"], _number(value(settings, "DiskSizeMiB")) or disk.image, disk)
    keys.update({key: wishes[name] for name, key in SWITCHES.items() if wishes[name] is not None})
    return keys


def change(data: bytes | None, settings: Settings, keys: Settings) -> Change:
    """The file with `keys` merged in; the same text, byte for byte, if it has these values already."""
    before = (data or b"").decode("utf-8")
    after = merge(settings, keys)
    return Change(keys, before, before if same(settings, after) else render(before, settings, after))


def merge(settings: Settings, keys: Settings) -> Settings:
    """`settings` with `keys` in their present spelling, new ones at the end in the spelling of the others."""
    mine = {key.lower(): value for key, value in keys.items()}
    merged = {name: mine.get(name.lower(), value) for name, value in settings.items()}
    known = {name.lower() for name in settings}
    camel = sum(name[:1].islower() for name in settings) * 2 > len(settings)
    for key, wish in keys.items():
        if key.lower() not in known:
            merged[key[0].lower() + key[1:] if camel else key] = wish
    return merged


def _number(found: Any) -> int | None:
    return int(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def _disk_mib(wish: str, present: int | None, disk: Disk) -> int:
    """Size of the disk image. Raises ResourceError rather than make it smaller: Desktop would make an empty one."""
    if wish == MAX:
        if disk.file_system is None:
            raise ResourceError("'disk' is \"max\", but the size of its file system is unknown. Give 'disk' a figure.")
        return max(disk.file_system * DISK_PERCENT // 100, present or 0)
    figure = size_mib(wish, "disk")
    if present is not None and figure < present:
        raise ResourceError(
            f"DiskSizeMiB {figure} is less than the present {present}: Docker Desktop would make a new, empty disk, "
            "and all images, containers and volumes would be lost. "
            f"Set 'disk' to {present}MiB or more, or leave it out."
        )
    if disk.file_system is not None and figure > disk.file_system:
        raise ResourceError(
            f"DiskSizeMiB {figure} is more than its file system has ({disk.file_system}). Set 'disk' to max or less."
        )
    return figure
