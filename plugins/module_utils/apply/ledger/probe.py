# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Look at users, packages, services, Docker's things and models for the ledger."""

from __future__ import annotations

import grp
import os
import pwd
import re
from functools import cached_property
from typing import Callable, Collection, Sequence

from ...host.launchd import Launchd
from ...host.programs import NOT_STARTED, Ran, Runner
from ...host.reader import HostReader
from ...host.system_text import parse_properties
from ...ollama.model_name import ModelNameError, ModelRef
from ...ollama.store import read_store
from .entries import PATH_KINDS, LedgerError
from .packages import FINISH, QUESTION, interrupted
from .paths import look_at_path
from .states import ABSENT, DOCKER_KINDS, State

# Compose makes a new container when its file changes. It is ours if its project is the same.
_FORMATS = {
    "volume": "{{.Name}}",
    "container": '{{.Id}} {{index .Config.Labels "com.docker.compose.project"}}',
}
# A line of `apt-get --simulate` for a new package; a package that is upgraded has its old version in brackets there.
_NEW_PACKAGE = re.compile(r"^Inst (\S+) \(", re.MULTILINE)
# Each package manager's question, and whether the answer means installed.
_PACKAGES: tuple[tuple[list[str], Callable[[Ran], bool]], ...] = (
    (["dpkg-query", "-W", "-f=${Version} ${db:Status-Status}"], lambda ran: ran.output.strip().endswith(" installed")),
    (["rpm", "-q", "--qf", "%{VERSION}-%{RELEASE} installed"], lambda ran: ran.ok),
    (["pacman", "-Q"], lambda ran: ran.ok),
    (["apk", "info", "-e", "-v"], lambda ran: ran.ok and bool(ran.output.strip())),
)


