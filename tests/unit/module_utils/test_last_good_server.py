# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The record of what served, and when and how it comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plugins.module_utils.apply.last_good_server.record import (
    KeptFile,
    LastGoodServer,
    LastGoodServerError,
    Serving,
    back_text,
    outdated,
    parse_record,
    record_text,
    succeed,
    way_back,
)

COMPOSE, UNIT, DROP_IN = "/etc/nogpu/compose.yaml", "/etc/u/ollama.service", "/etc/u/ollama.service.d/plan.conf"
PATHS = {"docker": [COMPOSE], "native": [UNIT, DROP_IN]}
OLD, NEW = "/opt/o/0.9.3", "/opt/o/0.9.4"
FILES: dict[str, KeptFile | None] = {COMPOSE: KeptFile("c"), UNIT: KeptFile("u"), DROP_IN: KeptFile("d")}

IN_DOCKER = Serving(files=FILES, link=OLD, enabled=False, active=False, container=True)
NATIVELY = Serving(files=FILES, link=OLD, enabled=True, active=True, container=False)


def recorded(serving: Serving, **changes: Any) -> LastGoodServer:
    record = LastGoodServer(serving.runtime, "0.9.3", "http://127.0.0.1:11434", "hello:latest", serving)
    return replace(record, **changes)


@pytest.mark.parametrize(
    ("container", "active", "runtime"),
    [
        pytest.param(True, False, "docker", id="docker"),
        pytest.param(False, True, "native", id="native"),
        pytest.param(False, False, "", id="none"),
        pytest.param(True, True, "", id="both-claim-to"),
    ],
)
def test_which_runtime_serves(container: bool, active: bool, runtime: str) -> None:
    assert Serving({}, "", active, active, container).runtime == runtime


@pytest.mark.parametrize("serving", [IN_DOCKER, NATIVELY])
def test_a_record_comes_back_unchanged_from_its_file(serving: Serving) -> None:
    record = recorded(replace(serving, files={**FILES, UNIT: None}), previous_version="0.9.2")
    assert parse_record(record_text(record), "x") == record


# As version 0.1.0 wrote it, when the record had another name.
WRITTEN_EARLIER = """\
{
  "model": "hello:latest",
  "previous_version": "0.9.2",
  "runtime": "native",
  "schema": 1,
  "serving": {
    "active": true,
    "container": false,
    "enabled": true,
    "files": {
      "/etc/nogpu/compose.yaml": null,
      "/etc/u/ollama.service": {
        "gid": 0,
        "mode": "0644",
        "text": "u",
        "uid": 0
      }
    },
    "link": "/opt/o/0.9.3"
  },
  "url": "http://127.0.0.1:11434",
  "version": "0.9.3"
}
"""


def test_a_record_that_is_on_laptops_already_is_read_and_written_byte_for_byte() -> None:
    record = parse_record(WRITTEN_EARLIER, "x")
    files = {COMPOSE: None, UNIT: KeptFile("u")}
    assert record == recorded(replace(NATIVELY, files=files), previous_version="0.9.2")
    assert record_text(record) == WRITTEN_EARLIER


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 2, "serving": {}}'])
def test_a_damaged_record_is_named_with_what_to_do(text: str) -> None:
    with pytest.raises(
        LastGoodServerError, match=r"^Could not read the last good server from /x/former\.json: .*Move the file away"
    ):
        parse_record(text, "/x/former.json")


@pytest.mark.parametrize("serving", [IN_DOCKER, NATIVELY])
def test_where_nothing_differs_there_is_no_way_back(serving: Serving) -> None:
    assert way_back(recorded(serving), serving, PATHS) is None


