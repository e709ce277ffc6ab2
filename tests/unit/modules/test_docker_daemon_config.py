# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""docker_daemon_config against a small host: systemd, dockerd and its containers, all behind the process edge."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import pytest

from plugins.module_utils.apply.daemon_json import change as _daemon_change
from plugins.module_utils.apply.daemon_json import dockerd as _docker_daemon
from plugins.module_utils.apply.daemon_json import look as _daemon_look
from plugins.module_utils.apply.daemon_json import unfinished as _daemon_unfinished
from plugins.module_utils.host.programs import Ran
from plugins.modules import docker_daemon_config as module

OWNERS = b'{\n    "debug": true,\n    "log-opts": {"max-size": "5m"},\n    "registry-mirrors": ["https://theirs"]\n}\n'


@dataclass
class Host:
    """Answers as systemctl, docker, dockerd and journalctl do. An unknown call fails the test."""

    path: Path
    active: bool = True
    loaded: bool = True
    pid: int = 100
    live_restore: bool = False
    swarm: bool = False
    validates: str | None = ""  # dockerd's complaint; None: too old to check
    flags: str = "-H fd:// --containerd=/run/containerd/containerd.sock"
    containers: dict[str, int] = field(default_factory=lambda: {"web": 7001, "db": 7002})
    refuses: Callable[[dict[str, Any]], str] = lambda settings: ""
    dies_after: float = 0  # seconds after a start with a file that `refuses`, instead of at once
    deaf: bool = False  # reload changes nothing
    ports: str = ""  # as `docker ps` shows the published ones
    calls: list[str] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    clock: float = 0.0
    started: float = 0.0
    restarts: int = 0
    dies_at: float | None = None
    seen: list[dict[str, Any]] = field(default_factory=list)  # the file at each start

    def run(self, argv: list[str], timeout: float = 20) -> Ran:
        verb = " ".join(argv[:2])
        answers = {
            "systemctl show": self.show,
            "systemctl reset-failed": lambda: Ran(0, "", ""),
            "systemctl restart": self.restart,
            "systemctl reload": self.reload,
            "docker info": self.info,
            "docker ps": lambda: self.docker(
                self.ports if "--format" in argv else "".join(f"id-{name}\n" for name in self.containers)
            ),
            "docker inspect": lambda: self.docker(
                "".join(f"id-{name} {pid} /{name}\n" for name, pid in self.containers.items())
            ),
            "docker version": lambda: self.docker("26.1.5\n"),
            "dockerd --validate": lambda: self.validate(argv[-1]),
            "journalctl -u": lambda: Ran(0, "\n".join(self.journal), ""),
        }
        assert verb in answers, f"unexpected call: {argv}"
        if verb in ("systemctl restart", "systemctl reload", "dockerd --validate"):
            self.calls.append(verb.split()[-1].strip("-"))
        return answers[verb]()

    def show(self) -> Ran:
        if not self.loaded:
            return Ran(0, "LoadState=not-found\nActiveState=inactive\nSubState=dead\n", "")
        if self.dies_at is not None and self.clock >= self.dies_at:
            self.active, self.dies_at, self.restarts = False, None, self.restarts + 1
        state = ("active", "running") if self.active else ("failed", "failed")
        return Ran(
            0,
            f"LoadState=loaded\nActiveState={state[0]}\nSubState={state[1]}\nMainPID={self.pid if self.active else 0}\n"
            f"NRestarts={self.restarts}\nExecStart={{ path=/usr/sbin/dockerd ; argv[]=/usr/sbin/dockerd {self.flags} ;"
            " ignore_errors=no ; pid=1 }\n",
            "",
        )

    def settings(self) -> dict[str, Any]:
        return json.loads(self.path.read_bytes()) if self.path.exists() else {}

    def restart(self) -> Ran:
        if self.active and not self.live_restore:
            self.containers = {}
        settings = self.settings()
        self.seen.append(settings)
        self.pid, self.started, error = self.pid + 1, time.time(), self.refuses(settings)
        self.active, self.dies_at = not error or bool(self.dies_after), None
        if error:
            self.journal.append(f"failed to start daemon: {error}")
            self.dies_at = self.clock + self.dies_after if self.dies_after else None
        if not self.active:
            return Ran(1, "", "Job for docker.service failed.")
        self.live_restore = settings.get("live-restore", False)
        if not self.live_restore:
            self.containers = {}
        return Ran(0, "", "")

    def reload(self) -> Ran:
        if self.active and not self.deaf:
            self.live_restore = self.settings().get("live-restore", self.live_restore)
        return Ran(0, "", "")

    def docker(self, out: str) -> Ran:
        return Ran(0, out, "") if self.active else Ran(1, "", "Cannot connect to the Docker daemon")

    def info(self) -> Ran:
        facts = {"ServerVersion": "26.1.5", "LiveRestoreEnabled": self.live_restore}
        swarm = {"LocalNodeState": "active" if self.swarm else "inactive"}
        return self.docker(json.dumps({**facts, "Swarm": swarm}))

    def validate(self, trial: str) -> Ran:
        if self.validates is None:
            return Ran(125, "", "unknown flag: --validate\nSee 'dockerd --help'.")
        said = f"unable to configure the Docker daemon with file {trial}: {self.validates}"
        return Ran(1, "", said) if self.validates else Ran(0, "", "configuration OK")

    def sleep(self, seconds: float) -> None:
        self.clock += seconds


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    folder = tmp_path / "docker"
    folder.mkdir()
    host = Host(folder / "daemon.json")
    monkeypatch.setattr(_docker_daemon, "run", host.run)
    monkeypatch.setattr(_daemon_look, "started_at", lambda pid: host.started)
    monkeypatch.setattr(_daemon_change.Clock, "now", staticmethod(lambda: host.clock))
    monkeypatch.setattr(_daemon_change.Clock, "sleep", staticmethod(host.sleep))
    return host


