# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import grp
import json
import multiprocessing
import os
import pwd

import pytest

from plugins.module_utils.host.programs import Ran
from plugins.modules import ledger


@pytest.fixture
def host(monkeypatch, tmp_path, run_module):
    """A host with /etc and a place for the ledger; programs are not installed on it."""
    monkeypatch.setattr(ledger, "run_program", lambda command, **_: Ran(127, "", ""))
    return Host(tmp_path, run_module)


class Host:
    def __init__(self, root, run_module):
        self.root, self.run_module = root, run_module
        self.etc = root / "etc"
        self.etc.mkdir()
        self.folder = root / "nogpu"
        self.path = self.folder / "ledger.json"

    def call(self, phase, *entries, owner="some_role", run="", **how):
        named = [{"kind": kind, "name": str(name), "why": "because"} for kind, name in entries]
        params = {"path": str(self.path), "phase": phase, "owner": owner, "entries": named, "run": run}
        params["lock_timeout_seconds"] = 1
        return self.run_module(ledger, params, **how)

    def change(self, entry, change):
        """Record, change and record again one entry, as a role does."""
        assert not self.call("before", entry).failed
        change()
        assert not self.call("after", entry).failed

    def entries(self):
        return json.loads(self.path.read_text())["entries"]

    def tree(self):
        return {str(path.relative_to(self.root)): os.lstat(path).st_mtime_ns for path in self.root.rglob("*")}


def test_before_records_an_absent_file(host):
    result = host.call("before", ("file", host.etc / "a"))
    assert result.changed
    assert result.json["entries"] == [f"file {host.etc / 'a'}"]
    assert host.entries()[0]["before"] == {"state": "absent"}
    assert host.entries()[0]["owner"] == "some_role"
    assert host.path.stat().st_mode & 0o777 == 0o600
    assert host.folder.stat().st_mode & 0o777 == 0o755


def test_before_keeps_the_bytes_of_a_file_for_root_alone(host):
    (host.etc / "a").write_text("mine")
    host.call("before", ("file", host.etc / "a"))
    copy = host.folder / "backup" / "1-a"
    assert copy.read_text() == "mine"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert host.entries()[0]["before"]["backup"] == str(copy)


def test_a_second_run_of_both_phases_changes_nothing(host):
    entry = ("file", host.etc / "a")
    host.change(entry, lambda: (host.etc / "a").write_text("ours"))
    before = host.path.read_bytes()
    assert not host.call("before", entry).changed
    assert not host.call("after", entry).changed
    assert host.path.read_bytes() == before


def test_a_later_run_never_overwrites_what_was_there_first(host):
    (host.etc / "a").write_text("mine")
    entry = ("file", host.etc / "a")
    host.change(entry, lambda: (host.etc / "a").write_text("ours"))
    host.change(entry, lambda: (host.etc / "a").write_text("ours again"))
    assert (host.folder / "backup" / "1-a").read_text() == "mine"
    assert len(host.entries()) == 1


@pytest.mark.parametrize("phase", ["before", "after", "undo", "undo_plan", "forget"])
def test_check_mode_writes_nothing_not_even_a_lock(host, phase):
    tree = host.tree()
    result = host.call(phase, ("file", host.etc / "a"), check=True)
    assert not result.failed, result.msg
    assert result.changed is (phase == "before")
    assert host.tree() == tree


def test_check_mode_tells_of_a_real_undo(host):
    host.change(("directory", host.etc / "d"), lambda: (host.etc / "d").mkdir())
    host.change(("file", host.etc / "d" / "a"), lambda: (host.etc / "d" / "a").write_text("ours"))
    tree = host.tree()
    foretold = host.call("undo", check=True)
    assert host.tree() == tree
    done = host.call("undo")
    assert foretold.changed and done.changed
    assert foretold.json["steps"] == done.json["steps"]
    assert list(host.etc.iterdir()) == []


def test_after_in_check_mode_tells_of_a_difference(host):
    entry = ("file", host.etc / "a")
    host.change(entry, lambda: (host.etc / "a").write_text("ours"))
    (host.etc / "a").write_text("other")
    assert host.call("after", entry, check=True).changed


