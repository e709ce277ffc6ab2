# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""One HTTP call to a server: its answer line by line, or why there is none. One connection each, and no retries.

http.client and not urllib: a proxy from the environment must never stand between a host and its own Ollama,
and the time limit of an open stream has to change with what the server is doing.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from dataclasses import dataclass
from typing import Any, Iterator, Mapping
from urllib.parse import urlsplit

START = "Check that Ollama runs (systemctl status ollama, or docker ps) and that 'url' is right."
FOREIGN = "Find out what listens on that port (ss -ltnp), or log in to the network if a captive portal answered."
_EXAMPLE = "Needed: http://127.0.0.1:11434 or the like."
# Only a stream is longer than this; an unknown server must not fill the memory.
MOST_BYTES = 16 * 1024 * 1024


class OllamaError(Exception):
    """A call that failed.

    `seen`: what happened. `status`: HTTP status of an answer that was an error. `said`: the words are Ollama's own.
    `timed_out`: no answer came in time. `refused`: no program listens on the port.
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
            raise broken(self._call, error, self._limit) from error
        except http.client.HTTPException as error:
            raise OllamaError(self._call, f"the answer ended early ({error!r})", "Run it again.") from error

    def _decode(self, raw: bytes) -> dict[str, Any]:
        line = as_dict(self._call, raw)
        # Ollama answers 200 first and may find out later that it cannot: the status says nothing about a stream.
        if "error" in line:
            raise OllamaError(self._call, str(line["error"]), said=True)
        return line

    def close(self) -> None:
        self.response.close()
        self._socket.close()


@dataclass(frozen=True)
class Address:
    """Where a server is. `url` has no slash at its end; `path` is the part of it that stands before each call's own."""

    url: str
    host: str
    port: int | None
    path: str
    tls: bool

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read an address as users type it. Raises OllamaError."""
        url = url.rstrip("/")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise OllamaError(f"url {url!r}", str(error), _EXAMPLE) from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OllamaError(f"url {url!r}", "not an http:// address", _EXAMPLE)
        return cls(url, parts.hostname, port, parts.path, parts.scheme == "https")

    def connection(self, seconds: float) -> http.client.HTTPConnection:
        """Return a connection that is not open yet."""
        kind = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
        return kind(self.host, self.port, timeout=seconds)


def open_answer(
    address: Address, method: str, path: str, body: Mapping[str, Any] | None, seconds: float, wait: float
) -> Lines:
    """Make a call and return its answer, still open. Raises OllamaError.

    `seconds`: to connect; `wait`: for the first line.
    """
    call = f"{method} {address.url}{path}"
    connection, limit = address.connection(seconds), seconds
    text = None if body is None else json.dumps(body)
    headers = {} if body is None else {"Content-Type": "application/json"}
    try:
        connection.connect()
        # Kept here: http.client forgets the socket of an answer that ends with its connection.
        sock, limit = connection.sock, wait
        sock.settimeout(limit)
        connection.request(method, address.path + path, text, headers)
        lines = Lines(call, connection.getresponse(), sock, wait)
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise broken(call, error, limit) from error
    _check(call, lines)
    return lines


def _check(call: str, lines: Lines) -> None:
    """Raise OllamaError, with the answer closed, unless it is one of Ollama's that says "200 OK"."""
    if lines.response.status != 200:
        raise _refusal(call, lines)
    if "html" in str(lines.response.getheader("Content-Type", "")).lower():
        lines.close()
        raise OllamaError(call, "a web page came instead of JSON, so this is not Ollama", FOREIGN)


def as_dict(call: str, raw: bytes) -> dict[str, Any]:
    """Read a JSON object. Raises OllamaError for anything else."""
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    seen = ascii(raw[:40].decode("utf-8", "replace"))
    raise OllamaError(call, f"{seen} came instead of JSON, so this is not Ollama", FOREIGN)


def _refusal(call: str, lines: Lines) -> OllamaError:
    """Return the error of an answer other than 200, in Ollama's own words if it is Ollama."""
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
    return OllamaError(call, seen, FOREIGN, status=response.status)


def broken(call: str, error: Exception, limit: float) -> OllamaError:
    """Return in plain words why a connection failed."""
    if isinstance(error, socket.timeout):
        return OllamaError(call, f"no answer within {limit:g} s", START, timed_out=True)
    if isinstance(error, ConnectionRefusedError):
        return OllamaError(call, "connection refused", START, refused=True)
    if isinstance(error, http.client.RemoteDisconnected):
        return OllamaError(call, "the connection was closed without an answer", START)
    if isinstance(error, http.client.HTTPException):
        return OllamaError(call, f"the answer is not HTTP ({error!r}), so this is not Ollama", FOREIGN)
    return OllamaError(call, str(error) or repr(error), START)
