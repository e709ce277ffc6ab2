# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A set of laptops whose run is stopped half-way, and the state of each laptop afterwards."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from docker.models.containers import Container

from . import host, names

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = ROOT / "molecule" / "interruptions"
PROBES = (ROOT / "tests/lab/files/snapshot", SCENARIO / "files/state")
LIMIT_SECONDS = 900  # so that a run that hangs fails here
BOOT_SECONDS = 60

Wishes = Mapping[str, Mapping[str, Any]]  # variables by laptop

# What differs between two laptops although neither was stopped.
OF_ONE_LAPTOP = re.compile(
    "|".join(
        [
            r"file /etc/(hosts|hostname|machine-id|resolv\.conf|ssh/ssh_host_)",
            r"file /home/teammate/\.(ssh|ansible|ansible_async)",
            r"file /var/lib/(containerd|docker|dpkg|apt|systemd)/",  # their content is looked up by name
            r"file /var/lib/nogpu/(ledger\.json|\.ledger\.lock|home/)",  # the ledger is compared without its times
            r"(network link|listener|firewall) ",
            r"unit (ldconfig\.service|\S+\.mount|\S+@\S+|\S+\.timer|(systemd|run|apt|dpkg|session|user)-\S+) ",
        ]
    )
)


@dataclass(frozen=True)
class Run:
    """One run of the play: its words on one line, each laptop's line of the recap, and what was done (JSON lines)."""

    text: str
    recap: Mapping[str, str]
    done: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Room:
    """A set of laptops."""

    set_name: str
    inventory: Path

    def container(self, laptop: str) -> Container:
        name = names.LaptopName(self.set_name, int(laptop.removeprefix("laptop")))
        return host.engine().containers.get(name.container)

    def shell(self, laptop: str, command: str) -> str:
        """Run a command on a laptop as root, not over SSH; return what it printed."""
        answer = self.container(laptop).exec_run(["sh", "-c", command])
        assert isinstance(answer.output, bytes)
        return answer.output.decode()

    def command(self, wishes: Wishes) -> list[str]:
        """The plain run on some laptops, each with its own variables."""
        more = self.inventory.with_name(f"wishes-{time.monotonic_ns()}.yml")
        hosts = {laptop: dict(variables) for laptop, variables in wishes.items()}
        more.write_text(yaml.safe_dump({"laptops": {"hosts": hosts}}), encoding="utf-8")
        inventories = ["-i", str(self.inventory), "-i", str(more)]
        return ["ansible-playbook", *inventories, "playbooks/site.yml", "--limit", ",".join(wishes)]

    def run(self, wishes: Wishes, stops: Mapping[str, Mapping[str, str]] | None = None, retries: int = 0) -> Run:
        """Run the play to its end; on the laptops of `stops` it is stopped as the callback `interruption` says.

        `retries`: how often Ansible connects again. 0 by default: a laptop whose connection was cut stays away.
        """
        record = self.inventory.with_name("record.json")
        record.write_text("", encoding="utf-8")
        wanted = {laptop: {**stop, "container": self.container(laptop).name} for laptop, stop in (stops or {}).items()}
        env = {
            **os.environ,
            "ANSIBLE_CALLBACK_PLUGINS": str(SCENARIO / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "interruption",
            "ANSIBLE_SSH_RETRIES": str(retries),
            "INTERRUPTIONS": json.dumps(wanted),
            "INTERRUPTIONS_RECORD": str(record),
        }
        done = subprocess.run(
            self.command(wishes), cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT_SECONDS
        )
        words = re.sub(r"\s+", " ", done.stdout + done.stderr)
        recap = re.findall(r"(laptop\d+) : (ok=\d+ changed=\d+ unreachable=\d+ failed=\d+)", words)
        return Run(words, dict(recap), tuple(json.loads(line) for line in record.read_text("utf-8").splitlines()))

    def bring_back(self, laptops: Iterable[str]) -> None:
        """Make laptops reachable again, in whatever state they are."""
        for laptop in laptops:
            container = self.container(laptop)
            container.unpause() if container.status == "paused" else container.start()
        for laptop in laptops:
            deadline = time.monotonic() + BOOT_SECONDS
            while self.container(laptop).exec_run(["systemctl", "start", "ssh.service"]).exit_code:
                assert time.monotonic() < deadline, f"{laptop} does not boot"
                time.sleep(0.2)

    def state(self, laptop: str) -> str:
        """The state of a laptop: snapshot, ledger and container, without what differs between any two laptops."""
        facts = []
        for probe in PROBES:
            command = ["docker", "exec", "-i", str(self.container(laptop).name), "python3", "-"]
            with probe.open("rb") as program:
                done = subprocess.run(command, stdin=program, capture_output=True, text=True, check=True)
            facts += [_plain(line) for line in done.stdout.splitlines() if not OF_ONE_LAPTOP.match(line)]
        return "\n".join(facts)


def _plain(fact: str) -> str:
    """A fact about a container, without the numbers that Docker chose."""
    return re.sub(r"^(container \S+) \S+ (\S+) \d+$", r"\1 \2", fact)
