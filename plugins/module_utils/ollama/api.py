# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Speaks HTTP to Ollama; nothing else does. One call, one connection, and no retries.

http.client and not urllib: a proxy from the environment must never stand between a host and its own Ollama,
and the time limit of an open stream has to change with what the server is doing.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from typing import Any, Iterator, Mapping
from urllib.parse import urlsplit

from .model_name import Installed

_START = "Check that Ollama runs (systemctl status ollama, or docker ps) and that 'url' is right."
_FOREIGN = "Find out what listens on that port (ss -ltnp), or log in to the network if a captive portal answered."
# No answer but a stream is longer; a foreign server must not fill the memory.
MOST_BYTES = 16 * 1024 * 1024


class OllamaError(Exception):
    """A call that failed.

    `seen`: what happened. `status`: HTTP status of an answer that was an error. `said`: the words are Ollama's own.
    `timed_out`: nothing came in time. `refused`: nobody listens.
    """

    def __init__(
        self,
        call: str,
        seen: str,
        advice: str = "",
        status: int | None = None,
        said: bool = False,
        timed_out: bool = False,
        refused: bool = False,
    ) -> None:
        super().__init__(f"{call}: {seen}." + (f" {advice}" if advice else ""))
        self.seen = seen
        self.status = status
        self.said = said
        self.timed_out = timed_out
        self.refused = refused


class Lines:
    """The lines of an open answer, each with its time of arrival (seconds, time.monotonic())."""

    def __init__(self, call: str, response: http.client.HTTPResponse, sock: socket.socket, limit: float) -> None:
        self.response = response
        self._call = call
        self._socket = sock
        self._limit = limit

    def wait(self, seconds: float) -> None:
        """Give up if the next line takes longer than this."""
        self._limit = max(seconds, 0.001)
        with contextlib.suppress(OSError):  # the answer may have ended already
            self._socket.settimeout(self._limit)

    def __iter__(self) -> Iterator[tuple[dict[str, Any], float]]:
        try:
            while True:
                raw = self._read()
                if not raw:
                    return
                yield self._decode(raw), time.monotonic()
        finally:
            self.close()

    def _read(self) -> bytes:
        try:
            return self.response.readline(MOST_BYTES)
        except OSError as error:
            raise _broken(self._call, error, self._limit) from error
        except http.client.HTTPException as error:
            raise OllamaError(self._call, f"the answer broke off ({error!r})", "Run it again.") from error

    def _decode(self, raw: bytes) -> dict[str, Any]:
        line = as_dict(self._call, raw)
        # Ollama answers 200 first and may find out later that it cannot: the status says nothing about a stream.
        if "error" in line:
            raise OllamaError(self._call, str(line["error"]), said=True)
        return line

    def close(self) -> None:
        self.response.close()
        self._socket.close()


class OllamaApi:
    """One server. `url` as users type it; `timeout` in seconds for the short calls. Raises OllamaError throughout."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        try:
            parts = urlsplit(self.url)
            self._port = parts.port
        except ValueError as error:
            raise OllamaError(f"url {url!r}", str(error), "Needed: http://127.0.0.1:11434 or the like.") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OllamaError(f"url {url!r}", "no http:// address", "Needed: http://127.0.0.1:11434 or the like.")
        self._host, self._path, self._tls = parts.hostname, parts.path, parts.scheme == "https"

    def version(self) -> str:
        return str(self._json("GET", "/api/version", None, "version"))

    def installed(self) -> tuple[Installed, ...]:
        """All models of the server, by name."""
        models = self._json("GET", "/api/tags", None, "models") or ()
        return tuple(
            sorted(
                (
                    Installed(str(entry["name"]), str(entry.get("digest", "")), int(entry.get("size", 0)))
                    for entry in models
                ),
                key=lambda entry: entry.name,
            )
        )

    def copy(self, source: str, target: str) -> None:
        self._json("POST", "/api/copy", {"source": source, "destination": target})

    def delete(self, name: str) -> None:
        """Delete a model; one that is gone already is what was wanted."""
        try:
            self._json("DELETE", "/api/delete", {"model": name})
        except OllamaError as error:
            if error.status != 404 or not error.said:
                raise

    def stream(self, path: str, body: Mapping[str, Any], wait: float) -> Lines:
        """Begin a streamed answer ("/api/pull", "/api/generate"); its first line may take `wait` seconds."""
        return self._open("POST", path, dict(body, stream=True), wait)

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None, key: str | None = None) -> Any:
        lines = self._open(method, path, body, self._timeout)
        call = f"{method} {self.url}{path}"
        try:
            raw = lines.response.read(MOST_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _broken(call, error, self._timeout) from error
        finally:
            lines.close()
        if key is None:
            return None
        answer = as_dict(call, raw)
        if key not in answer:
            raise OllamaError(call, f"the answer has no '{key}', so this is not Ollama", _FOREIGN)
        return answer[key]

    def _open(self, method: str, path: str, body: Mapping[str, Any] | None, wait: float) -> Lines:
        call = f"{method} {self.url}{path}"
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout)
        limit = self._timeout
        try:
            connection.connect()
            # Kept here: http.client forgets the socket of an answer that ends with its connection.
            sock, limit = connection.sock, wait
            sock.settimeout(limit)
            connection.request(
                method,
                self._path + path,
                None if body is None else json.dumps(body),
                {} if body is None else {"Content-Type": "application/json"},
            )
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise _broken(call, error, limit) from error
        lines = Lines(call, response, sock, wait)
        if response.status != 200:
            raise _refusal(call, lines)
        if "html" in str(response.getheader("Content-Type", "")).lower():
            lines.close()
            raise OllamaError(call, "a web page came instead of JSON, so this is not Ollama", _FOREIGN)
        return lines


def as_dict(call: str, raw: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises OllamaError for anything else."""
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    seen = ascii(raw[:40].decode("utf-8", "replace"))
    raise OllamaError(call, f"{seen} came instead of JSON, so this is not Ollama", _FOREIGN)


def _refusal(call: str, lines: Lines) -> OllamaError:
    """An answer other than 200: with Ollama's own words if it is Ollama."""
    response = lines.response
    try:
        answer = json.loads(response.read(MOST_BYTES))
    except (ValueError, OSError, http.client.HTTPException):
        answer = None
    finally:
        lines.close()
    if isinstance(answer, dict) and "error" in answer:
        return OllamaError(call, f"{answer['error']}", status=response.status, said=True)
    seen = f"HTTP {response.status} without Ollama's words, so this is not Ollama"
    return OllamaError(call, seen, _FOREIGN, status=response.status)


def _broken(call: str, error: Exception, limit: float) -> OllamaError:
    if isinstance(error, socket.timeout):
        return OllamaError(call, f"no answer within {limit:g} s", _START, timed_out=True)
    if isinstance(error, ConnectionRefusedError):
        return OllamaError(call, "connection refused", _START, refused=True)
    if isinstance(error, http.client.RemoteDisconnected):
        return OllamaError(call, "the connection was closed without an answer", _START)
    if isinstance(error, http.client.HTTPException):
        return OllamaError(call, f"the answer is not HTTP ({error!r}), so this is not Ollama", _FOREIGN)
    return OllamaError(call, str(error) or repr(error), _START)