@pytest.mark.parametrize(
    ("was", "now", "files", "link"),
    [
        pytest.param(
            IN_DOCKER, replace(IN_DOCKER, files={**FILES, COMPOSE: KeptFile("new")}), {COMPOSE: FILES[COMPOSE]}, "",
            id="upgrade-in-docker",
        ),
        pytest.param(NATIVELY, replace(NATIVELY, link=NEW), {}, OLD, id="native-upgrade"),
        pytest.param(
            NATIVELY, replace(NATIVELY, files={**FILES, UNIT: KeptFile("u", mode="0600")}), {UNIT: FILES[UNIT]}, "",
            id="another-mode",
        ),
        pytest.param(IN_DOCKER, NATIVELY, {}, "", id="switch-to-native"),
        pytest.param(
            IN_DOCKER, replace(NATIVELY, link=NEW, files={**FILES, UNIT: KeptFile("new")}), {}, "",
            id="files-of-the-other-runtime-stay",
        ),
        pytest.param(NATIVELY, IN_DOCKER, {}, "", id="switch-to-docker"),
        pytest.param(IN_DOCKER, replace(IN_DOCKER, container=False), {}, "", id="killed-between-stop-and-start"),
        pytest.param(NATIVELY, replace(NATIVELY, enabled=False), {}, "", id="would-not-come-up-at-boot"),
        pytest.param(IN_DOCKER, replace(IN_DOCKER, enabled=True), {}, "", id="the-other-would-come-up-at-boot"),
        pytest.param(IN_DOCKER, replace(IN_DOCKER, active=True, enabled=True), {}, "", id="both-run"),
        pytest.param(
            replace(NATIVELY, files={**FILES, DROP_IN: None}), NATIVELY, {DROP_IN: None}, "",
            id="a-file-that-was-not-there",
        ),
    ],
)  # fmt: skip
def test_what_differs_is_what_comes_back(was: Serving, now: Serving, files: dict[str, Any], link: str) -> None:
    way = way_back(recorded(was), now, PATHS)
    assert way is not None
    assert (way.runtime, way.files, way.link) == (was.runtime, files, link)


def test_the_ledger_is_told_what_changed() -> None:
    way = way_back(recorded(NATIVELY), replace(NATIVELY, link=NEW, files={**FILES, UNIT: KeptFile("new")}), PATHS)
    assert way is not None
    assert way.entries == (("file", UNIT), ("link", "current"), ("service", "ollama.service"))


@pytest.mark.parametrize(
    ("known", "version", "previous"),
    [
        pytest.param(None, "0.9.4", "", id="first"),
        pytest.param(recorded(NATIVELY), "0.9.4", "0.9.3", id="upgrade"),
        pytest.param(recorded(NATIVELY, version="0.9.4", previous_version="0.9.3"), "0.9.3", "0.9.4", id="downgrade"),
        pytest.param(recorded(NATIVELY, version="0.9.4", previous_version="0.9.3"), "0.9.4", "0.9.3", id="same-again"),
    ],
)
def test_the_version_before_is_remembered(known: LastGoodServer | None, version: str, previous: str) -> None:
    assert succeed(known, recorded(NATIVELY, version=version)).previous_version == previous


def test_only_versions_that_nobody_comes_back_to_are_outdated() -> None:
    record = recorded(NATIVELY, version="0.9.4", previous_version="0.9.3")
    trees = [f"/opt/o/0.9.{number}" for number in (5, 4, 3, 2, 1)]
    assert outdated(record, trees, "/opt/o/0.9.1") == ["/opt/o/0.9.2", "/opt/o/0.9.5"]


def test_the_sentence_says_what_failed_what_serves_and_what_to_do() -> None:
    assert back_text(recorded(IN_DOCKER), "laptop3", "It ran at 3 tokens/s (8 needed).", "", 2.54) == (
        "The change on laptop3 was undone, because the new server failed its test: It ran at 3 tokens/s (8 needed). "
        "Ollama 0.9.3 in Docker serves again at http://127.0.0.1:11434 and has streamed a token of hello:latest, after "
        "2.5 s. Correct the cause and run again. To keep Ollama 0.9.3 in Docker, set back what you changed."
    )


def test_the_sentence_does_not_claim_what_did_not_happen() -> None:
    said = back_text(recorded(NATIVELY, model=""), "laptop3", "no image", "no answer within 5 s.", 5)
    assert "Ollama 0.9.3 natively should serve again at http://127.0.0.1:11434, but does not: no answer" in said
    assert "journalctl -u ollama.service" in said
    assert "streamed a token" not in said
    assert "streamed" not in back_text(recorded(NATIVELY, model=""), "laptop3", "no image", "", 1)
