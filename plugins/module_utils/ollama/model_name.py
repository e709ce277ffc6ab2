# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Names of models, and what must be done to have or not have one. Pure: no I/O, no Ansible."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Iterable

DEFAULT_HOST = "registry.ollama.ai"
DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"
# Ollama's own limit for a namespace, a name and a tag (types/model/name.go).
LONGEST_PART = 80
LONGEST_NAME = 255

_NEEDED = "name, name:tag, namespace/name:tag or host:port/namespace/name:tag, for example qwen2.5:0.5b"
_ALLOWED = re.compile(r"[A-Za-z0-9_./:-]")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::(?P<port>[0-9]{1,5}))?")


class ModelNameError(ValueError):
    """A model or registry name that cannot be used; the text says what was seen and what was needed."""


@dataclass(frozen=True)
class ModelRef:
    """A complete model name: `host` (may carry a port), `namespace`, `model` and `tag` are never empty."""

    host: str
    namespace: str
    model: str
    tag: str

    @classmethod
    def parse(cls, text: str) -> ModelRef:
        """Read a name as Ollama does, filling in what is left out.

        Raises ModelNameError for anything Ollama would refuse or a shell, a URL or a path could misread.
        """
        _check_characters(text)
        path, tag = _split_tag(text)
        parts = path.split("/")
        if len(parts) > 3:
            raise _refused(text, f"{len(parts)} parts between slashes")
        if len(parts) == 2 and ":" in parts[0]:
            raise _refused(text, f"a registry {_shown(parts[0])} without a namespace")
        host, namespace, model = [DEFAULT_HOST, DEFAULT_NAMESPACE][: 3 - len(parts)] + parts
        _check_host(text, host)
        for what, part in (("namespace", namespace), ("name", model), ("tag", tag)):
            _check_part(text, what, part)
        return cls(host, namespace, model, tag)

    @property
    def canonical(self) -> str:
        """The name as `ollama list` shows it: "hello" becomes "hello:latest"."""
        if self.host != DEFAULT_HOST:
            return f"{self.host}/{self.namespace}/{self.model}:{self.tag}"
        if self.namespace != DEFAULT_NAMESPACE:
            return f"{self.namespace}/{self.model}:{self.tag}"
        return f"{self.model}:{self.tag}"

    @property
    def is_cloud(self) -> bool:
        """True if the tag stands for a model that runs on somebody else's computer."""
        return self.tag.lower() == "cloud" or self.tag.lower().endswith("-cloud")

    def manifest_path(self, store: str) -> str:
        """The file in the folder of the models that Ollama writes last when it has pulled this model."""
        return f"{store.rstrip('/')}/manifests/{self.host}/{self.namespace}/{self.model}/{self.tag}"

    def at(self, registry: str) -> ModelRef:
        """The same model in another registry ("host:port"; empty: where it is). Raises ModelNameError."""
        if not registry:
            return self
        if "://" in registry or "/" in registry:
            raise ModelNameError(
                f"Registry {_shown(registry)} has a scheme or a path (needed: host:port, as in 192.168.1.5:5000). "
                "Leave out http://, and set 'registry_insecure' to true if the registry speaks plain HTTP."
            )
        if not _is_host(registry):
            raise ModelNameError(f"Registry {_shown(registry)} is no address (needed: host:port, 192.168.1.5:5000).")
        return replace(self, host=registry)

    def registry_name(self, registry: str) -> str:
        """The name to pull from `registry`: "172.29.7.2:5000/library/hello:latest"."""
        return self.at(registry).canonical

    def refuse_cloud(self) -> None:
        """Raise ModelNameError if this is a cloud model."""
        if self.is_cloud:
            raise ModelNameError(
                f"Model {self.canonical} is a cloud model: it would run on Ollama's servers and the prompts would "
                "leave this computer (needed: a model that runs here). Choose a tag without 'cloud'."
            )


@dataclass(frozen=True)
class Installed:
    """One entry of what a server has. `digest` is the manifest's sha256 in hex, as /api/tags gives it."""

    name: str
    digest: str
    size_bytes: int


