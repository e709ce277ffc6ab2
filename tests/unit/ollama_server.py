# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""An Ollama to test against: a real HTTP server in a thread that follows a script and records every request."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterable, Union

HANG = object()
"""In a script: send nothing more and keep the connection open."""
CUT = object()
"""In a script: close the connection here, without the end that HTTP asks for."""

Item = Union[dict, float, str, object]
"""A line (dict), a pause in seconds (float), a raw line (str), something to call, HANG or CUT."""


@dataclass
class FakeOllama:
    """Models it has (name -> digest), models its registry has, and scripts for the streams.

    `pulls` and `answers` hold one list of lines per request, in order; the last one repeats. `replies` overrides
    a path with (status, content type, body). What was not foreseen is in `unexpected`.
    """

    models: dict[str, str] = field(default_factory=dict)
    registry: dict[str, str] = field(default_factory=dict)
    pulls: list[Iterable[Item]] = field(default_factory=list)
    answers: list[Iterable[Item]] = field(default_factory=list)
    replies: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    load_seconds: float = 0.0

    def __enter__(self) -> FakeOllama:
        self.stopped = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def called(self, *paths: str) -> list[Any]:
        """Bodies of the requests to these paths, in order."""
        return [body for _method, path, body in self.requests if path in paths]

    def writes(self) -> list[str]:
        """Calls that change something, in order: "POST /api/pull"."""
        return [f"{method} {path}" for method, path, _body in self.requests if method != "GET"]

    def answer(self, handler: _Handler, method: str, path: str, body: Any) -> None:
        """Send what this request deserves."""
        self.requests.append((method, path, body))
        action = getattr(self, "_" + path.strip("/").replace("/", "_"), None)
        if path in self.replies:
            handler.reply(*self.replies[path])
        elif action:
            action(handler, body)
        else:
            self.unexpected.append(f"{method} {path}")
            handler.json(500, {"error": "unexpected call"})

    def _api_version(self, handler: _Handler, _body: Any) -> None:
        handler.json(200, {"version": "0.9.3"})

    def _api_tags(self, handler: _Handler, _body: Any) -> None:
        models = [{"name": name, "model": name, "digest": digest, "size": 42} for name, digest in self.models.items()]
        handler.json(200, {"models": models})

    def _api_copy(self, handler: _Handler, body: Any) -> None:
        if body["source"] in self.models:
            self.models[body["destination"]] = self.models[body["source"]]
            handler.reply(200, "text/plain", b"")
        else:
            handler.json(404, {"error": f"model '{body['source']}' not found"})

    def _api_delete(self, handler: _Handler, body: Any) -> None:
        if self.models.pop(body["model"], None):
            handler.reply(200, "text/plain", b"")
        else:
            handler.json(404, {"error": f"model '{body['model']}' not found"})

    def _api_pull(self, handler: _Handler, body: Any) -> None:
        name = body["model"]
        script = list(self._next(self.pulls, "/api/pull") or pull_lines(name in self.registry))
        if script[-1] == {"status": "success"}:
            script.insert(-1, lambda: self.models.update({name: self.registry.get(name, "d" * 64)}))
        handler.stream(script)

    def _api_generate(self, handler: _Handler, body: Any) -> None:
        if "prompt" in body:
            handler.stream(self._next(self.answers, "/api/generate", "prompt") or answer_lines())
        else:
            handler.stream([self.load_seconds, {"response": "", "done": True, "done_reason": "load"}])

    def _next(self, scripts: list[Iterable[Item]], path: str, key: str = "model") -> Iterable[Item]:
        count = sum(1 for _method, seen, body in self.requests if seen == path and key in (body or {}))
        return scripts[min(count, len(scripts)) - 1] if scripts else []


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeOllama

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_arguments: object) -> None:
        """Keep the tests' output clean."""

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.fake.answer(self, self.command, self.path, json.loads(raw) if raw else None)

    do_GET = do_POST = do_DELETE = _serve

    def json(self, status: int, content: Any) -> None:
        self.reply(status, "application/json; charset=utf-8", json.dumps(content).encode())

    def reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, script: Iterable[Item]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with contextlib.suppress(OSError):  # the client may have enough
            for item in script:
                if item is HANG or isinstance(item, float):
                    self.server.fake.stopped.wait(30 if item is HANG else item)
                elif item is CUT:
                    self.close_connection = True
                    return
                elif callable(item):
                    item()
                else:
                    line = (item if isinstance(item, str) else json.dumps(item)).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")


def pull_lines(known: bool = True, size: int = 1000) -> list[Item]:
    """What Ollama says while it pulls a model of one layer, or one that the registry does not have."""
    if not known:
        return [{"status": "pulling manifest"}, {"error": "pull model manifest: file does not exist"}]
    layer = {"status": "pulling 0123456789ab", "digest": "sha256:0123456789ab", "total": size}
    return [
        {"status": "pulling manifest"},
        layer,
        {**layer, "completed": size // 2},
        {**layer, "completed": size},
        {"status": "verifying sha256 digest"},
        {"status": "writing manifest"},
        {"status": "success"},
    ]


def answer_lines(words: int = 8, pause: float = 0.0, tokens_per_second: float = 20.0) -> list[Item]:
    """What Ollama says while it answers, with `pause` seconds between the words."""
    lines: list[Item] = []
    for number in range(words):
        lines += [{"model": "m", "response": f"word{number} ", "done": False}, float(pause)]
    last = {
        "model": "m",
        "response": "",
        "done": True,
        "done_reason": "stop",
        "load_duration": 20_000_000,
        "prompt_eval_count": 10,
        "prompt_eval_duration": 100_000_000,
        "eval_count": words,
        "eval_duration": int(words / tokens_per_second * 1e9) if not pause else int(words * pause * 1e9),
    }
    return [*lines, last]
