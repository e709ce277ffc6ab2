# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find what is ours but must stay: a hold is the reason why removal does not remove something that we installed.

An entry with a hold stays in the ledger, for a later removal. Here things are only read.
"""

from __future__ import annotations

import re
from typing import Mapping

from ...host.programs import NOT_STARTED, Runner
from .entries import Entry, Key, Ledger
from .model_store import ModelStore
from .states import State

ENGINE_OWNER = "docker_engine"
_ENGINE_PARTS = ("package", "group", "data")
_PROGRAMS = ("package", "cask")
_MODELS_STAY = "models stay unless their removal is asked for"
_REFUSED = re.compile(r"dpkg: dependency problems prevent removal of (\S+?)(?::\w+)?:\n (\S+) depends on")
_EVERY_NETWORK = frozenset({"bridge", "host", "none"})
# What `docker` lists, as (kind in the ledger, command, names that every engine has).
_GUESTS: tuple[tuple[str, list[str], frozenset[str]], ...] = (
    ("container", ["docker", "ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}}"], frozenset()),
    ("volume", ["docker", "volume", "ls", "--format", "{{.Name}} {{.Name}}"], frozenset()),
    ("image", ["docker", "image", "ls", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"], frozenset()),
    ("network", ["docker", "network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"], _EVERY_NETWORK),
)


class Holds:
    """Finds the holds on entries of `ledger`; `seen` is what each thing looks like now."""

    def __init__(self, ledger: Ledger, seen: Mapping[Key, State], run: Runner, store: ModelStore) -> None:
        self.entries = [each for each in ledger.entries if each.before["state"] == "absent"]
        self.seen, self.run, self.store = seen, run, store
        # Then our engine may go, and what is in Docker stays: the owner's engine comes back and continues with it.
        self.former_engine_comes_back = any(
            each.kind == "package" and each.before["state"] != "absent" and seen[each.key]["state"] == "absent"
            for each in ledger.entries
            if each.owner == ENGINE_OWNER and each.after and each.after["state"] == "absent"
        )

    def find(self, remove_models: bool) -> dict[Key, str]:
        """Return the reason for each entry with a hold. Raises LedgerError if a manifest cannot be read."""
        engine = self._engine()
        return {**self._models(remove_models), **self._groups(), **engine, **self._packages(engine)}

    def _ours(self, kind: str) -> list[Entry]:
        return [each for each in self.entries if each.kind == kind and self.seen[each.key]["state"] != "absent"]

    def _models(self, remove_models: bool) -> dict[Key, str]:
        names = [each.name for each in self._ours("model")]
        held = dict.fromkeys([] if remove_models else [("model", name) for name in names], _MODELS_STAY)
        if left := self.store.files() - (self.store.parts_of(names) if remove_models else frozenset()):
            used = [folder for folder in self.store.folders() if any(name.startswith(f"{folder}/") for name in left)]
            held.update({("directory", folder): "it contains models or files of somebody" for folder in used})
            for user in self._ours("user"):
                if self.seen[user.key].get("uid") == self.store.owner():
                    held[user.key] = f"it owns what stays in {self.store.path}"
        return held

    def _engine(self) -> dict[Key, str]:
        parts = [each for each in self.entries if each.owner == ENGINE_OWNER and each.kind in _ENGINE_PARTS]
        parts += [each for each in self.entries if each.kind == "cask"]
        there = any(self.seen[each.key]["state"] != "absent" for each in parts if each.kind in _PROGRAMS)
        if not there or self.former_engine_comes_back:
            return {}
        guests = self._guests()
        return {each.key: f"Docker is in use: {guests}" for each in parts} if guests else {}

    def _guests(self) -> str:
        """Return what in Docker is not ours; a sentence if Docker does not answer, because it is not known then."""
        found = []
        for kind, question, usual in _GUESTS:
            ran = self.run(question)
            if ran.code == NOT_STARTED:
                return ""
            if not ran.ok:
                return "it does not answer, so what it contains is not known (start it and remove again)"
            ours = {self.seen[each.key].get("id") for each in self.entries if each.kind == kind}
            rows = [line.split(" ", 1) for line in ran.output.splitlines() if " " in line]
            found += [f"{kind} {name}" for number, name in rows if number not in ours and name not in usual]
        return ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")

    def _groups(self) -> dict[Key, str]:
        ours = {each.name for each in self._ours("membership")}
        joined = {
            each.key: [name for name in self.seen[each.key].get("members", ()) if f"{name}:{each.name}" not in ours]
            for each in self._ours("group")
        }
        return {key: f"{', '.join(names)} joined it" for key, names in joined.items() if names}

    def _packages(self, engine: Mapping[Key, str]) -> dict[Key, str]:
        """Return packages that other packages need, or that somebody chose since. Only dpkg can be asked."""
        packages = self._ours("package")
        held = {
            each.key: "somebody chose it since"
            for each in packages
            if each.after and each.after.get("chosen") is False and self.seen[each.key].get("chosen")
        }
        held.update({key: reason for key, reason in engine.items() if key[0] == "package"})
        while True:  # what a package with a hold needs must stay, too
            names = [each.name for each in packages if each.key not in held]
            refused = dict(_REFUSED.findall(self.run(["dpkg", "--no-act", "--purge", *names]).error)) if names else {}
            new = {("package", name): f"{other} needs it" for name, other in refused.items() if name in names}
            if not new:
                return held
            held.update(new)
