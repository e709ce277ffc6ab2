# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The calls of Ollama's API that are used here."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any, Mapping

from .connection import FOREIGN, MOST_BYTES, Address, Lines, OllamaError, as_dict, broken, open_answer

__all__ = ["Installed", "OllamaApi", "OllamaError"]


@dataclass(frozen=True)
class Installed:
    """A model that a server has. `digest` is the manifest's sha256 in hex, as /api/tags gives it."""

    name: str
    digest: str
    size_bytes: int


class OllamaApi:
    """One server. `url` as users type it; `timeout` in seconds for the short calls. Raises OllamaError throughout."""

    def __init__(self, url: str, timeout: float) -> None:
        self._address = Address.parse(url)
        self._timeout = timeout

    @property
    def url(self) -> str:
        """The address without a slash at its end, as messages name it."""
        return self._address.url

    def version(self) -> str:
        return str(self._json("GET", "/api/version", None, "version"))

    def installed(self) -> tuple[Installed, ...]:
        """Return all models of the server, sorted by name."""
        models = self._json("GET", "/api/tags", None, "models") or ()
        found = [Installed(str(each["name"]), str(each.get("digest", "")), int(each.get("size", 0))) for each in models]
        return tuple(sorted(found, key=lambda entry: entry.name))

    def copy(self, source: str, target: str) -> None:
        self._json("POST", "/api/copy", {"source": source, "destination": target})

    def delete(self, name: str) -> None:
        """Delete a model. It is not an error if it is not there."""
        try:
            self._json("DELETE", "/api/delete", {"model": name})
        except OllamaError as error:
            if error.status != 404 or not error.said:
                raise

    def stream(self, path: str, body: Mapping[str, Any], wait: float) -> Lines:
        """Begin a streamed answer ("/api/pull", "/api/generate"); its first line may take `wait` seconds."""
        return open_answer(self._address, "POST", path, dict(body, stream=True), self._timeout, wait)

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None, key: str | None = None) -> Any:
        lines = open_answer(self._address, method, path, body, self._timeout, self._timeout)
        call = f"{method} {self.url}{path}"
        try:
            raw = lines.response.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise broken(call, error, self._timeout) from error
        finally:
            lines.close()
        if key is None:
            return None
        answer = as_dict(call, raw)
        if key not in answer:
            raise OllamaError(call, f"the answer has no '{key}', so this is not Ollama", FOREIGN)
        return answer[key]