def test_diff_shows_what_is_added(host):
    result = host.call("before", ("file", host.etc / "a"), diff=True)
    assert result.json["diff"] == {"before": "", "after": f"1. file {host.etc / 'a'} (was absent): because\n"}


def test_undo_brings_files_links_and_directories_back_and_leaves_no_trace(host):
    (host.etc / "mine").write_text("mine")
    (host.etc / "mine").chmod(0o640)
    (host.etc / "link").symlink_to("mine")
    tree = {name: mtime for name, mtime in host.tree().items() if name.startswith("etc/")}
    host.change(("file", host.etc / "mine"), lambda: (host.etc / "mine").write_text("ours"))
    host.change(("directory", host.etc / "d"), lambda: (host.etc / "d").mkdir())
    host.change(("file", host.etc / "d" / "a"), lambda: (host.etc / "d" / "a").write_text("ours"))

    def turn():
        (host.etc / "link").unlink()
        (host.etc / "link").symlink_to("d")

    host.change(("link", host.etc / "link"), turn)
    result = host.call("undo")
    assert not result.failed, result.msg
    assert result.changed
    assert [step["action"] for step in result.json["steps"]] == [
        "restore_link",
        "remove_file",
        "remove_directory_if_empty",
        "restore_file",
    ]
    assert (host.etc / "mine").read_text() == "mine"
    assert (host.etc / "mine").stat().st_mode & 0o777 == 0o640
    assert os.readlink(host.etc / "link") == "mine"
    assert {name for name in host.tree() if name.startswith("etc/")} == set(tree)
    assert not host.folder.exists()


def test_undo_twice_and_on_a_host_never_touched_changes_nothing(host):
    host.change(("file", host.etc / "a"), lambda: (host.etc / "a").write_text("ours"))
    assert host.call("undo").changed
    tree = host.tree()
    again = host.call("undo")
    assert (again.failed, again.changed, again.json["count"]) == (False, False, 0)
    assert set(host.tree()) == set(tree)


def test_a_file_that_somebody_changed_is_kept_and_named(host):
    host.change(("file", host.etc / "a"), lambda: (host.etc / "a").write_text("ours"))
    (host.etc / "a").write_text("theirs")
    result = host.call("undo")
    assert (host.etc / "a").read_text() == "theirs"
    assert f"file {host.etc / 'a'}: changed since by somebody: sha256 " in result.json["kept"][0]
    assert not host.folder.exists()


def test_the_copy_of_a_kept_file_stays_until_it_is_forgotten(host):
    entry = ("file", host.etc / "a")
    (host.etc / "a").write_text("mine")
    host.change(entry, lambda: (host.etc / "a").write_text("ours"))
    (host.etc / "a").write_text("theirs")
    assert host.call("undo").json["count"] == 1
    assert (host.folder / "backup" / "1-a").read_text() == "mine"
    assert not host.call("undo").changed
    assert host.call("forget", entry).changed
    assert not host.folder.exists()


def test_a_directory_in_use_is_kept_named_and_tried_again(host):
    host.change(("directory", host.etc / "d"), lambda: (host.etc / "d").mkdir())
    (host.etc / "d" / "theirs").write_text("theirs")
    result = host.call("undo")
    assert not result.changed
    assert result.json["kept"] == [f"directory {host.etc / 'd'}: it is not empty, kept. In it: theirs."]
    (host.etc / "d" / "theirs").unlink()
    assert host.call("undo").changed
    assert not (host.etc / "d").exists()


def test_the_ledgers_own_folder_goes_with_the_last_entry(host):
    host.change(("directory", host.folder), lambda: None)
    host.change(("file", host.etc / "a"), lambda: (host.etc / "a").write_text("ours"))
    host.call("undo")
    assert not host.folder.exists()


def test_a_file_edited_through_a_link_is_restored_behind_it(host):
    (host.root / "real").write_text("mine")
    (host.etc / "a").symlink_to("../real")
    host.change(("file", host.etc / "a"), lambda: (host.root / "real").write_text("ours"))
    host.call("undo")
    assert (host.root / "real").read_text() == "mine"
    assert (host.etc / "a").is_symlink()


