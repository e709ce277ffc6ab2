# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Behind a company's proxy all downloads go through it, and only root can see its password."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

from tests.lab.file_search import files_with
from tests.lab.playbooks import Ended, Playbooks

CANARY = "canary-7c1e"
PATTERN = "'canar[y]-7c1e'"  # for grep: sudo logs each search, and the log must not hold the password itself
PASSWORD = f"{CANARY}$x&y"  # as in prepare.yml; $ and & have a meaning in shells, units and compose files
DAEMON_JSON, SERVER_FILE = "/etc/docker/daemon.json", "/etc/nogpu/proxy.env"
DIRECT = "localhost,127.0.0.1,::1"


@dataclass(frozen=True)
class Run:
    ended: Ended
    temp: list[str]  # what was left on the control node

    @property
    def code(self) -> int:
        return self.ended.rc

    @property
    def text(self) -> str:
        return self.ended.output

    @property
    def words(self) -> str:
        return self.ended.sentence


class Watcher(threading.Thread):
    """Reads all command lines, also those of the laptop, which is a container of this machine."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.seen: set[str] = set()
        self.looks = 0

    def run(self) -> None:
        while not self.done.wait(0.2):
            self.looks += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    continue
                if "/run/nogpu/python" in line or CANARY in line:
                    self.seen.add(line)


@dataclass
class Laptop:
    """The laptop of the scenario, and how to run playbooks on it."""

    playbooks: Playbooks
    folder: Path
    host: Host

    @property
    def proxy(self) -> str:
        return f"{self.host.ansible.get_variables()['ansible_host']}:3128"

    def play(self, playbook: str = "site.yml", **variables: Any) -> Run:
        """Run a playbook with all its output. The variables come from a file, as from an inventory."""
        address = f"http://team:{PASSWORD}@{self.proxy}"
        # The container does not have authorities of its own, and the lab's archive is .tar.zst in each version.
        known = {
            "nogpu_mirror": "",
            "nogpu_https_proxy": address,
            "nogpu_http_proxy": address,
            "__ollama_service_archive": "ollama-linux-amd64.tar.zst",
            "ollama_stack_environment": "{{ authorities }}",
            "authorities": {"SSL_CERT_FILE": "/models/authorities.pem"},
        }
        file, temp = self.folder / "variables.json", self.folder / "temp"
        file.write_text(json.dumps({**known, **variables}))
        ended = self.playbooks.run(
            playbook, "-vvv", "--diff", "-e", f"@{file}",
            limit_seconds=400, environment={"ANSIBLE_LOCAL_TEMP": str(temp)},
        )  # fmt: skip
        return Run(ended, [str(path) for path in temp.rglob("*") if path.is_file()])

    def record(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.host.check_output("cat /srv/proxy/record").splitlines()]

    def environment(self) -> dict[str, str]:
        """Return the environment of the running server."""
        pid = self.host.check_output("pgrep --full --oldest '[o]llama serve'")
        text = self.host.check_output(f"tr '\\0' '\\n' < /proc/{pid}/environ")
        return dict(line.partition("=")[::2] for line in text.splitlines())


@pytest.fixture(scope="module")
def laptop(playbooks: Playbooks, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    inventory = playbooks.inventory
    host = testinfra.get_host("ansible://laptop1", ansible_inventory=inventory, sudo=True)
    return Laptop(playbooks, tmp_path_factory.mktemp("proxy"), host)


def changed(run: Run) -> list[str]:
    """Names of the tasks that changed something."""
    tasks = re.split(r"^TASK \[", run.text, flags=re.MULTILINE)
    return [task.partition("]")[0] for task in tasks if re.search(r"^changed:", task, re.MULTILINE)]


def seen_by_others(host: Host) -> list[str]:
    """Files with the password that a user without rights can read."""
    return files_with(host, CANARY, "/etc /home /opt /root /run /srv /tmp /usr/local /var", user="nobody")


def in_the_journal(host: Host) -> str:
    """The journal's lines with the password."""
    host.check_output("journalctl --no-pager --output verbose > /run/journal.txt && test -s /run/journal.txt")
    found = host.run(f"grep {PATTERN} /run/journal.txt")
    host.check_output("unlink /run/journal.txt")
    assert found.rc in (0, 1)
    return found.stdout


