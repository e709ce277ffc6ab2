# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json

import pytest

from plugins.module_utils.apply.ledger import store
from plugins.module_utils.apply.ledger.entries import (
    Ledger,
    LedgerError,
    Thing,
    forget,
    ledger_text,
    parse_ledger,
    parse_thing,
    record_after,
    record_before,
    unknown_things,
)
from plugins.module_utils.apply.ledger.probe import LedgerProbe
from plugins.module_utils.apply.ledger.states import ABSENT
from plugins.module_utils.apply.ledger.store import LedgerStore
from plugins.module_utils.apply.ledger.undo_plan import kept_text, undo_plan
from plugins.module_utils.host.programs import Ran

NOW = "2026-01-02T03:04:05Z"
LATER = "2026-01-03T03:04:05Z"
RIGHTS = {"mode": "0644", "uid": 0, "gid": 0, "owner": "root", "group": "root"}
PRESENT = {"state": "present"}
CAME, CHOSEN = {**PRESENT, "chosen": False}, {**PRESENT, "chosen": True}  # as apt-mark tells them apart


def file(digest, **more):
    return {"state": "file", "sha256": digest, **RIGHTS, **more}


def link(target, **more):
    return {"state": "link", "target": target, **more}


def directory(**more):
    return {"state": "directory", **RIGHTS, **more}


def ledger_of(*items):
    """A ledger of (kind, name, before, after) items, after None where the run did not finish."""
    ledger = Ledger()
    for kind, name, before, after in items:
        ledger = record_before(ledger, Thing(kind, name, "because"), "some_role", before, NOW)
        ledger = ledger if after is None else record_after(ledger, (kind, name), after, NOW)
    return ledger


def test_first_former_state_is_never_overwritten():
    first = ledger_of(("file", "/etc/a", file("old"), None))
    again = record_before(first, Thing("file", "/etc/a", "other"), "other_role", file("ours"), LATER)
    assert again is first


def test_numbers_rise_and_are_never_used_again():
    ledger = ledger_of(("file", "/etc/a", ABSENT, None), ("file", "/etc/b", ABSENT, None))
    ledger = forget(ledger, [("file", "/etc/b")])
    ledger = record_before(ledger, Thing("file", "/etc/c", ""), "r", ABSENT, NOW)
    assert [entry.number for entry in ledger.entries] == [1, 3]


def test_the_same_state_again_keeps_the_time():
    first = ledger_of(("file", "/etc/a", ABSENT, file("ours")))
    assert record_after(first, ("file", "/etc/a"), file("ours"), LATER) is first
    assert record_after(first, ("file", "/etc/a"), file("new"), LATER).entries[0].settled_at == LATER


def test_an_update_of_a_package_is_no_change_of_ours():
    first = ledger_of(("package", "docker.io", ABSENT, {"state": "present", "version": "26"}))
    assert record_after(first, ("package", "docker.io"), {"state": "present", "version": "27"}, LATER) is first


def test_what_was_not_recorded_before_a_change_cannot_be_recorded_after_it():
    with pytest.raises(LedgerError, match=r"Could not record file /etc/a .*Call the module with 'phase: before' first"):
        record_after(Ledger(), ("file", "/etc/a"), ABSENT, NOW)


def test_the_same_thing_twice_is_one_entry():
    things = [Thing("file", "/etc/a", ""), Thing("file", "/etc/a", ""), Thing("user", "a", "")]
    assert len(unknown_things(Ledger(), things)) == 2


def test_text_and_back_is_the_same_ledger():
    ledger = ledger_of(("file", "/etc/a", file("old"), file("new")), ("user", "ollama", ABSENT, None))
    assert parse_ledger(ledger_text(ledger), "x") == ledger


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("", "it is empty", id="empty"),
        pytest.param('{"schema": 1, "entr', "line 1 column 15: Unterminated string", id="truncated"),
        pytest.param("[]", "TypeError", id="another-shape"),
        pytest.param('{"schema": 1, "last_number": 0}', "KeyError: 'entries'", id="no-entries"),
        pytest.param('{"schema": 0, "last_number": 0, "entries": []}', "TypeError", id="no-such-schema"),
        pytest.param('{"schema": 1, "last_number": 0, "entries": [{"number": 1}]}', "missing", id="half-an-entry"),
        pytest.param('{"schema": 1, "last_number": 0, "entries": [3]}', "TypeError", id="no-entry"),
    ],
)
def test_a_broken_ledger_is_refused_and_never_started_anew(text, seen):
    with pytest.raises(LedgerError) as error:
        parse_ledger(text, "/var/lib/nogpu/ledger.json")
    assert str(error.value).startswith("Could not read the ledger /var/lib/nogpu/ledger.json: ")
    assert seen in str(error.value)
    assert "Bring it back from a backup" in str(error.value)