def test_a_damaged_copy_is_not_put_back(host):
    (host.etc / "a").write_text("mine")
    host.change(("file", host.etc / "a"), lambda: (host.etc / "a").write_text("ours"))
    (host.folder / "backup" / "1-a").write_text("dam")
    result = host.call("undo")
    assert result.failed
    assert "is missing or damaged" in result.msg
    assert (host.etc / "a").read_text() == "ours"


def test_other_kinds_stay_as_steps_until_somebody_has_done_them(host):
    host.call("before", ("user", "nogpu-no-such-user"))
    steps = host.call("undo_plan").json["steps"]
    assert [(step["kind"], step["action"]) for step in steps] == [("user", "nothing")]
    assert host.call("undo").json["count"] == 0


def test_undo_of_named_entries_leaves_the_others(host):
    trees = [host.root / "opt" / "versions" / version for version in ("1", "2")]
    for tree in trees:
        host.change(("tree", tree), lambda tree=tree: tree.mkdir(parents=True))
    result = host.call("undo", ("tree", trees[0]))
    assert result.changed
    assert [tree.exists() for tree in trees] == [False, True]
    assert [entry["name"] for entry in host.entries()] == [str(trees[1])]


def test_undo_plan_changes_nothing(host):
    host.change(("file", host.etc / "a"), lambda: (host.etc / "a").write_text("ours"))
    tree = host.tree()
    result = host.call("undo_plan")
    assert not result.changed
    assert result.json["steps"][0]["action"] == "remove_file"
    assert host.tree() == tree


@pytest.mark.parametrize("phase", ["before", "after", "undo_plan", "undo", "forget"])
def test_a_broken_ledger_stops_every_phase_and_is_left_alone(host, phase):
    host.folder.mkdir()
    host.path.write_text('{"schema": 1, "entr')
    result = host.call(phase, ("file", host.etc / "a"))
    assert result.failed
    assert f"Could not read the ledger {host.path}" in result.msg
    assert host.path.read_text() == '{"schema": 1, "entr'


def test_after_without_before_is_refused_and_leaves_no_trace(host):
    result = host.call("after", ("file", host.etc / "a"))
    assert result.failed
    assert "it was not recorded before the change" in result.msg
    assert not host.folder.exists()


def test_a_refused_entry_leaves_the_others_unrecorded_and_no_trace(host):
    (host.etc / "d").mkdir()
    result = host.call("before", ("file", host.etc / "a"), ("file", host.etc / "d"))
    assert result.failed
    assert "a directory is there" in result.msg
    assert not host.folder.exists()


def test_before_needs_an_owner(host):
    result = host.call("before", ("file", host.etc / "a"), owner=None)
    assert "'owner' is empty (the role's name was needed" in result.msg
    assert not host.folder.exists()


def _announce(path, number, etc):
    params = {"path": path, "phase": "before", "owner": "r", "model_store": "", "remove_models": False}
    params["lock_timeout_seconds"] = 20
    ledger.run({**params, "entries": [{"kind": "file", "name": f"{etc}/{number}", "why": ""}]}, False)