@pytest.fixture
def call(host: Host, run_module: Callable[..., Any]) -> Callable[..., Any]:
    def call(check: bool = False, **params: Any) -> Any:
        if host.path.exists() and not host.started:
            host.started = host.path.stat().st_mtime + 1
        return run_module(module, {"path": str(host.path), **params}, check=check, diff=True)

    return call


def files(host: Host) -> list[str]:
    return sorted(path.name for path in host.path.parent.iterdir())


def stamp(host: Host) -> tuple[int, ...]:
    """Whatever a write would change. The time of the last access is not in it: reading changes that."""
    seen = host.path.stat()
    return seen.st_ino, seen.st_mode, seen.st_uid, seen.st_gid, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


LIVE = {"live-restore": True}


def test_settings_already_there_write_and_restart_nothing(host: Host, call: Any) -> None:
    host.path.write_bytes(b'{"live-restore":   true}')
    before = stamp(host)
    result = call(settings=LIVE)
    assert (result.failed, result.changed, result.json["applied"]) == (False, False, True)
    assert host.calls == []
    assert stamp(host) == before


def test_new_settings_are_written_beside_the_owners_and_docker_restarted_once(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    host.path.chmod(0o640)
    result = call(settings={**LIVE, "registry-mirrors": ["http://ours"]})
    assert (result.failed, result.changed, result.json["restarted"]) == (False, True, True)
    assert host.path.read_bytes() == (
        b'{\n    "debug": true,\n    "log-opts": {"max-size": "5m"},\n    "registry-mirrors": [\n'
        b'        "https://theirs",\n        "http://ours"\n    ],\n    "live-restore": true\n}\n'
    )
    assert host.path.stat().st_mode & 0o777 == 0o640
    assert host.calls == ["validate", "reload", "restart"]
    assert (result.json["containers"], result.json["containers_kept"]) == (2, True)
    assert result.json["validated_by"] == "dockerd"
    assert result.json["added"] == {**LIVE, "registry-mirrors": ["http://ours"]}
    assert Path(result.json["backup_file"]).read_bytes() == OWNERS
    assert '"https://theirs"' in result.json["diff"]["before"]


def test_second_run_changes_nothing(host: Host, call: Any) -> None:
    call(settings=LIVE)
    assert host.path.read_bytes() == b'{\n  "live-restore": true\n}\n'
    assert host.path.stat().st_mode & 0o777 == 0o644
    host.calls.clear()
    assert not call(settings=LIVE).changed
    assert host.calls == []


def test_check_mode_shows_all_and_touches_nothing(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    before = stamp(host)
    result = call(check=True, settings=LIVE)
    assert (result.changed, result.json["restarted"]) == (True, False)
    assert result.json["restart_reason"] == "the settings changed"
    assert '"live-restore": true' in result.json["diff"]["after"]
    assert host.calls == ["validate"]
    assert stamp(host) == before
    assert files(host) == ["daemon.json"]


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            b'{\n  "debug": true,\n}',
            'line 2, column 16: a comma before the closing bracket. The line is `"debug": true,`. Nothing',
        ),
        (b"", "line 1, column 1: the file is empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{} // "x"', "line 1, column 4: a comment"),
        (b'["a"]', "a list (an object in braces was needed)"),
        (b'{"a": "\xff"}', "line 1, column 8: byte 0xff is not UTF-8"),
        (b'{"a": 1', "line 1, column 8: the file ends before"),
        (b'{"a": 1, "a": 2}', "the key 'a' is there twice"),
    ],
)
def test_broken_file_is_explained_and_left_alone(host: Host, call: Any, data: bytes, words: str, check: bool) -> None:
    host.path.write_bytes(data)
    result = call(check=check, settings=LIVE)
    assert result.failed
    assert words in result.msg
    assert "Nothing was changed." in result.msg
    assert host.path.read_bytes() == data
    assert (host.calls, files(host)) == ([], ["daemon.json"])
    assert isinstance(result.json["line"], int)


