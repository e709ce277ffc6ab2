# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find out what a host would download: what is there already, how large the rest is, how fast its sources send."""

from __future__ import annotations

from typing import Any

from ..host.reader import HostReader
from ..ollama.model_name import ModelRef
from ..ollama.store import read_store
from ..ollama.tags import Store
from .client import Source, SourceError
from .downloads import (
    ARCHIVE,
    IMAGE,
    MODEL,
    Item,
    ManifestError,
    archive_url,
    blob_url,
    image_url,
    layers,
    missing,
    model_url,
    platform_digest,
)


def wanted(host: HostReader, params: dict[str, Any]) -> list[Item]:
    """Return the items that the plan needs, and for each if it is there. Raises ModelNameError and ValueError."""
    version, mirror = params["version"], params["mirror"]
    if params["runtime"] == "docker":
        name = f"{params['image']}:{version}"
        there = host.run(["docker", "image", "inspect", "--format", "{{.Id}}", name]).ok
        items = [Item(IMAGE, name, image_url(version, mirror), there)]
    else:
        program = "ollama" if params["system"] == "darwin" else "bin/ollama"
        there = host.exists(f"{params['prefix']}/{version}/{program}")
        url = archive_url(version, params["architecture"], mirror, params["system"])
        items = [Item(ARCHIVE, f"Ollama {version}", url, there)]
    store = read_store(host, params["store_path"])
    for model in params["models"]:
        ref = ModelRef.parse(model)
        there = host.exists(ref.manifest_path(params["store_path"])) or _is_stored(store, ref)
        known = (params["predicted"].get(model) or {}).get("download_bytes")
        items.append(Item(MODEL, ref.canonical, model_url(ref, mirror), there, known))
    return items


def _is_stored(store: Store, ref: ModelRef) -> bool:
    tag = store.find(ref)
    return tag is not None and tag.size_bytes is not None


def sized(item: Item, source: Source, architecture: str) -> Item:
    """Return the item with its size from the source; if that fails, with a note and the size from the plan."""
    if item.present:
        return item
    values = {**item.__dict__}
    try:
        if item.kind == ARCHIVE:
            values.update(size_bytes=source.length(item.url), blob_url=item.url)
        else:
            manifest = source.manifest(item.url)
            digest = platform_digest(manifest, architecture) if item.kind == IMAGE else None
            if digest:
                manifest = source.manifest(f"{item.url.rpartition('/')[0]}/{digest}")
            size, largest = layers(manifest)
            values.update(size_bytes=size, blob_url=blob_url(item.url, largest))
    except (SourceError, ManifestError) as error:
        values["note"] = str(error)
    return Item(**values)


def rates(items: list[Item], source: Source) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return the bytes a second of each source, None where it could not be measured, and the reasons for that."""
    speeds: dict[str, float | None] = {}
    notes: dict[str, str] = {}
    for item in sorted(missing(items), key=lambda each: -(each.size_bytes or 0)):
        if speeds.get(item.source) is not None:
            continue
        speeds[item.source] = None
        if not item.blob_url:
            notes.setdefault(item.source, item.note)
            continue
        try:
            speeds[item.source] = source.rate(item.blob_url)
            notes.pop(item.source, None)
        except SourceError as error:
            notes.setdefault(item.source, str(error))
    return speeds, notes
