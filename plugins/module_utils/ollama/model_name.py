# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Names of models."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

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

        Raises ModelNameError for anything that Ollama refuses, or that a shell, a URL or a path would read differently.
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

    def manifest_path(self, store: str) -> str:
        """The file in the folder `store` (OLLAMA_MODELS) that Ollama writes last when it has pulled the model."""
        return f"{store.rstrip('/')}/manifests/{self.host}/{self.namespace}/{self.model}/{self.tag}"

    @property
    def is_cloud(self) -> bool:
        """True if the tag stands for a model that runs on Ollama's servers."""
        return self.tag.lower() == "cloud" or self.tag.lower().endswith("-cloud")

    def at(self, registry: str) -> ModelRef:
        """Return the same model in another registry ("host:port"; empty: where it is). Raises ModelNameError."""
        if not registry:
            return self
        if "://" in registry or "/" in registry:
            raise ModelNameError(
                f"Registry {_shown(registry)} has a scheme or a path (needed: host:port, as in 192.168.1.5:5000). "
                "Leave out http://, and set 'registry_insecure' to true if the registry speaks plain HTTP."
            )
        if not _is_host(registry):
            raise ModelNameError(f"Registry {_shown(registry)} is not an address (needed: host:port).")
        return replace(self, host=registry)

    def registry_name(self, registry: str) -> str:
        """Return the name to pull from `registry`: "172.29.7.2:5000/library/hello:latest"."""
        return self.at(registry).canonical

    def refuse_cloud(self) -> None:
        """Raise ModelNameError if this is a cloud model."""
        if self.is_cloud:
            raise ModelNameError(
                f"Model {self.canonical} is a cloud model: it would run on Ollama's servers and the prompts would "
                "leave this computer (needed: a model that runs here). Choose a tag without 'cloud'."
            )


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
        raise _refused(text, f"a registry {_shown(host)} that is not host:port")


def _is_host(host: str) -> bool:
    match = _HOST.fullmatch(host)
    return bool(match) and ".." not in host and 0 < int((match and match.group("port")) or 1) < 65536


def _refused(text: str, seen: str) -> ModelNameError:
    return ModelNameError(f"Model name {_shown(text)} has {seen} (needed: {_NEEDED}). Correct the name.")


def _shown(text: str) -> str:
    """Return the text cut to a readable length, with everything that is not plain ASCII as an escape."""
    return ascii(text if len(text) <= 60 else text[:57] + "...")