def test_runs_at_the_same_time_lose_no_entry(host):
    context = multiprocessing.get_context("fork")
    runs = [context.Process(target=_announce, args=(str(host.path), number, host.etc)) for number in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(entry["number"] for entry in host.entries()) == list(range(1, 9))


def test_packages_that_come_along_are_recorded_before_and_after(host, monkeypatch):
    installed = set()

    def run(command, **_):
        if command[0] == "apt-get":
            return Ran(0, "Inst runc (1.1 Debian)\nInst libc6 [2.40] (2.41 Debian)\nInst docker.io (26 Debian)\n", "")
        if command[0] == "dpkg-query":
            return Ran(0, "1.1 installed", "") if command[-1] in installed else Ran(1, "", "")
        return Ran(127, "", "")

    monkeypatch.setattr(ledger, "run_program", run)
    entry = ("package", "docker.io")
    assert host.call("before", entry).json["entries"] == ["package docker.io", "package runc"]
    installed.update(["docker.io", "runc"])
    host.call("after", entry)
    assert all(entry["after"]["state"] == "present" for entry in host.entries())
    groups = host.call("undo_plan").json["groups"]
    assert {name: group for name, group in groups.items() if group} == {
        "packages": ["runc", "docker.io"],
        "kept_by_kernel": ["docker0 and Docker's firewall rules: the kernel forgets them at the next start."],
    }
    assert not host.call("before", entry).changed
    assert not host.call("after", entry).changed


def test_an_unpacked_tree_goes_as_a_whole_and_stays_once_changed(host):
    tree = host.etc / "app" / "1.0"

    def unpack():
        (tree / "lib").mkdir(parents=True)
        (tree / "lib" / "a").write_text("ours")
        (tree / "link").symlink_to("lib/a")

    (host.etc / "app").mkdir()
    host.change(("tree", tree), unpack)
    (tree / "lib" / "theirs").write_text("theirs")
    result = host.call("undo_plan")
    assert result.json["steps"][0]["action"] == "keep"
    (tree / "lib" / "theirs").unlink()
    assert host.call("undo").json["steps"][0]["action"] == "remove_tree"
    assert list((host.etc / "app").iterdir()) == []


def test_what_a_program_kept_for_itself_goes_whatever_it_is_by_then(host):
    entry = ("data", host.etc / "home")
    host.change(entry, lambda: (host.etc / "home").mkdir())
    (host.etc / "home" / "key").write_text("made at run time")
    assert host.call("undo").changed
    assert not (host.etc / "home").exists()


def test_what_a_program_of_the_owner_kept_is_left_alone(host):
    (host.etc / "home").mkdir()
    host.change(("data", host.etc / "home"), lambda: (host.etc / "home" / "key").write_text("theirs"))
    (host.etc / "home").chmod(0o700)
    host.call("undo")
    assert (host.etc / "home" / "key").exists()


def test_a_folder_with_something_mounted_in_it_is_not_removed(host, monkeypatch):
    mount = host.etc / "home" / "mount"
    host.change(("data", host.etc / "home"), lambda: mount.mkdir(parents=True))
    (host.etc / "home" / "key").write_text("ours")
    monkeypatch.setattr(os.path, "ismount", lambda path: path == str(mount))
    result = host.call("undo")
    assert f"{mount} is mounted" in result.msg
    assert (host.etc / "home" / "key").exists()


def copy_of(path, text, number=1):
    """A copy as Ansible's `backup` makes it."""
    copy = path.with_name(f"{path.name}.{number}.2026-01-01@00:00:00~")
    copy.write_text(text)
    return copy


def test_copies_beside_a_file_go_if_we_know_them_and_stay_if_somebody_wrote_them(host):
    path, entry = host.etc / "a", ("file", host.etc / "a")
    path.write_text("before")
    host.change(entry, lambda: path.write_text("ours"))
    host.change(entry, lambda: path.write_text("ours again"))
    known = [copy_of(path, "before", 1), copy_of(path, "ours", 2)]
    theirs = [copy_of(path, "theirs", 3), path.with_name("a.bak~")]
    theirs[1].write_text("ours")
    assert host.call("undo", check=True).changed
    assert all(copy.exists() for copy in known)
    host.call("undo")
    assert path.read_text() == "before"
    assert not any(copy.exists() for copy in known)
    assert all(copy.exists() for copy in theirs)


def test_a_folder_is_foretold_empty_when_copies_in_it_go(host):
    path = host.etc / "d" / "a"
    host.change(("directory", path.parent), lambda: path.parent.mkdir())
    host.change(("file", path), lambda: path.write_text("ours"))
    copy_of(path, "ours")
    foretold = host.call("undo", check=True)
    assert foretold.json["kept"] == []
    assert host.call("undo").json["steps"] == foretold.json["steps"]
    assert not path.parent.exists()


def test_what_was_recorded_under_a_role_s_earlier_name_is_completed_and_removed(host):
    path = host.etc / "proven"
    entry = ("data", path)
    host.call("before", entry, owner="former_server")
    path.mkdir()
    host.call("after", entry, owner=None)
    assert not host.call("before", entry, owner="last_good_server").changed
    assert not host.call("after", entry, owner=None).changed
    assert host.call("undo", owner=None).changed
    assert not path.exists()


def test_check_mode_knows_that_a_kept_file_keeps_its_folder(host):
    path = host.etc / "d" / "a"
    host.change(("directory", path.parent), lambda: path.parent.mkdir())
    host.change(("file", path), lambda: path.write_text("ours"))
    path.write_text("theirs")
    foretold = host.call("undo", check=True)
    assert foretold.json["steps"][1]["left"] == ["a"]
    assert host.call("undo").json["steps"] == foretold.json["steps"]


def test_models_are_held_until_they_are_asked_for_and_then_go(host, tmp_path):
    store = host.root / "store"
    manifest = store / "manifests" / "registry.ollama.ai" / "library" / "hello" / "latest"
    folders = [("directory", store), ("directory", store / "blobs"), ("directory", store / "manifests")]

    def pull():
        (store / "blobs").mkdir(parents=True)
        (store / "blobs" / "sha256-a").write_text("a")
        manifest.parent.mkdir(parents=True)
        manifest.write_text('{"layers": [{"digest": "sha256:a"}]}')

    def call(phase, *entries, **options):
        named = [{"kind": kind, "name": str(name), "why": ""} for kind, name in entries]
        params = {"path": str(host.path), "phase": phase, "owner": "r", "entries": named, "model_store": str(store)}
        check = options.pop("check", False)
        return host.run_module(ledger, {**params, **options}, check=check)

    things = [*folders, ("model", "hello")]
    call("before", *things)
    pull()
    call("after", *things)
    held = call("undo", owner="")
    assert not held.changed
    assert held.json["kept"] == [
        "model hello: models stay unless their removal is asked for.",
        f"directory {store}: it contains models or files of somebody.",
    ]
    assert not call("undo", owner="").changed
    foretold = call("undo", owner="", remove_models=True, check=True)
    assert manifest.exists()
    gone = call("undo", owner="", remove_models=True)
    assert foretold.json["steps"] == gone.json["steps"]
    assert gone.json["todo"][0] == "remove model: hello"
    assert not store.exists()
    assert not host.folder.exists()


def test_what_could_not_be_removed_is_named_and_tried_again(host, monkeypatch):
    there = []

    def run(command, **_):
        return Ran(0, "sha256:1", "") if command[0] == "docker" and there else Ran(127, "", "")

    monkeypatch.setattr(ledger, "run_program", run)
    host.change(("image", "ollama"), lambda: there.append("image"))
    words = ["image ollama: it is still there, as somebody uses it."]
    assert host.call("undo", check=True).json["kept"] == []
    assert host.call("undo").json["kept"] == words
    assert host.call("undo").json["kept"] == words


class TestAfterAKilledRun:
    def test_what_it_made_and_did_not_record_is_recorded_with_the_next_change_of_that_role(self, host):
        made, missing, other = host.etc / "made", host.etc / "missing", host.etc / "other"
        host.call("before", ("file", made), ("file", missing), owner="engine")
        host.call("before", ("file", other), owner="stack")
        made.write_text("ours")
        other.write_text("ours")
        host.call("before", ("file", host.etc / "next"), owner="engine")
        result = host.call("after", ("file", host.etc / "next"), owner="engine")
        assert result.json["entries"] == [f"file {made}", f"file {host.etc / 'next'}"]
        settled = {entry["name"]: entry["after"] for entry in host.entries()}
        assert settled[str(missing)] is settled[str(other)] is None
        assert not host.call("after", ("file", host.etc / "next"), owner="engine").changed

    def test_before_names_the_files_that_were_written_and_never_brought_into_force(self, host):
        entry = ("file", host.etc / "unit")
        assert host.call("before", entry).json["unfinished"] == []
        (host.etc / "unit").write_text("first")
        assert host.call("before", entry).json["unfinished"] == [f"file {host.etc / 'unit'}"]
        host.call("after", entry)
        assert host.call("before", entry).json["unfinished"] == []
        (host.etc / "unit").write_text("second")
        assert host.call("before", entry).json["unfinished"] == [f"file {host.etc / 'unit'}"]

    @pytest.mark.parametrize(
        ("statuses", "finished"),
        [
            pytest.param("docker.io unpacked\nlibc-bin triggers-pending\n", True, id="ours"),
            pytest.param("docker.io unpacked\ntheirs half-configured\n", False, id="somebody's, too"),
            pytest.param("docker.io installed\n", False, id="none"),
        ],
    )
    @pytest.mark.parametrize("check", [False, True])
    def test_packages_that_it_was_installing_are_finished(self, host, monkeypatch, statuses, finished, check):
        asked = []

        def run(command, **_):
            asked.append(command)
            return Ran(0, statuses, "") if "${db:Status-Status}" in command[-1] else Ran(1, "", "")

        monkeypatch.setattr(ledger, "run_program", run)
        host.call("before", ("package", "docker.io"))
        asked.clear()
        host.call("before", ("package", "docker.io"), check=check)
        assert any("--configure" in command for command in asked) is (finished and not check)


def test_a_masked_unit_is_its_owners_word(host):
    (host.etc / "ollama.service").symlink_to("/dev/null")
    result = host.call("before", ("file", host.etc / "ollama.service"))
    assert result.failed
    assert "ollama.service is masked" in result.msg
    assert "sudo systemctl unmask ollama.service" in result.msg
    assert not host.path.exists()


class TestOneRunAtATime:
    @pytest.fixture
    def first(self, monkeypatch):
        """Somebody else's run has the host."""
        found = {"run": "anna", "operator": "anna@desk (process 1 there)", "seconds": 42}
        monkeypatch.setattr(ledger, "holder", lambda: found)

    @pytest.mark.parametrize("phase", ["before", "after", "undo", "forget"])
    def test_the_second_is_refused_with_the_name_of_the_first_and_changes_nothing(self, host, first, phase):
        result = host.call(phase, ("file", host.etc / "a"), run="ben")
        assert result.failed
        assert "anna@desk (process 1 there) has been at work on it for 42 s" in result.msg
        assert "Wait for the end of the other run, then run this again" in result.msg
        assert not host.folder.exists()

    def test_the_first_goes_on(self, host, first):
        assert host.call("before", ("file", host.etc / "a"), run="anna").changed

    def test_a_run_that_has_not_taken_the_host_is_told_so_and_changes_nothing(self, host, monkeypatch):
        monkeypatch.setattr(ledger, "holder", lambda: None)
        assert host.call("before", ("file", host.etc / "a"), run="ben").json["unheld"] is True
        assert not host.folder.exists()


def test_a_cask_that_we_brought_is_removed_unless_somebody_uses_it(host, monkeypatch):
    installed, guest = {"firefox"}, ["c1 postgres\n"]

    def run(command, **_):
        if command[0] == "brew":
            return (
                Ran(0, f"{command[-1]} 4.41.2\n", "") if command[-1] in installed else Ran(1, "", "is not installed.")
            )
        return Ran(0, guest[0] if command[1] == "ps" else "", "")

    def actions():
        return {step["name"]: step["action"] for step in host.call("undo_plan").json["steps"]}

    monkeypatch.setattr(ledger, "run_program", run)
    entries = [("cask", "docker-desktop"), ("cask", "firefox")]
    host.call("before", *entries)
    installed.add("docker-desktop")
    host.call("after", *entries)
    assert actions() == {"docker-desktop": "hold", "firefox": "nothing"}
    guest[0] = ""
    assert actions() == {"docker-desktop": "remove_cask", "firefox": "nothing"}


def test_without_homebrew_there_is_no_cask(host):
    host.call("before", ("cask", "docker-desktop"))
    assert host.entries()[0]["before"] == {"state": "absent"}


@pytest.mark.parametrize(("system", "place"), [("Darwin", "home/.nogpu/ledger.json"), ("Linux", None)])
def test_on_a_mac_the_ledger_is_in_the_user_s_home(host, monkeypatch, system, place):
    monkeypatch.setattr("plugins.module_utils.apply.ledger.store.platform.system", lambda: system)
    monkeypatch.setenv("HOME", str(host.root / "home"))
    entry = {"kind": "file", "name": str(host.etc / "a"), "why": ""}
    result = host.run_module(ledger, {"phase": "before", "owner": "r", "entries": [entry]}, check=place is None)
    assert not result.failed
    assert (host.root / "home/.nogpu/ledger.json").exists() is (place is not None)


def test_a_file_on_a_windows_drive_comes_back_though_nothing_there_takes_an_owner(host, monkeypatch):
    """Seen from WSL each file there has one owner and mode, and a change of them is refused."""
    path = host.etc / ".wslconfig"
    path.write_bytes(b"# anna's\r\n")
    path.chmod(0o600)  # as a new file gets it

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    def write():
        (host.etc / ".wslconfig.2026-01-02-030405~").write_bytes(path.read_bytes())
        path.write_bytes(b"[wsl2]\r\nmemory=12GB\r\n")

    host.change(("file", path), write)
    monkeypatch.setattr(os, "fchown", refuse)
    monkeypatch.setattr(os, "fchmod", refuse)
    result = host.call("undo")
    assert not result.failed, result.msg
    assert path.read_bytes() == b"# anna's\r\n"
    assert os.listdir(host.etc) == [".wslconfig"]  # the copy that the module left went, too


def test_a_windows_file_that_somebody_changed_since_is_kept_and_named(host):
    path = host.etc / ".wslconfig"
    path.write_bytes(b"# anna's\r\n")
    host.change(("file", path), lambda: path.write_bytes(b"[wsl2]\r\nmemory=12GB\r\n"))
    path.write_bytes(b"[wsl2]\r\nmemory=8GB\r\n")
    kept = " ".join(host.call("undo").json["kept"])
    assert f"file {path}: changed since by somebody" in kept
    assert path.read_bytes() == b"[wsl2]\r\nmemory=8GB\r\n"


@pytest.mark.parametrize(
    ("file", "state"),
    [
        pytest.param("", {"state": "absent"}, id="any-slice-can-be-loaded"),
        pytest.param("/etc/no-such/x.slice", {"state": "absent"}, id="its-file-has-gone"),
        pytest.param(__file__, {"state": "present", "enabled": True, "active": True}, id="one-with-a-file"),
    ],
)
def test_a_slice_is_there_only_with_a_file(host, monkeypatch, file, state):
    shown = f"LoadState=loaded\nUnitFileState={'enabled' if file else ''}\nActiveState=active\nFragmentPath={file}\n"
    monkeypatch.setattr(ledger, "run_program", lambda command, **_: Ran(0, shown, ""))
    assert not host.call("before", ("service", "x.slice")).failed
    assert host.entries()[0]["before"] == state


@pytest.mark.parametrize(
    ("members", "first_group", "action"),
    [([], 1001, "remove_membership"), (["anna"], 1001, "nothing"), ([], 102, "nothing")],
    ids=["put in by us", "a member before", "the group is the first one"],
)
def test_a_membership_goes_back_to_what_it_was(host, monkeypatch, members, first_group, action):
    group = grp.struct_group(("docker", "x", 102, members))
    user = pwd.struct_passwd(("anna", "x", 1001, first_group, "", "/home/anna", "/bin/sh"))
    monkeypatch.setattr(grp, "getgrnam", lambda name: {"docker": group}[name])
    monkeypatch.setattr(pwd, "getpwnam", lambda name: {"anna": user}[name])
    host.change(("membership", "anna:docker"), lambda: members.append("anna"))
    (step,) = host.call("undo_plan").json["steps"]
    assert step["action"] == action


def test_a_membership_of_a_group_that_comes_later_is_absent(host):
    host.call("before", ("membership", "root:no-such-group"), ("membership", "no-such-user:root"))
    assert [entry["before"] for entry in host.entries()] == [{"state": "absent"}] * 2