def test_dangling_link_and_directory_are_explained_and_left_alone(host: Host, call: Any) -> None:
    host.path.symlink_to("/no/such/file")
    assert f"Could not read {host.path}: it is a link to /no/such/file, which is not there" in call(settings=LIVE).msg
    assert host.path.is_symlink()
    host.path.unlink()
    host.path.mkdir()
    assert "it is a directory (a file was needed)" in call(settings=LIVE).msg
    assert host.calls == []


def test_link_stays_a_link(host: Host, call: Any) -> None:
    real = host.path.parent / "real.json"
    real.write_bytes(b"{}")
    host.path.symlink_to(real)
    call(settings=LIVE)
    assert host.path.is_symlink()
    assert json.loads(real.read_bytes()) == LIVE


@pytest.mark.parametrize("former", [OWNERS, b'{"live-restore": false}', b'{"live-restore":true}', None])
@pytest.mark.parametrize("dies_after", [0, 5])
def test_docker_that_does_not_start_gets_its_former_file_and_keeps_its_containers(
    host: Host, call: Any, former: bytes | None, dies_after: float
) -> None:
    if former is not None:
        host.path.write_bytes(former)
        os.utime(host.path, (1_000_000, 1_000_000))
    was_live = host.live_restore = former == b'{"live-restore":true}'
    host.refuses = lambda settings: "unknown log opt 'x' for y log driver" if "log-driver" in settings else ""
    host.dies_after = dies_after
    result = call(settings={"log-driver": "y", "log-opts": {"x": "1"}})
    assert result.failed
    assert not result.changed
    assert (host.path.read_bytes() if host.path.exists() else None) == former
    assert files(host) == ([] if former is None else ["daemon.json"])
    assert host.containers == {"web": 7001, "db": 7002}
    assert host.live_restore == was_live
    assert result.json["daemon_error"] == "failed to start daemon: unknown log opt 'x' for y log driver"
    assert (result.json["rolled_back"], result.json["containers_kept"], result.json["containers"]) == (True, True, 2)
    assert "The former file is back and Docker runs with it (containers that kept running: 2)." in result.msg
    assert former is None or host.path.stat().st_mtime == 1_000_000
    host.refuses = lambda settings: ""
    host.calls.clear()
    assert not call(settings={}).changed
    assert host.calls == []


