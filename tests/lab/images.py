# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The lab's Docker images: laptops, the mirror, an emulator. They are also kept in the cache as archives."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from docker import DockerClient
from docker.errors import BuildError, ImageNotFound

from . import debian, names
from .cache import Cache
from .errors import LabError
from .recipe import fingerprint

FILES = Path(__file__).parent / "files"
_APT = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"
_TIDY = "apt-get clean && rm -rf /var/lib/apt/lists/*"

MIRROR_DOCKERFILE = f"""\
FROM {{base}}
RUN {_APT} nginx-light docker-registry && {_TIDY}
COPY nginx.conf registry.yml registry-prepare.yml /etc/mirror/
CMD ["/bin/sh", "-c", "docker-registry serve /etc/mirror/registry.yml & exec nginx -c /etc/mirror/nginx.conf"]
"""
# A separate image, as QEMU 7.2 of Debian 12 cannot emulate a processor that runs the kernel of Debian 13.
EMULATOR_DOCKERFILE = f"FROM {{base}}\nRUN {_APT} qemu-system-x86 qemu-utils seabios ipxe-qemu && {_TIDY}\n"
DOCKER_DOCKERFILES = {
    "trixie": f"FROM {{base}}\nRUN {_APT} docker.io docker-cli docker-compose iptables && {_TIDY}\n",
    # Debian 12 does not have Compose v2. The package of Debian 13 works there without other packages.
    "bookworm": f"FROM {{base}}\nCOPY docker-compose.deb /tmp/\n"
    f"RUN {_APT} docker.io iptables && dpkg -i /tmp/docker-compose.deb && rm /tmp/docker-compose.deb && {_TIDY}\n",
}


@dataclass(frozen=True)
class Images:
    """Makes images in one engine, from one cache."""

    client: DockerClient
    cache: Cache

    def laptop(self, suite: str) -> str:
        """Return the name of the bare laptop's image, making it if it is missing."""
        tag = laptop_tag(suite)
        if not self._exists(tag):
            disk = debian.build_disk(self.cache, suite)
            repository, _, version = tag.rpartition(":")
            self.client.api.import_image_from_file(
                str(disk),
                repository,
                version,
                changes=["ENV container=docker", f"LABEL {names.LABEL}={names.SHARED_SET}"],
            )
        return tag

    def laptop_with_docker(self, suite: str) -> str:
        """Return the name of the image of a laptop on which Docker is installed."""
        recipe = DOCKER_DOCKERFILES[suite]
        tag = f"{names.PREFIX}/laptop-docker:{suite}-{fingerprint(debian.key(suite), recipe)}"

        def build() -> None:
            context = {"docker-compose.deb": self._compose_package()} if suite == "bookworm" else {}
            self._build(tag, recipe.format(base=self.laptop(suite)), context)

        return self._ensure(tag, build)

    def mirror(self) -> str:
        """Return the name of the mirror's image."""
        context = {file.name: file.read_bytes() for file in sorted(FILES.iterdir()) if file.suffix in (".conf", ".yml")}
        key = fingerprint(debian.key("trixie"), MIRROR_DOCKERFILE, *context.values())
        tag = f"{names.PREFIX}/mirror:{key}"
        return self._ensure(
            tag, lambda: self._build(tag, MIRROR_DOCKERFILE.format(base=self.laptop("trixie")), context)
        )

    def emulator(self) -> str:
        """Return the name of the image that has QEMU, making it if it is missing."""
        tag = f"{names.PREFIX}/emulator:{fingerprint(debian.key('trixie'), EMULATOR_DOCKERFILE)}"
        return self._ensure(tag, lambda: self._build(tag, EMULATOR_DOCKERFILE.format(base=self.laptop("trixie")), {}))

    def export(self, dockerfile: str, target: Path) -> None:
        """Write what a Dockerfile makes from a bare laptop to `target`, a tar. The image is not kept."""
        tag = f"{names.PREFIX}/export:{fingerprint(dockerfile)}"
        self._build(tag, dockerfile.format(base=self.laptop("trixie")), {})
        container = self.client.containers.create(tag, "/bin/true", labels=builder_labels())
        try:
            with target.open("wb") as file:
                for chunk in container.export():
                    file.write(chunk)  # type: ignore[arg-type]  # the stubs say text, the engine sends bytes
        finally:
            container.remove()
            self.client.images.remove(tag)

    def _compose_package(self) -> bytes:
        """Return Debian 13's docker-compose package, downloaded in a container of that suite."""
        # In base64: Docker keeps what a container prints as text.
        script = "cd /tmp && (apt-get update -qq && apt-get download -qq docker-compose) >&2 && base64 docker-compose_*"
        output = self.client.containers.run(
            self.laptop("trixie"),
            ["/bin/sh", "-c", script],
            remove=True,
            network=names.NETWORK,
            labels=builder_labels(),
        )
        return base64.b64decode(output)

    def _ensure(self, tag: str, build: Callable[[], None]) -> str:
        if self._exists(tag):
            return tag
        name, _, key = tag.removeprefix(f"{names.PREFIX}/").replace(":", "-").rpartition("-")
        if not self.cache.path(f"image-{name}", key, ".tar").exists():
            build()
            self.cache.ensure(f"image-{name}", key, lambda draft: self._save(tag, draft), ".tar")
        else:
            with self.cache.path(f"image-{name}", key, ".tar").open("rb") as file:
                self.client.images.load(file)
        return tag

    def _exists(self, tag: str) -> bool:
        try:
            self.client.images.get(tag)
        except ImageNotFound:
            return False
        return True

    def _build(self, tag: str, dockerfile: str, context: Mapping[str, bytes]) -> None:
        archive = tar_of({"Dockerfile": dockerfile.encode(), **context})
        labels = {names.LABEL: names.SHARED_SET}
        try:
            self.client.images.build(
                fileobj=io.BytesIO(archive),
                custom_context=True,
                tag=tag,
                rm=True,
                forcerm=True,
                network_mode=names.NETWORK,
                labels=labels,
            )
        except BuildError as error:
            log = "".join(str(line.get("stream", "")) for line in error.build_log if isinstance(line, dict))
            last = "\n".join(log.splitlines()[-8:])
            raise LabError(f"Could not build the image {tag}: {error.msg}. Its last lines were:\n{last}") from error

    def _save(self, tag: str, draft: Path) -> None:
        with draft.open("wb") as file:
            for chunk in self.client.images.get(tag).save(named=tag):
                file.write(chunk)


def laptop_tag(suite: str) -> str:
    """Return the name of a bare laptop's image."""
    return f"{names.PREFIX}/laptop:{suite}-{debian.key(suite)}"


def builder_labels() -> dict[str, str]:
    """Return the labels of containers that exist only while something is being made."""
    return {names.LABEL: names.SHARED_SET, names.KIND_LABEL: "builder"}


def tar_of(files: Mapping[str, bytes], mode: int = 0o644, owner: int = 0) -> bytes:
    """Return a tar of files, all with one mode and one owner (uid and gid)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.gid = len(content), mode, owner, owner
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
