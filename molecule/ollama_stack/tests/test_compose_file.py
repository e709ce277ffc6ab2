# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A person can run the compose file with `docker compose` alone, and the image is pinned."""

from __future__ import annotations

import re

from testinfra.host import Host

COMPOSE = "docker compose --file /etc/nogpu/compose.yaml"


def test_compose_accepts_the_file_without_a_warning(host: Host) -> None:
    done = host.run(f"{COMPOSE} config --quiet")
    assert (done.rc, done.stderr) == (0, "")


def test_compose_alone_finds_nothing_to_change(host: Host) -> None:
    before = host.check_output("docker inspect --format '{{.Id}} {{.State.StartedAt}}' ollama-docker")
    host.check_output(f"{COMPOSE} up --detach")
    assert host.check_output("docker inspect --format '{{.Id}} {{.State.StartedAt}}' ollama-docker") == before


def test_the_image_is_pinned_by_version_and_digest(host: Host) -> None:
    image = host.check_output("docker inspect --format '{{.Config.Image}}' ollama-docker")
    assert re.fullmatch(r"docker\.io/ollama/ollama:0\.9\.3@sha256:[0-9a-f]{64}", image)


def test_the_models_are_the_only_thing_mounted(host: Host) -> None:
    mounts = host.check_output(
        "docker inspect --format '{{range .Mounts}}{{.Name}}={{.Destination}} {{end}}' ollama-docker"
    )
    assert mounts.split() == ["ollama-data=/models"]
