# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a person reads when a version, its archive or the system is not as it must be; what ran before still runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab.playbooks import Playbooks

UNIT = "/etc/systemd/system/ollama.service"
STORE = "/var/lib/nogpu/ollama"
MIRROR = "http://127.0.0.1:8000"
Play = Callable[..., str]

# A program for another processor: the header of an ELF file is enough for the kernel to refuse it.
MAKE_MIRROR = r"""
set -e
mkdir -p /srv/faults/ollama/v0.9.8 /srv/faults/ollama/v0.9.9 /srv/faults/tree/bin
cd /srv/faults
printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000\001' > tree/bin/ollama
chmod 755 tree/bin/ollama
tar --zstd -cf ollama/v0.9.9/ollama-linux-amd64.tar.zst -C tree .
cp ollama/v0.9.9/ollama-linux-amd64.tar.zst ollama/v0.9.8/
(cd ollama/v0.9.9 && sha256sum ./*.zst > sha256sum.txt)
echo 'aaaa  ./ollama-linux-arm64.tar.zst' > ollama/v0.9.8/sha256sum.txt
systemctl is-active --quiet faults || systemd-run --unit faults python3 -m http.server 8000 --directory /srv/faults
curl -s --retry 20 --retry-delay 1 --retry-connrefused -o /dev/null http://127.0.0.1:8000/
"""


@pytest.fixture
def play(playbooks: Playbooks, host: Host) -> Iterator[Play]:
    """Return `play(**variables)`: run it, see it fail, return its output on one line. The server answers afterwards."""

    def run(**variables: Any) -> str:
        wishes = {"nogpu_runtime": "native", **variables}
        return playbooks.run(limit_seconds=300, **wishes).badly().sentence

    before = host.check_output("readlink -f /opt/nogpu/ollama/current")
    yield run
    assert host.check_output("readlink -f /opt/nogpu/ollama/current") == before
    assert "0.9.3" in host.check_output("curl -s --retry 20 --retry-connrefused http://127.0.0.1:11434/api/version")
    assert host.run("ls -d /opt/nogpu/ollama/.staging*").rc == 2


@pytest.fixture
def faults(host: Host) -> str:
    """Start a mirror with bad archives; return its address."""
    host.check_output("bash -c %s", MAKE_MIRROR)
    return MIRROR


def test_a_version_that_does_not_exist(play: Play) -> None:
    words = play(nogpu_ollama_version="0.99.0")
    assert "Could not install Ollama 0.99.0" in words
    assert "/ollama/v0.99.0/" in words
    assert "404" in words
    assert "What ran before still runs" in words


def test_an_archive_without_a_checksum(play: Play, faults: str) -> None:
    words = play(nogpu_ollama_version="0.9.8", nogpu_mirror=faults)
    assert "Could not install Ollama 0.9.8" in words
    assert "checksum" in words
    assert f"{faults}/ollama/v0.9.8/sha256sum.txt" in words


def test_a_program_for_another_processor(play: Play, faults: str) -> None:
    words = play(nogpu_ollama_version="0.9.9", nogpu_mirror=faults)
    assert "Could not install Ollama 0.9.9" in words
    assert "its program is not for this processor (x86_64)" in words


def test_a_disk_that_is_full(play: Play, host: Host) -> None:
    host.check_output("mkdir -p /mnt/small && mount -t tmpfs -o size=8m tmpfs /mnt/small")
    try:
        words = play(nogpu_ollama_version="0.9.4", ollama_service_prefix="/mnt/small/ollama")
    finally:
        host.check_output("umount /mnt/small")
    assert "Could not install Ollama 0.9.4" in words
    assert "there is no room on the disk of /mnt/small/ollama, or it cannot be written" in words


def test_a_unit_that_its_owner_masked(play: Play, host: Host) -> None:
    host.check_output(f"mv {UNIT} /root/unit && ln -s /dev/null {UNIT} && systemctl daemon-reload")
    try:
        words = play()
        assert host.file(UNIT).linked_to == "/dev/null"
    finally:
        host.check_output(f"mv /root/unit {UNIT} && systemctl daemon-reload")
    assert "ollama.service is masked" in words
    assert "systemctl unmask ollama.service" in words


@pytest.fixture
def untouched(host: Host) -> Iterator[None]:
    """Fail if the test changed a file where we write, or its owner."""
    whose = "-type d -printf '%p %u:%g %m\\n' -o -printf '%p %u:%g %m %s %T@\\n'"
    look = f"find /etc /opt/nogpu /var/lib/nogpu -xdev {whose} | sort"
    before = host.check_output(look)
    assert f"{STORE} " in before
    yield
    assert host.check_output(look) == before


@pytest.fixture
def owned_by_another(host: Host, untouched: None) -> Iterator[None]:
    """The store is like a disk from another computer: its owner is a user id that does not exist here."""
    host.check_output(f"echo theirs > {STORE}/notes.txt; chown -R 2000:2000 {STORE}")
    yield
    assert host.check_output(f"stat --format %u {STORE} {STORE}/notes.txt {STORE}/blobs").split() == ["2000"] * 3
    host.check_output(f"rm {STORE}/notes.txt; chown -R ollama: {STORE}")


def test_a_store_that_belongs_to_somebody_else(play: Play, owned_by_another: None) -> None:
    words = play()
    assert f"{STORE} belongs to uid 2000 (needed: ollama, as whom Ollama runs); nothing was changed" in words
    assert f"sudo chown -R ollama: {STORE}" in words
    assert "changed=0" in words


def test_a_store_on_a_disk_that_is_read_only(play: Play, host: Host, untouched: None) -> None:
    host.check_output(f"mount --bind {STORE} {STORE} && mount -o remount,ro,bind {STORE}")
    try:
        words = play(nogpu_models=["tiny:random"])
    finally:
        host.check_output(f"umount {STORE}")
    assert f"the disk of {STORE} is read-only" in words
    assert f"findmnt -T {STORE}" in words
    assert "changed=0" in words