def test_containers_live_through_a_change_that_does_not_ask_for_live_restore(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    result = call(settings={"shutdown-timeout": 20})
    assert result.json["containers_kept"] is True
    assert host.containers == {"web": 7001, "db": 7002}
    assert "live-restore" not in json.loads(host.path.read_bytes())
    assert host.live_restore is False
    assert host.calls == ["validate", "reload", "restart", "reload"]
    host.calls.clear()
    assert not call(settings={"shutdown-timeout": 20}).changed
    assert host.calls == []


def test_taking_live_restore_back_keeps_containers_and_gives_the_owners_file(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    added = call(settings={**LIVE, "log-opts": {"max-file": "3"}}).json["added"]
    result = call(remove=added)
    assert host.path.read_bytes() == OWNERS
    assert result.json["containers_kept"] is True
    assert host.live_restore is False


def test_file_with_nothing_but_ours_goes_when_it_is_taken_back(host: Host, call: Any) -> None:
    added = call(settings=LIVE).json["added"]
    assert call(remove=added, backup=False).changed
    assert files(host) == []
    assert not call(remove=added).changed


def test_reload_that_docker_refuses_restarts_nothing(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    host.deaf = True
    result = call(settings=LIVE)
    assert "did not take live-restore from the file on reload" in result.msg
    assert host.clock < 15
    assert host.path.read_bytes() == OWNERS
    assert "restart" not in host.calls
    assert host.containers == {"web": 7001, "db": 7002}


def test_docker_that_does_not_come_back_either_is_said_so(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    host.refuses = lambda settings: "no space left on device"
    result = call(settings=LIVE)
    assert "The former file is back, and Docker does not run with it: systemctl restart docker.service" in result.msg
    assert host.path.read_bytes() == OWNERS
    assert result.json["containers_kept"] is False
    assert result.json["backup_file"]


def test_file_newer_than_docker_is_brought_into_force_though_unchanged(host: Host, call: Any) -> None:
    host.path.write_bytes(b'{"live-restore": true}')
    host.started = host.path.stat().st_mtime - 60
    result = call(settings=LIVE)
    assert (result.changed, result.json["restarted"]) == (True, True)
    assert result.json["restart_reason"] == "the file is newer than the running daemon"
    assert host.calls == ["validate", "reload", "restart"]
    assert not call(settings=LIVE).changed


@pytest.mark.parametrize(
    ("loaded", "why"),
    [(False, "docker.service is not a unit of systemd"), (True, "docker.service does not run (failed)")],
)
def test_without_a_running_service_the_file_is_only_written(host: Host, call: Any, loaded: bool, why: str) -> None:
    host.loaded, host.active = loaded, False
    result = call(settings=LIVE)
    assert (result.changed, result.json["applied"], result.json["restarted"]) == (True, False, False)
    assert why in result.json["not_applied_because"]
    assert host.calls == ["validate"]
    assert json.loads(host.path.read_bytes()) == LIVE


def test_apply_none_only_writes(host: Host, call: Any) -> None:
    result = call(settings=LIVE, apply="none")
    assert (result.changed, result.json["applied"]) == (True, False)
    assert result.json["not_applied_because"] == "'apply' is none"
    assert host.calls == ["validate"]


def test_owners_value_is_kept_with_a_warning(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    result = call(settings={"log-opts": {"max-size": "10m"}})
    assert not result.changed
    assert result.json["kept"] == [{"key": "log-opts.max-size", "theirs": "5m", "ours": "10m"}]
    assert any('as its owner set it: "5m" (ours: "10m"' in str(text) for text in result.json["warnings"])


def test_conflict_fails_if_asked_to(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    result = call(settings={"debug": False}, on_conflict="fail")
    assert result.failed
    assert "Kept 'debug'" in result.msg
    assert host.path.read_bytes() == OWNERS


@pytest.mark.parametrize(
    ("settings", "complaint", "words"),
    [
        ({"log-opts": {"max-sise": "1m"}}, "", "'log-opts.max-sise' is not an option of the log driver json-file"),
        ({"hosts": ["fd://"]}, "", "'hosts' is also set by the flag -H in the service"),
        ({"live-resotre": True}, "the following directives don't match", "don't match"),
        ({"live-resotre": True}, None, "'live-resotre' is not an option of dockerd"),
        ({"live-restore": "yes"}, None, "true or false was needed"),
        ({"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 2, "Hard": 1}}}, "", "above the hard limit"),
    ],
)
def test_fault_that_can_be_foreseen_stops_before_the_file_is_written(
    host: Host, call: Any, settings: dict[str, Any], complaint: str | None, words: str
) -> None:
    host.path.write_bytes(OWNERS)
    host.validates = complaint
    result = call(settings=settings)
    assert result.failed
    assert words in result.msg
    assert "/tmp/nogpu-" not in result.msg
    assert host.path.read_bytes() == OWNERS
    assert host.calls == ["validate"]


def test_older_engine_is_checked_by_our_rules(host: Host, call: Any) -> None:
    host.validates = None
    assert call(settings=LIVE).json["validated_by"] == "rules"


def test_owners_harmless_fault_is_a_warning(host: Host, call: Any) -> None:
    host.path.write_bytes(b'{"default-ulimits": {"nofiles": {"Soft": 1, "Hard": 1}}}')
    result = call(settings=LIVE)
    assert not result.failed
    assert any("has the name 'nofiles', which is not a ulimit" in str(text) for text in result.json["warnings"])


def test_swarm_gets_no_live_restore_and_no_restart_below_its_containers(host: Host, call: Any) -> None:
    host.swarm = True
    result = call(settings={**LIVE, "shutdown-timeout": 20})
    assert result.failed
    assert "Restart deferred" in result.msg
    assert "would end these containers: db, web (live-restore does not work in swarm mode)" in result.msg
    assert not host.path.exists()
    result = call(settings={**LIVE, "shutdown-timeout": 20}, interrupt_containers=True)
    assert json.loads(host.path.read_bytes()) == {"shutdown-timeout": 20}
    assert any("Left out 'live-restore'" in str(text) for text in result.json["warnings"])
    assert result.json["containers_kept"] is False


def test_swarm_without_containers_restarts(host: Host, call: Any) -> None:
    host.swarm, host.containers = True, {}
    assert call(settings={"shutdown-timeout": 20}).json["restarted"]


def test_setting_that_live_restore_does_not_survive_is_deferred(host: Host, call: Any) -> None:
    result = call(settings={"bip": "10.9.0.1/24"})
    assert "live-restore does not work when bip changes" in result.msg
    assert not host.path.exists()


def test_newer_file_below_a_swarm_is_a_warning(host: Host, call: Any) -> None:
    host.swarm = True
    host.path.write_bytes(b'{"shutdown-timeout": 20}')
    host.started = host.path.stat().st_mtime - 60
    result = call(settings={})
    assert (result.failed, result.changed, result.json["applied"]) == (False, False, False)
    assert "Restart deferred" in str(result.json["warnings"])


def test_docker_that_does_not_answer_is_not_restarted(host: Host, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "docker", lambda out: Ran(124, "", "docker gave no answer within 20 s"))
    result = call(settings=LIVE)
    assert "Could not ask Docker what runs on this host: docker info: docker gave no answer within 20 s" in result.msg
    assert not host.path.exists()


@pytest.mark.parametrize("flag", ["--config-file=/snap/daemon.json", "--config-file /snap/daemon.json"])
def test_file_that_docker_does_not_read_is_refused(host: Host, call: Any, flag: str) -> None:
    host.flags = flag
    assert "starts dockerd with --config-file /snap/daemon.json. Nothing was changed" in call(settings=LIVE).msg
    host.flags = f"--config-file={host.path}"
    assert call(settings=LIVE).changed


def test_full_disk_changes_nothing(host: Host, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host.path.write_bytes(OWNERS)

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = call(settings=LIVE, backup=False)
    assert f"Could not write {host.path}: No space left on device. Nothing was changed." in result.msg
    assert (host.path.read_bytes(), files(host)) == (OWNERS, ["daemon.json"])
    assert "restart" not in host.calls


def test_password_in_an_address_is_in_no_text(host: Host, call: Any) -> None:
    host.path.write_bytes(b'{"proxies": {"http-proxy": "http://anna:canary@proxy:3128"}}')
    result = call(settings={"live-restore": True, "proxies": {"http-proxy": "http://bob:canary@proxy:3128"}})
    assert "canary" not in str(result.json["diff"]) + str(result.json["warnings"])


def test_former_file_is_put_back_byte_for_byte_and_brought_into_force(host: Host, call: Any) -> None:
    copy = host.path.parent.parent / "copy"
    copy.write_bytes(OWNERS)
    host.path.write_bytes(b'{"debug": true, "log-opts": {"max-size": "5m"}, "live-restore": true, "dns": ["9.9.9.9"]}')
    assert call(former_file=str(copy), settings={"debug": False}, check=True).changed
    result = call(former_file=str(copy), backup=False)
    assert (result.failed, result.changed, result.json["restarted"]) == (False, True, True)
    assert host.path.read_bytes() == OWNERS
    assert host.containers == {"web": 7001, "db": 7002}
    assert not call(former_file=str(copy)).changed


def test_empty_former_file_means_that_there_was_none(host: Host, call: Any) -> None:
    host.path.write_bytes(b'{"live-restore": true}')
    assert call(former_file="/dev/null", backup=False).changed
    assert files(host) == []
    assert host.containers == {"web": 7001, "db": 7002}
    assert not call(former_file="/dev/null").changed


def test_former_file_that_is_not_there_changes_nothing(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    result = call(former_file=str(host.path) + ".copy")
    assert result.failed
    assert "it is not there" in result.msg
    assert host.path.read_bytes() == OWNERS


def test_keys_by_name_and_a_wrong_type_of_remove(host: Host, call: Any) -> None:
    host.path.write_bytes(OWNERS)
    assert call(remove=["debug"]).json["settings_after"] == {
        key: json.loads(OWNERS)[key] for key in ("log-opts", "registry-mirrors")
    }
    assert "'remove' is 'debug' (a map or a list of keys was needed)" in call(remove="debug").msg


class Killed(BaseException):
    """As SIGKILL: nothing of the process runs any more."""


@pytest.fixture
def killed(host: Host, call: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`killed(settings)`: a run that ends while Docker restarts with a file that it refuses."""

    def run(settings: dict[str, Any]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(_daemon_change.Transaction, "_restart", lambda *_: host.restart() and _raise(Killed()))
            patch.setattr(_daemon_unfinished.Unfinished, "end", lambda _: None)
            with pytest.raises(Killed):
                call(settings=settings, backup=False)
        assert files(host) == [".daemon.json.unfinished", "daemon.json"]

    return run


def _raise(error: BaseException) -> None:
    raise error


def refuse_mode(settings: dict[str, Any]) -> str:
    return "logging mode not supported" if "mode" in settings.get("log-opts", {}) else ""


BAD = {"log-opts": {"mode": "banana"}}


def test_run_after_a_killed_one_puts_the_former_file_back_and_starts_docker(host: Host, call: Any, killed: Any) -> None:
    host.path.write_bytes(OWNERS)
    host.refuses = refuse_mode
    killed(BAD)
    assert (host.active, "mode" in host.settings()["log-opts"]) == (False, True)
    result = call(settings={})
    assert (result.failed, result.changed, host.active) == (False, True, True)
    assert "An earlier run was killed" in str(result.json["warnings"])
    assert (host.path.read_bytes(), files(host)) == (OWNERS, ["daemon.json"])
    assert host.containers == {"web": 7001, "db": 7002}
    assert not call(settings={}).changed


def test_check_mode_after_a_killed_run_changes_nothing(host: Host, call: Any, killed: Any) -> None:
    host.path.write_bytes(OWNERS)
    host.refuses = refuse_mode
    killed(BAD)
    before = host.path.read_bytes()
    result = call(settings={}, check=True)
    assert (result.changed, result.json["settings_before"]) == (True, json.loads(OWNERS))
    assert (host.path.read_bytes(), host.active) == (before, False)
    assert files(host) == [".daemon.json.unfinished", "daemon.json"]


def test_file_that_was_edited_after_a_killed_run_stays(host: Host, call: Any, killed: Any) -> None:
    host.refuses = refuse_mode
    killed(BAD)
    host.path.write_bytes(OWNERS)
    call(settings={})
    assert (host.path.read_bytes(), files(host)) == (OWNERS, ["daemon.json"])


def test_former_file_that_docker_refuses_too_is_said_in_its_words(host: Host, call: Any, killed: Any) -> None:
    host.path.write_bytes(OWNERS)
    host.refuses = lambda settings: "disk is gone"
    killed(BAD)
    result = call(settings={})
    assert result.failed
    assert "put back after an earlier run was killed: failed to start daemon: disk is gone" in result.msg
    assert host.path.read_bytes() == OWNERS
