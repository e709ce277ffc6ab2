# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What is made and what is only rehearsed: the same calls, the same answers, and no change."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from plugins.module_utils.apply.ledger.changes import Changes, Rehearsal
from plugins.module_utils.apply.ledger.entries import Entry, Ledger
from plugins.module_utils.apply.ledger.model_store import ModelStore
from plugins.module_utils.apply.ledger.probe import LedgerProbe
from plugins.module_utils.apply.ledger.states import ABSENT
from plugins.module_utils.apply.ledger.store import LedgerStore
from plugins.module_utils.host.programs import Ran

ENTRY = Entry(1, "file", "/etc/nogpu/a", "some_role", "because", "2026-01-02T03:04:05Z", ABSENT)
KNOWN, UNKNOWN = ENTRY.key, ("file", "/etc/nogpu/b")
MANIFEST = "models/manifests/registry.ollama.ai/library/hello/latest"


class Host:
    """A host with a file and a folder of ours, a model, a copy, and a package that is not finished."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in {
            "etc/ours/file": "ours",
            "etc/ours.copy~": "copy",
            "nogpu/backup/1-file": "before",
            "models/blobs/sha256-a": "a",
            MANIFEST: '{"layers": [{"digest": "sha256:a"}]}',
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        (root / "etc/empty").mkdir()
        self.models = ModelStore(str(root / "models"))
        self.rehearsal = Rehearsal(self.models)
        store = LedgerStore(str(root / "nogpu/ledger.json"), lock_timeout_seconds=1)
        self.changes = Changes(store, LedgerProbe(self.run, self.models.path), self.models)

    def run(self, command: list[str]) -> Ran:
        """Be dpkg, with a package that was unpacked and not set up."""
        if "--configure" in command:
            (self.root / "configured").touch()
        return Ran(0, "docker.io unpacked\n", "")

    def path(self, name: str) -> str:
        return str(self.root / name)

    def step(self, action: str, name: str) -> dict[str, Any]:
        return {"kind": "file", "name": self.path(name), "action": action, "before": ABSENT}

    def seen(self) -> dict[str, str]:
        """Each file with its text, and each folder."""
        return {
            str(path.relative_to(self.root)): path.read_text() if path.is_file() else "folder"
            for path in self.root.rglob("*")
        }


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


Call = Callable[[Host, Any], Any]


@pytest.mark.parametrize(
    ("call", "came", "went"),
    [
        pytest.param(lambda h, c: c.write(Ledger(1, (ENTRY,))), {"nogpu/ledger.json"}, set(), id="write"),
        pytest.param(lambda h, c: c.back_up(2, h.path("etc/ours/file")), {"nogpu/backup/2-file"}, set(), id="back_up"),
        pytest.param(
            lambda h, c: c.drop_backup(h.path("nogpu/backup/1-file")), set(), {"nogpu/backup/1-file"}, id="drop_backup"
        ),
        pytest.param(lambda h, c: c.finish_packages({"docker.io"}), {"configured"}, set(), id="finish_packages"),
        pytest.param(
            lambda h, c: c.undo_path(h.step("remove_file", "etc/ours/file")), set(), {"etc/ours/file"}, id="undo_path"
        ),
        pytest.param(
            lambda h, c: c.undo_directory(h.step("remove_directory_if_empty", "etc/empty")),
            set(),
            {"etc/empty"},
            id="undo_directory",
        ),
        pytest.param(
            lambda h, c: c.undo_directory(h.step("remove_directory_if_empty", "etc/ours")),
            set(),
            set(),
            id="undo_directory in use",
        ),
        pytest.param(lambda h, c: c.remove_copy(h.path("etc/ours.copy~")), set(), {"etc/ours.copy~"}, id="remove_copy"),
        pytest.param(
            lambda h, c: c.remove_models(["hello"]),
            set(),
            {MANIFEST, "models/blobs/sha256-a", *(str(path) for path in list(Path(MANIFEST).parents)[:3])},
            id="remove_models",
        ),
    ],
)
def test_a_change_is_made_once_and_only_remembered_in_a_rehearsal(
    host: Host, call: Call, came: set[str], went: set[str]
) -> None:
    before = host.seen()
    call(host, host.rehearsal)
    assert host.seen() == before
    call(host, host.changes)
    after = host.seen()
    assert (set(after) - set(before), set(before) - set(after)) == (came, went)
    assert {name: text for name, text in after.items() if name not in came} == {
        name: text for name, text in before.items() if name not in went
    }


def test_a_rehearsal_takes_no_lock_and_makes_no_folder(tmp_path: Path) -> None:
    store = LedgerStore(str(tmp_path / "new/ledger.json"))
    models = ModelStore(str(tmp_path / "models"))
    with Rehearsal(models).locked():
        assert os.listdir(tmp_path) == []
    with Changes(store, LedgerProbe(lambda _: Ran(127, "", ""), models.path), models).locked():
        assert os.listdir(tmp_path / "new") == [".ledger.lock"]


def test_only_a_rehearsal_passes_over_what_was_never_recorded(host: Host) -> None:
    ledger = Ledger(1, (ENTRY,))
    assert host.rehearsal.recordable(ledger, [KNOWN, UNKNOWN]) == {KNOWN}
    assert host.changes.recordable(ledger, [KNOWN, UNKNOWN]) == {KNOWN, UNKNOWN}


def test_a_rehearsal_says_nothing_of_what_it_has_not_tried(host: Host) -> None:
    steps = [
        {"action": "remove_image", "done": False},
        {"action": "remove_user", "done": True},
        {"action": "hold", "done": False},
    ]
    assert host.rehearsal.not_removed(steps) == []
    assert host.changes.not_removed(steps) == steps[:1]


@pytest.mark.parametrize(
    ("earlier", "left"),
    [
        pytest.param(lambda h, c: None, ["file"], id="nothing"),
        pytest.param(lambda h, c: c.undo_path(h.step("remove_file", "etc/ours/file")), [], id="its file removed"),
        pytest.param(lambda h, c: c.remove_copy(h.path("etc/ours/file")), [], id="its copy removed"),
    ],
)
def test_a_rehearsal_knows_what_earlier_steps_would_have_removed(host: Host, earlier: Call, left: list[str]) -> None:
    folder = host.step("remove_directory_if_empty", "etc/ours")
    for changes in (host.rehearsal, host.changes):
        earlier(host, changes)
        assert changes.undo_directory(folder) == left


def test_a_file_that_is_restored_is_still_there_in_a_rehearsal(host: Host) -> None:
    host.rehearsal.undo_path(host.step("restore_file", "etc/ours/file"))
    assert host.rehearsal.undo_directory(host.step("remove_directory_if_empty", "etc/ours")) == ["file"]


def test_a_folder_that_would_be_gone_does_not_keep_the_one_above(host: Host) -> None:
    for changes in (host.rehearsal, host.changes):
        changes.undo_path(host.step("remove_file", "etc/ours/file"))
        changes.remove_copy(host.path("etc/ours.copy~"))
        for name in ("etc/ours", "etc/empty", "etc"):
            assert changes.undo_directory(host.step("remove_directory_if_empty", name)) == []


def test_both_can_be_asked_the_same() -> None:
    def calls(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        public = {name: function for name, function in found if not name.startswith("_")}
        return {name: [each.strip("_") for each in inspect.signature(of).parameters] for name, of in public.items()}

    assert calls(Changes) == calls(Rehearsal)
