# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Who listens on the port."""

from __future__ import annotations

from dataclasses import asdict

from plugins.module_utils.look.docker_text import Container
from plugins.module_utils.look.port import read_port_owner
from tests.unit.capacity_trees import host, lay_out, record

IDENTITY = "5c1b7e7a" + "0" * 56
PUBLISHER = Container(IDENTITY, "ollama-docker", "nogpu", (("127.0.0.1", 11434, 11434),))


def test_a_free_port_has_no_owner_and_no_note(tmp_path):
    reader = host(lay_out("8gb-single-channel", tmp_path))
    assert read_port_owner(reader, 11434, ()) is None
    assert reader.notes == []


def test_a_native_server_is_named_with_its_unit(tmp_path):
    owner = read_port_owner(host(lay_out("port-taken", tmp_path)), 11434, ())
    assert asdict(owner) == record("port-taken")["port_owner"]


def test_a_published_port_is_named_with_its_container(tmp_path):
    owner = read_port_owner(host(lay_out("port-taken-by-container", tmp_path)), 11434, (PUBLISHER,))
    assert asdict(owner) == record("port-taken-by-container")["port_owner"]


def test_a_container_counts_even_when_no_socket_listens(tmp_path):
    owner = read_port_owner(host(lay_out("8gb-single-channel", tmp_path)), 11434, (PUBLISHER,))
    assert (owner.address, owner.pid, owner.program) == ("127.0.0.1", None, "dockerd")
    assert (owner.container, owner.container_project) == ("ollama-docker", "nogpu")


def test_a_container_with_host_networking_is_known_by_its_process(tmp_path):
    root = lay_out("port-taken", tmp_path)
    (root / "proc/1203/cgroup").write_text(f"0::/system.slice/docker-{IDENTITY}.scope\n")
    owner = read_port_owner(host(root), 11434, (Container(IDENTITY, "ollama-docker", None, ()),))
    assert (owner.container, owner.container_project, owner.unit) == ("ollama-docker", None, None)


def test_a_hidden_process_leaves_a_note(tmp_path):
    root = lay_out("port-taken", tmp_path)
    (root / "proc/1203/fd/3").unlink()
    reader = host(root)
    owner = read_port_owner(reader, 11434, ())
    assert (owner.address, owner.pid, owner.program, owner.command) == ("127.0.0.1", None, None, None)
    assert reader.notes == ["Could not see which process listens on port 11434: it is hidden. Run with become: true."]


def test_without_the_list_of_sockets_a_note_says_so(tmp_path):
    reader = host(tmp_path)
    assert read_port_owner(reader, 11434, ()) is None
    assert reader.notes[0] == (
        "Could not read /proc/net/tcp: No such file or directory. The owner of port 11434 is not known."
    )