def test_a_ledger_of_a_newer_nogpu_is_refused():
    with pytest.raises(LedgerError, match=r"has schema 2 \(at most 1 was needed\). A newer nogpu wrote it"):
        parse_ledger('{"schema": 2, "things": []}', "x")


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        pytest.param("wish", "a", "unknown kind", id="kind"),
        pytest.param("file", "etc/a", "not a full path", id="relative"),
        pytest.param("file", "/etc/../a", "not a full path", id="dots"),
        pytest.param("directory", "/etc", "not a full path", id="top-level"),
        pytest.param("directory", "/", "not a full path", id="root"),
        pytest.param("package", "--purge", "starts with a dash", id="option"),
        pytest.param("user", "", "empty", id="empty"),
        pytest.param("file", "/etc/a\nb", "control characters", id="newline"),
    ],
)
def test_names_that_could_not_be_undone_safely_are_refused(kind, name, words):
    with pytest.raises(LedgerError, match=words):
        parse_thing(kind, name, "")


def test_paths_are_told_apart_by_what_they_mean():
    assert parse_thing("file", "/etc//nogpu/", "").name == "/etc/nogpu"


def test_a_directory_in_place_of_a_file_is_refused():
    with pytest.raises(LedgerError, match="a directory is there \\(a file, a link or nothing was needed\\)"):
        record_before(Ledger(), Thing("file", "/etc/a", ""), "r", directory(), NOW)


@pytest.mark.parametrize(
    ("kind", "before", "after", "now", "action"),
    [
        pytest.param("file", ABSENT, file("ours"), file("ours"), "remove_file", id="our-file"),
        pytest.param("file", ABSENT, file("ours"), file("ours", mode="0600"), "remove_file", id="our-file-other-mode"),
        pytest.param("file", ABSENT, file("ours"), file("theirs"), "keep", id="our-file-edited"),
        pytest.param("file", ABSENT, file("ours"), ABSENT, "nothing", id="our-file-gone"),
        pytest.param("file", ABSENT, file("ours"), directory(), "keep", id="our-file-became-a-directory"),
        pytest.param("file", ABSENT, None, file("half"), "remove_file", id="unfinished-new-file"),
        pytest.param("file", file("old"), file("ours"), file("ours"), "restore_file", id="changed-file"),
        pytest.param("file", file("old"), file("ours"), file("theirs"), "keep", id="changed-file-edited"),
        pytest.param("file", file("old"), file("ours"), file("old"), "nothing", id="changed-file-put-back"),
        pytest.param("file", file("old"), file("ours"), ABSENT, "keep", id="changed-file-removed-by-somebody"),
        pytest.param("file", file("old"), ABSENT, ABSENT, "restore_file", id="file-that-we-removed"),
        pytest.param("file", file("old"), ABSENT, file("theirs"), "keep", id="file-that-we-removed-is-back"),
        pytest.param("file", file("old"), None, file("half"), "restore_file", id="unfinished-change"),
        pytest.param("file", file("old"), None, file("old"), "nothing", id="announced-and-never-changed"),
        pytest.param("file", file("old"), file("old"), file("theirs"), "keep", id="never-changed-by-us-edited"),
        pytest.param(
            "file",
            link("x", sha256="old"),
            link("x", sha256="new"),
            link("x", sha256="new"),
            "restore_link",
            id="through",
        ),
        pytest.param("link", ABSENT, link("1"), link("1"), "remove_link", id="our-link"),
        pytest.param("link", ABSENT, link("1"), link("2"), "keep", id="our-link-turned"),
        pytest.param("link", link("1"), link("2"), link("2"), "restore_link", id="link-that-we-turned"),
        pytest.param("link", file("old"), link("1"), link("1"), "restore_file", id="file-that-became-our-link"),
        pytest.param("directory", ABSENT, directory(), directory(), "remove_directory_if_empty", id="our-directory"),
        pytest.param("directory", ABSENT, directory(), file("theirs"), "keep", id="our-directory-became-a-file"),
        pytest.param(
            "directory",
            directory(),
            directory(uid=9),
            directory(uid=9),
            "restore_directory",
            id="directory-we-gave-away",
        ),
        pytest.param(
            "directory", directory(), directory(uid=9), directory(uid=8), "keep", id="directory-given-to-another"
        ),
        pytest.param("directory", directory(), directory(), directory(), "nothing", id="directory-was-there"),
        pytest.param("apt_repository", ABSENT, file("ours"), file("ours"), "remove_file", id="repository"),
        pytest.param("user", ABSENT, PRESENT, PRESENT, "remove_user", id="our-user"),
        pytest.param("user", PRESENT, PRESENT, PRESENT, "nothing", id="user-was-there"),
        pytest.param("package", ABSENT, PRESENT, PRESENT, "remove_package", id="our-package"),
        pytest.param("package", ABSENT, PRESENT, ABSENT, "nothing", id="our-package-gone"),
        pytest.param("package", PRESENT, ABSENT, ABSENT, "install_package", id="package-that-we-replaced"),
        pytest.param("package", PRESENT, PRESENT, ABSENT, "keep", id="package-removed-by-somebody"),
        pytest.param("package", CAME, CHOSEN, CHOSEN, "mark_package_automatic", id="package-that-we-named"),
        pytest.param("package", CAME, ABSENT, CHOSEN, "mark_package_automatic", id="package-that-is-back"),
        pytest.param("package", CAME, CAME, CHOSEN, "nothing", id="package-that-somebody-chose-since"),
        pytest.param("package", CHOSEN, CHOSEN, CAME, "nothing", id="package-that-was-chosen"),
        pytest.param("model", ABSENT, None, PRESENT, "remove_model", id="our-model"),
        pytest.param(
            "service", ABSENT, PRESENT, {**PRESENT, "enabled": True}, "stop_and_disable_service", id="our-service"
        ),
        pytest.param(
            "service",
            ABSENT,
            PRESENT,
            {**PRESENT, "enabled": False, "active": False},
            "nothing",
            id="our-stopped-service",
        ),
        pytest.param(
            "service",
            {**PRESENT, "enabled": False, "active": True},
            {**PRESENT, "enabled": True, "active": True},
            {**PRESENT, "enabled": True, "active": True},
            "restore_service",
            id="service-that-we-enabled",
        ),
    ],
)
def test_undo_goes_back_and_leaves_what_somebody_changed(kind, before, after, now, action):
    name = "/etc/nogpu/a" if kind in ("file", "link", "directory", "apt_repository") else "a"
    steps = undo_plan(ledger_of((kind, name, before, after)), {(kind, name): now})
    assert [step["action"] for step in steps] == [action]