class LedgerProbe:
    """Looks at things. `store`: folder of Ollama's models. `run`: starts a program that only reads."""

    def __init__(self, run: Runner, store: str) -> None:
        self.run = run
        self.store = store

    def look(self, kind: str, name: str) -> State:
        """Return the state of one thing; raises LedgerError when that cannot be known."""
        if kind in PATH_KINDS:
            return look_at_path(kind, name)
        if kind in DOCKER_KINDS:
            return self._docker(kind, name)
        looks = {
            "user": _user,
            "group": _group,
            "membership": _membership,
            "package": self._package,
            "cask": self._cask,
            "service": self._service,
            "launch_agent": self._launch_agent,
            "model": self._model,
        }
        return looks[kind](name)

    def _package(self, name: str) -> State:
        for question, is_installed in _PACKAGES:
            ran = self.run([*question, name])
            if ran.code == NOT_STARTED:
                continue
            words = ran.output.split()
            if not is_installed(ran):
                return ABSENT
            state: State = {"state": "present", "version": words[1] if question[0] == "pacman" else words[0]}
            knows = question[0] == "dpkg-query" and self._chosen.ok
            return {**state, "chosen": name in self._chosen.output.split()} if knows else state
        raise LedgerError(
            f"Could not look at package {name}: no package manager was found (dpkg, rpm, pacman or apk was needed). "
            f"Leave packages out of 'entries' on this system."
        )

    @cached_property
    def _chosen(self) -> Ran:
        """Names of the packages that somebody asked for. One question for all: apt reads its lists again for each."""
        return self.run(["apt-mark", "showmanual"])

    def _cask(self, name: str) -> State:
        """Without Homebrew there is no cask."""
        ran = self.run(["brew", "list", "--cask", "--versions", name])
        return {"state": "present", "version": ran.output.split()[-1]} if ran.ok and ran.output.strip() else ABSENT

    def companions(self, packages: Sequence[str]) -> list[str]:
        """Return the packages that apt would install together with these; none if it cannot say."""
        ran = self.run(["apt-get", "--simulate", "--no-install-recommends", "install", *packages])
        return [name for name in _NEW_PACKAGE.findall(ran.output) if name not in packages] if ran.ok else []

    def finish_packages(self, ours: Collection[str]) -> None:
        """Let dpkg finish the packages that an interrupted run of nogpu was installing.

        Not if somebody else's packages are unfinished, too. This is the only method here that changes something. A
        failure of dpkg is not reported here: the installation that follows fails as well and says why.
        """
        half = interrupted(self.run(QUESTION).output) if ours else []
        if half and set(half) <= set(ours):
            self.run(FINISH)

    def _service(self, name: str) -> State:
        ran = self.run(["systemctl", "show", "--property=LoadState,UnitFileState,ActiveState,FragmentPath", name])
        if ran.code == NOT_STARTED:
            return ABSENT
        if not ran.ok:
            raise _unknown("service", name, ran, "an answer of systemd was needed")
        seen = parse_properties(ran.output)
        # systemd loads any name that ends in .slice, also without a file, and remembers a file that was removed.
        homeless = name.endswith(".slice") and not os.path.exists(seen.get("FragmentPath", ""))
        if homeless or seen.get("LoadState") in (None, "not-found"):
            return ABSENT
        enabled = seen.get("UnitFileState", "").startswith("enabled")
        return {"state": "present", "enabled": enabled, "active": seen.get("ActiveState") in ("active", "reloading")}

    def _launch_agent(self, name: str) -> State:
        """Say whether it is loaded. If not, there is only its file, which has its own entry."""
        return {"state": "present"} if Launchd(self.run, os.getuid()).find(name) else ABSENT

    def _docker(self, kind: str, name: str) -> State:
        ran = self.run(["docker", kind, "inspect", "--format", _FORMATS.get(kind, "{{.Id}}"), name])
        if ran.ok:
            number, _, project = ran.output.strip().partition(" ")
            return {"state": "present", "id": number, **({"project": project} if kind == "container" else {})}
        # Only Docker can say that a thing is absent. With a stopped engine, the owner's things would be taken for ours.
        if ran.code == NOT_STARTED or "no such" in ran.error.lower() or "not found" in ran.error.lower():
            return ABSENT
        raise _unknown(kind, name, ran, "a running Docker was needed")

    def _model(self, name: str) -> State:
        """Say whether it is there, in one layout of the store or the other."""
        try:
            ref = ModelRef.parse(name)
        except ModelNameError as error:
            raise LedgerError(str(error)) from error
        former = look_at_path("file", ref.manifest_path(self.store))
        store = read_store(HostReader(), self.store)
        tag, hidden = store.find(ref), store.hides(ref)
        if tag is None and "sha256" not in former:
            if hidden:
                raise LedgerError(
                    f"Could not look at model {name}: {hidden.path}: {hidden.seen} (a folder of the model store that "
                    f"can be read was needed). Correct this and run again."
                )
            return ABSENT
        return {"state": "present", **({"layers_sha256": tag.identity} if tag and tag.identity else {})}


def _user(name: str) -> State:
    try:
        seen = pwd.getpwnam(name)
    except KeyError:
        return ABSENT
    return {"state": "present", "uid": seen.pw_uid, "gid": seen.pw_gid, "home": seen.pw_dir, "shell": seen.pw_shell}


def _group(name: str) -> State:
    try:
        seen = grp.getgrnam(name)
    except KeyError:
        return ABSENT
    return {"state": "present", "gid": seen.gr_gid, "members": sorted(seen.gr_mem)}


def _membership(name: str) -> State:
    """`name` is USER:GROUP. The user's primary group counts, too."""
    user, _, group = name.partition(":")
    group_state, user_state = _group(group), _user(user)
    first = user_state != ABSENT and user_state["gid"] == group_state.get("gid")
    return {"state": "present"} if first or user in group_state.get("members", ()) else ABSENT


def _unknown(kind: str, name: str, ran: Ran, needed: str) -> LedgerError:
    said = (ran.error or ran.output).strip().splitlines()
    return LedgerError(
        f'Could not look at {kind} {name}: saw "{said[-1] if said else f"code {ran.code}"}" ({needed}). '
        f"Without knowing whether it was there before, it could not be undone safely: correct this and run again."
    )