def archive(host: Host) -> str:
    """Where apt takes Debian's packages from, with a slash at the end."""
    return host.check_output("apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages'").splitlines()[0]


@pytest.mark.parametrize(
    ("runtime", "variables", "words"),
    [
        (
            "docker",
            {"nogpu_http_proxy": f"http://a:{CANARY} x@proxy:1"},
            "http_proxy is 'http://xxxxx@proxy:1': it holds a",
        ),
        (
            "native",
            {"nogpu_https_proxy": f"http://a:{CANARY}@127.0.0.1:9"},
            "Could not reach the proxy 127.0.0.1:9 from",
        ),
        (
            "docker",
            {"nogpu_docker_users": ["nobody", "no-such-user"]},
            "Could not let no-such-user use Docker: no such user",
        ),
    ],
    ids=["a space", "nobody listens", "no such user"],
)
def test_a_typing_error_is_named_before_anything_is_changed(
    laptop: Laptop, runtime: str, variables: dict[str, Any], words: str
) -> None:
    run = laptop.play(nogpu_runtime=runtime, **variables)
    assert run.code != 0
    assert words in run.words
    assert CANARY not in run.text
    for path in (DAEMON_JSON, "/opt/nogpu", "/etc/nogpu", "/run/nogpu"):
        assert not laptop.host.file(path).exists