def test_undo_names_the_sum_of_what_is_kept():
    ledger = ledger_of(("file", "/etc/nogpu/a", ABSENT, file("ours")))
    steps = undo_plan(ledger, {("file", "/etc/nogpu/a"): file("theirs")})
    assert kept_text(steps) == ["file /etc/nogpu/a: changed since by somebody: sha256 theirs, kept."]


def test_undo_takes_the_last_change_first():
    ledger = ledger_of(("directory", "/etc/nogpu", ABSENT, None), ("file", "/etc/nogpu/a", ABSENT, None))
    seen = {("directory", "/etc/nogpu"): directory(), ("file", "/etc/nogpu/a"): file("ours")}
    assert [step["number"] for step in undo_plan(ledger, seen)] == [2, 1]


def test_undo_of_one_owner_leaves_the_others():
    ledger = ledger_of(("user", "a", ABSENT, None))
    assert undo_plan(ledger, {("user", "a"): PRESENT}, "another_role") == []


def test_a_held_lock_is_named_with_its_holder(tmp_path):
    path = str(tmp_path / "nogpu" / "ledger.json")
    with LedgerStore(path).locked(), pytest.raises(LedgerError, match=r"process \d+ has held it for 0.2 s"):
        LedgerStore(path, 0.2)._wait_for_lock()


def test_a_lock_without_a_ledger_leaves_no_trace(tmp_path):
    with LedgerStore(str(tmp_path / "nogpu" / "ledger.json")).locked():
        assert (tmp_path / "nogpu" / ".ledger.lock").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_waiting_run_does_not_take_a_lock_that_was_removed_meanwhile(tmp_path):
    waiting = LedgerStore(str(tmp_path / "nogpu" / "ledger.json"))
    lock = waiting._wait_for_lock()
    (tmp_path / "nogpu" / ".ledger.lock").unlink()
    assert not waiting._is_current(lock)