@dataclass(frozen=True)
class Step:
    """One change: "pull" or "delete" `name`, "adopt" it as `target`, "drop" the long name of a mirror."""

    action: str
    name: str
    target: str = ""


@dataclass(frozen=True)
class ModelPlan:
    """What to do. `certain` is False if only the registry knows whether a pull will change anything."""

    steps: tuple[Step, ...]
    before: Installed | None
    certain: bool = True


def find(ref: ModelRef, installed: Iterable[Installed]) -> Installed | None:
    """The entry of this model, or None. Ollama takes names that differ only in case as the same model."""
    wanted = ref.canonical.lower()
    return next((entry for entry in installed if entry.name.lower() == wanted), None)


def plan(wanted: ModelRef, source: ModelRef, installed: Iterable[Installed], state: str) -> ModelPlan:
    """Decide everything about one model.

    `source` is `wanted` in the registry it is pulled from. If the two differ, the pull leaves the model under
    the registry's long name; it is adopted under the wanted one and the long name goes. A long name left by an
    interrupted run is used (the manifest is written last, so the model is whole) or removed.
    Raises ModelNameError for a cloud model, unless it shall go.
    """
    entries = tuple(installed)
    here = find(wanted, entries)
    mirrored = source != wanted
    left_over = find(source, entries) if mirrored else None
    drop = (Step("drop", source.canonical),)
    if state == "absent":
        steps = (Step("delete", here.name),) if here else ()
        return ModelPlan(steps + (drop if left_over else ()), here)
    wanted.refuse_cloud()
    adopt = (Step("adopt", source.canonical, wanted.canonical), *drop) if mirrored else ()
    pull = (Step("pull", source.canonical), *adopt)
    if state == "latest":
        return ModelPlan(pull, here, certain=here is None or left_over is not None)
    if here:
        return ModelPlan(drop if left_over else (), here)
    return ModelPlan(adopt if left_over else pull, here)


def _check_characters(text: str) -> None:
    if not text:
        raise ModelNameError(f"Model name is empty (needed: {_NEEDED}).")
    if "://" in text:
        raise _refused(text, "a scheme such as http://")
    if len(text) > LONGEST_NAME:
        raise _refused(text, f"{len(text)} characters, more than {LONGEST_NAME}")
    bad = next((c for c in text if not _ALLOWED.fullmatch(c)), None)
    if bad is not None:
        raise _refused(text, f"the character {bad!a}")
    if ".." in text:
        raise _refused(text, "two dots in a row")


def _split_tag(text: str) -> tuple[str, str]:
    path, colon, tag = text.rpartition(":")
    if not colon or "/" in tag:
        return text, DEFAULT_TAG
    return path, tag


def _check_part(text: str, what: str, part: str) -> None:
    if not part:
        raise _refused(text, f"an empty {what}")
    if len(part) > LONGEST_PART:
        raise _refused(text, f"a {what} of {len(part)} characters, more than {LONGEST_PART}")
    if not _PART.fullmatch(part):
        raise _refused(text, f"a {what} {_shown(part)} that starts with '{part[0]}' or has a ':' too many")
    if what == "namespace" and "." in part:
        raise _refused(text, f"a dot in the namespace {_shown(part)}")


def _check_host(text: str, host: str) -> None:
    if not _is_host(host):
        raise _refused(text, f"a registry {_shown(host)} that is no host:port")


def _is_host(host: str) -> bool:
    match = _HOST.fullmatch(host)
    return bool(match) and ".." not in host and 0 < int((match and match.group("port")) or 1) < 65536


def _refused(text: str, seen: str) -> ModelNameError:
    return ModelNameError(f"Model name {_shown(text)} has {seen} (needed: {_NEEDED}). Correct the name.")


def _shown(text: str) -> str:
    """The text with everything that is not plain ASCII made visible, cut to a readable length."""
    return ascii(text if len(text) <= 60 else text[:57] + "...")
