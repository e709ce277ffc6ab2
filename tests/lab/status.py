# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Show what the lab has: a table of laptops, and what the mirror offers."""

from __future__ import annotations

import json
import re
import urllib.request

from docker.models.containers import Container
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from . import host, names
from .laptops import address_of, containers, execute


def show_status(console: Console) -> None:
    """Print the laptops with what listens on them, and the mirror's content."""
    client = host.engine()
    titles = ("name", "set", "address", "suite", "state")
    table = Table(*(Column(title, no_wrap=True) for title in titles), "listens", box=SIMPLE, padding=(0, 1, 0, 0))
    for container in containers(client):
        table.add_row(*_row(container))
    console.print(table)
    if any(container.name == names.MIRROR and container.status == "running" for container in containers(client)):
        for line in mirror_offers(f"http://{names.MIRROR_ADDRESS}:{names.MIRROR_PORT}"):
            console.print(line, highlight=False)


def _row(container: Container) -> tuple[str, ...]:
    listens = listeners(execute(container, "ss", "-Hltnp")) if container.status == "running" else []
    labels = container.labels
    address = address_of(container)
    suite = labels.get(names.SUITE_LABEL, "")
    name = str(container.attrs["Config"]["Hostname"])
    return name, labels[names.LABEL], address, suite, container.status, "\n".join(listens)


def listeners(text: str) -> list[str]:
    """Return `address program` for each line of `ss -Hltnp`, but not for Docker's own name server."""
    found = set()
    for line in text.splitlines():
        address = line.split()[3]
        program = re.search(r'\(\("([^"]+)"', line)
        if not address.startswith("127.0.0.11:"):
            everywhere = address.replace("0.0.0.0:", "*:").replace("[::]:", "*:")
            found.add(f"{everywhere} {program.group(1) if program else '?'}")
    return sorted(found)


def mirror_offers(url: str) -> list[str]:
    """Return what can be pulled from the mirror, one line each."""
    stored = [
        f"{url}/v2/{repository}:{tag}"
        for repository in _get(f"{url}/v2/_catalog")["repositories"]
        for tag in sorted(_get(f"{url}/v2/{repository}/tags/list")["tags"])
    ]
    return stored + [f"{url}/ollama/v{version}/{names.OLLAMA_ARCHIVE}" for version in names.OLLAMA_VERSIONS]


def _get(url: str) -> dict[str, list[str]]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: dict[str, list[str]] = json.load(answer)
        return found