def test_a_lock_that_was_removed_between_opening_and_locking_it_is_not_enough(tmp_path, monkeypatch):
    path = str(tmp_path / "nogpu" / "ledger.json")
    tries = []

    def lose_the_race(lock):
        """Let the last holder remove the file just before the first try."""
        if not tries:
            (tmp_path / "nogpu" / ".ledger.lock").unlink()
        tries.append(try_lock(lock))
        return tries[-1]

    try_lock = store._try_lock
    monkeypatch.setattr(store, "_try_lock", lose_the_race)
    with LedgerStore(path).locked(), pytest.raises(LedgerError, match="has held it for 0 s"):
        LedgerStore(path, 0)._wait_for_lock()
    assert tries == [True, True, False]


def test_a_copy_outside_of_the_folder_of_copies_is_never_removed(tmp_path):
    other = tmp_path / "other"
    other.write_text("mine")
    LedgerStore(str(tmp_path / "nogpu" / "ledger.json")).drop_backup(str(other))
    assert other.exists()


def probe(answers, store="/nowhere"):
    """A probe whose programs answer {first word: Ran}; all others are not installed."""
    return LedgerProbe(lambda command: answers.get(command[0], Ran(127, "", "")), store)


@pytest.mark.parametrize(
    ("kind", "answers", "expected"),
    [
        pytest.param(
            "package",
            {"dpkg-query": Ran(0, "26.1.5 installed", "")},
            {"state": "present", "version": "26.1.5"},
            id="dpkg",
        ),
        pytest.param("package", {"dpkg-query": Ran(0, "26.1.5 config-files", "")}, ABSENT, id="dpkg-removed"),
        pytest.param("package", {"dpkg-query": Ran(1, "", "no packages found")}, ABSENT, id="dpkg-never"),
        pytest.param(
            "package", {"rpm": Ran(0, "29-1 installed", "")}, {"state": "present", "version": "29-1"}, id="rpm"
        ),
        pytest.param(
            "package", {"pacman": Ran(0, "a 1.2-3\n", "")}, {"state": "present", "version": "1.2-3"}, id="pacman"
        ),
        pytest.param(
            "service",
            {"systemctl": Ran(0, "LoadState=loaded\nUnitFileState=enabled\nActiveState=inactive\n", "")},
            {"state": "present", "enabled": True, "active": False},
            id="service",
        ),
        pytest.param("service", {"systemctl": Ran(0, "LoadState=not-found\n", "")}, ABSENT, id="no-such-service"),
        pytest.param("service", {}, ABSENT, id="no-systemd"),
        pytest.param(
            "container",
            {"docker": Ran(0, "abc nogpu\n", "")},
            {"state": "present", "id": "abc", "project": "nogpu"},
            id="container",
        ),
        pytest.param("image", {"docker": Ran(1, "", "Error: No such image: a")}, ABSENT, id="no-such-image"),
        pytest.param("volume", {}, ABSENT, id="no-docker"),
    ],
)
def test_things_that_programs_know_about(kind, answers, expected):
    assert probe(answers).look(kind, "a") == expected


def test_apt_is_asked_once_which_packages_somebody_chose():
    asked = []

    def run(command):
        asked.append(command[0])
        return {"dpkg-query": Ran(0, "1 installed", ""), "apt-mark": Ran(0, "docker.io\nzstd\n", "")}[command[0]]

    seen = LedgerProbe(run, "/nowhere")
    assert [seen.look("package", name)["chosen"] for name in ("zstd", "runc", "docker.io")] == [True, False, True]
    assert asked.count("apt-mark") == 1


def test_a_stopped_docker_is_not_taken_for_an_absent_container():
    answers = {"docker": Ran(1, "", "Cannot connect to the Docker daemon")}
    with pytest.raises(
        LedgerError, match=r"Could not look at container a: saw \"Cannot connect.*running Docker was needed"
    ):
        probe(answers).look("container", "a")


def test_packages_need_a_package_manager():
    with pytest.raises(LedgerError, match="no package manager was found"):
        probe({}).look("package", "a")


def test_a_model_is_there_when_its_manifest_is(tmp_path):
    manifest = tmp_path / "manifests" / "registry.ollama.ai" / "library" / "hello" / "latest"
    assert probe({}, str(tmp_path)).look("model", "hello") == ABSENT
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    assert probe({}, str(tmp_path)).look("model", "hello")["state"] == "present"


def test_users_and_groups_are_looked_up():
    assert probe({}).look("user", "root")["uid"] == 0
    assert probe({}).look("group", "no-such-group") == ABSENT


def test_the_file_is_readable_json():
    assert json.loads(ledger_text(ledger_of(("user", "a", ABSENT, None))))["schema"] == 1
