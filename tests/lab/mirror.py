# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The mirror: one address (plain http) with images, models and archives, made once and then only read."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from docker import DockerClient
from docker.models.containers import Container

from . import host, models, names, ollama, registry
from .cache import Cache
from .errors import LabError
from .images import builder_labels
from .laptops import attached, find
from .recipe import fingerprint

REGISTRY_FOLDER = "registry"
ARCHIVE_FOLDER = "ollama"
_MOUNT = "/srv/mirror"


def key(image: str) -> str:
    """Return the fingerprint of the mirror's content; `image` is the mirror's Docker image."""
    return fingerprint(image, ollama.key(), registry, models, make_content, push_models)


def build_content(client: DockerClient, cache: Cache, image: str, tree: Path, disk: Path) -> Path:
    """Return the folder that the mirror serves, building it if the cache has none."""
    return cache.ensure("mirror", key(image), lambda draft: make_content(client, draft, image, tree, disk))


def make_content(client: DockerClient, draft: Path, image: str, tree: Path, disk: Path) -> None:
    """Fill `draft`: archives as files, images and models through a registry that takes uploads for the moment."""
    for version in names.OLLAMA_VERSIONS:
        ollama.write_archive(tree, version, draft / ARCHIVE_FOLDER / f"v{version}")
    with _registry_for_uploads(client, image, draft / REGISTRY_FOLDER) as address:
        for version in names.OLLAMA_VERSIONS:
            layers = ollama.image_layers(tree, disk, version)
            blobs = [registry.Blob(registry.LAYER_TYPE, ollama.compress(layer)) for layer in layers]
            config = registry.image_config(ollama.IMAGE_CONFIG, layers)
            registry.push(f"http://{address}", names.OLLAMA_IMAGE, version, config, blobs)
        push_models(tree, address)


def push_models(tree: Path, address: str) -> None:
    """Make the models with the real Ollama and push them to the registry."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with ollama.serving(tree, folder) as env:
            for model, write in models.MODELS.items():
                file = folder / "model.gguf"
                write(file)
                (folder / "Modelfile").write_text(models.MODELFILE.format(file=file))
                full_name = f"{address}/library/{model}"
                program = tree / "bin" / "ollama"
                host.run(program, "create", full_name, "-f", folder / "Modelfile", env=env)
                host.run(program, "push", "--insecure", full_name, env=env)


@contextmanager
def _registry_for_uploads(client: DockerClient, image: str, folder: Path) -> Iterator[str]:
    container = client.containers.run(
        image,
        ["docker-registry", "serve", "/etc/mirror/registry-prepare.yml"],
        detach=True,
        network=names.NETWORK,
        labels=builder_labels(),
        volumes={str(folder.resolve()): {"bind": f"{_MOUNT}/{REGISTRY_FOLDER}", "mode": "rw"}},
    )
    try:
        container.reload()
        address = f"{container.attrs['NetworkSettings']['Networks'][names.NETWORK]['IPAddress']}:5001"
        wait_until_answering(f"http://{address}/v2/")
        yield address
    finally:
        container.remove(force=True)


def ensure_container(client: DockerClient, image: str, content: Path) -> bool:
    """Run the mirror; replace one with other content. Say if something changed."""
    recipe = fingerprint(image, str(content))
    old = find(client, names.MIRROR)
    if old is not None and old.labels.get(names.RECIPE_LABEL) == recipe and old.status == "running":
        return False
    if old is not None:
        old.remove(force=True)
    _create(client, image, content, recipe).start()
    wait_until_answering(f"http://{names.MIRROR_ADDRESS}:{names.MIRROR_PORT}/v2/")
    return True


def _create(client: DockerClient, image: str, content: Path, recipe: str) -> Container:
    api = client.api
    made = api.create_container(
        image,
        name=names.MIRROR,
        hostname="mirror",
        labels={names.LABEL: names.SHARED_SET, names.KIND_LABEL: "mirror", names.RECIPE_LABEL: recipe},
        host_config=api.create_host_config(
            network_mode=names.NETWORK, binds={str(content): {"bind": _MOUNT, "mode": "ro"}}, init=True
        ),
        networking_config=attached(client, names.MIRROR_ADDRESS),
    )
    return client.containers.get(made["Id"])


def wait_until_answering(url: str, seconds: float = 20) -> None:
    """Return when the address answers with status 200; raise LabError after `seconds`."""
    end = time.monotonic() + seconds
    seen: object = None
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError as error:
            seen = error
            time.sleep(0.1)
    raise LabError(f"Could not reach {url} within {seconds:.0f} seconds: {seen}. See `docker logs {names.MIRROR}`.")