class TestDocker:
    @pytest.fixture(scope="class")
    def watcher(self) -> Iterator[Watcher]:
        watcher = Watcher()
        watcher.start()
        yield watcher
        watcher.done.set()

    @pytest.fixture(scope="class")
    def run(self, laptop: Laptop, watcher: Watcher) -> Run:
        run = laptop.play(nogpu_runtime="docker", nogpu_docker_users=["teammate"])
        assert run.code == 0, run.text[-3000:]
        return run

    @pytest.mark.parametrize(
        ("agent", "url"),
        [
            ("ansible-httpget", "https://download.docker.com/linux/debian/dists/trixie/InRelease"),
            ("APT-HTTP", "{archive}pool/main/d/docker.io/"),
            ("ansible-httpget", "https://registry-1.docker.io/v2/"),
            ("docker/", "https://registry-1.docker.io/v2/ollama/ollama/manifests/"),
            ("docker/", "https://registry-1.docker.io/v2/ollama/ollama/blobs/"),
            ("ollama/", "https://registry.ollama.ai/v2/library/hello/manifests/latest"),
            ("ollama/", "https://registry.ollama.ai/v2/library/hello/blobs/"),
        ],
    )
    def test_each_client_went_through_the_proxy(self, laptop: Laptop, run: Run, agent: str, url: str) -> None:
        start = url.replace("{archive}", archive(laptop.host))
        found = [seen for seen in laptop.record() if seen["url"].startswith(start) and agent in seen["agent"]]
        assert found
        assert 407 not in {seen["status"] for seen in found}

    def test_the_password_is_in_no_output_and_nothing_is_left_on_the_control_node(self, run: Run) -> None:
        assert "proxy_environment" in run.text
        assert CANARY not in run.text
        assert run.temp == []

    def test_the_password_was_on_no_command_line(self, run: Run, watcher: Watcher) -> None:
        assert watcher.looks > 10
        assert any("/run/nogpu/python" in line for line in watcher.seen)  # it does see the laptop's
        assert [line for line in watcher.seen if CANARY in line] == []

    def test_only_root_can_read_the_password(self, laptop: Laptop, run: Run) -> None:
        for path in (DAEMON_JSON, SERVER_FILE):
            file = laptop.host.file(path)
            assert (file.user, file.mode) == ("root", 0o600)
            assert CANARY in file.content_string
        assert seen_by_others(laptop.host) == []

    def test_the_password_is_in_no_journal_and_not_in_the_ledger(self, laptop: Laptop, run: Run) -> None:
        assert in_the_journal(laptop.host) == ""
        assert CANARY not in laptop.host.check_output("cat /var/lib/nogpu/ledger.json")

    def test_our_own_way_through_is_gone_after_the_run(self, laptop: Laptop, run: Run) -> None:
        assert not laptop.host.file("/run/nogpu").exists

    def test_the_engine_has_it_in_force(self, laptop: Laptop, run: Run) -> None:
        info = json.loads(laptop.host.check_output("docker info --format '{{json .}}'"))
        assert info["HttpsProxy"] == info["HttpProxy"] == f"http://xxxxx:xxxxx@{laptop.proxy}"
        assert info["NoProxy"] == DIRECT

    def test_the_server_has_the_proxy_for_https_and_never_the_one_for_http(self, laptop: Laptop, run: Run) -> None:
        environment = laptop.environment()
        assert environment["HTTPS_PROXY"] == f"http://team:{PASSWORD}@{laptop.proxy}"
        assert environment["NO_PROXY"] == DIRECT
        assert [name for name in environment if name.lower() == "http_proxy"] == []

    def test_the_named_user_alone_may_use_docker(self, laptop: Laptop, run: Run) -> None:
        assert laptop.host.group("docker").members == ["teammate"]

    def test_a_second_run_changes_nothing(self, laptop: Laptop, run: Run) -> None:
        again = laptop.play(nogpu_runtime="docker", nogpu_docker_users=["teammate"])
        assert again.code == 0
        assert changed(again) == []
        assert CANARY not in again.text

    def test_a_run_with_a_wrong_password_fails_and_shows_it_to_nobody(self, laptop: Laptop, run: Run) -> None:
        wrong = f"http://team:{CANARY}-wrong@{laptop.proxy}"
        failed = laptop.play(
            nogpu_runtime="docker", nogpu_https_proxy=wrong, nogpu_http_proxy=wrong, nogpu_models=["tiny:random"]
        )
        assert failed.code != 0
        assert "Proxy Authentication Required" in failed.words
        assert CANARY not in failed.text
        assert laptop.environment()["HTTPS_PROXY"] == wrong  # a new password reaches a laptop that has an old one
        assert wrong in laptop.host.file(DAEMON_JSON).content_string
        assert seen_by_others(laptop.host) == []
        assert in_the_journal(laptop.host) == ""


class TestNative:
    def test_the_archive_comes_through_the_proxy_and_the_unit_has_it(self, laptop: Laptop) -> None:
        run = laptop.play(nogpu_runtime="native")
        assert run.code == 0, run.text[-3000:]
        assert CANARY not in run.text
        assert any(
            seen["url"].startswith("https://github.com/ollama/ollama/releases/download/v0.9.3/ollama-linux-amd64")
            and seen["status"] == 200
            for seen in laptop.record()
        )
        environment = laptop.environment()
        assert environment["HTTPS_PROXY"] == f"http://team:{PASSWORD}@{laptop.proxy}"
        assert environment["NO_PROXY"] == DIRECT
        assert [name for name in environment if name.lower() == "http_proxy"] == []

    def test_nobody_else_sees_it(self, laptop: Laptop) -> None:
        assert seen_by_others(laptop.host) == []
        assert CANARY not in laptop.host.check_output("systemctl show ollama.service")
        assert in_the_journal(laptop.host) == ""


def test_removal_takes_it_all_back(laptop: Laptop) -> None:
    run = laptop.play("playbooks/remove.yml")
    assert run.code == 0, run.text[-3000:]
    assert CANARY not in run.text
    assert not laptop.host.file(DAEMON_JSON).exists
    assert not laptop.host.file(SERVER_FILE).exists
    assert "docker" not in laptop.host.check_output("id -nG teammate").split()
    assert files_with(laptop.host, CANARY, "/etc /home /opt /root /run /tmp /usr/local /var/lib /var/log") == []
