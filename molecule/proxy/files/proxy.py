# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A company's proxy, and the Internet behind it: `proxy.py FOLDER MIRROR`.

It requires the user:password in FOLDER/password, records each request in FOLDER/record and forwards plain http. After
CONNECT it answers as Docker Hub, Ollama's registry and GitHub, with its own certificate and files from the lab's
mirror. To all other requests it answers 404.
"""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import shutil
import ssl
import sys
from pathlib import Path
from urllib.parse import urlsplit

FOLDER, MIRROR = Path(sys.argv[1]), urlsplit(sys.argv[2]).netloc
PASS = "Basic " + base64.b64encode((FOLDER / "password").read_bytes()).decode()
PLAYED = ("", "registry-1.docker.io", "registry.ollama.ai", "github.com")  # "" = no tunnel
RELEASES = "/ollama/ollama/releases/download"
HOP_BY_HOP = ("connection", "proxy-authorization", "proxy-connection", "keep-alive", "host")


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    inside = ""  # the host of the tunnel

    def note(self, url: str, status: int) -> None:
        seen = {"method": self.command, "url": url, "status": status, "agent": self.headers.get("User-Agent", "")}
        with (FOLDER / "record").open("a") as record:
            record.write(json.dumps(seen) + "\n")

    def refuse(self, url: str, status: int) -> None:
        self.note(url, status)
        self.send_response(status)
        if status == 407:
            self.send_header("Proxy-Authenticate", 'Basic realm="company"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def let_in(self) -> bool:
        return bool(self.inside) or self.headers.get("Proxy-Authorization") == PASS

    def do_CONNECT(self) -> None:
        if not self.let_in():
            self.refuse(self.path, 407)
            return
        self.note(self.path, 200)
        self.send_response(200)
        self.end_headers()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(FOLDER / "cert.pem", FOLDER / "key.pem")
        self.inside = self.path.rpartition(":")[0]
        try:
            self.connection = context.wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        url = f"https://{self.inside}{self.path}" if self.inside else self.path
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if not self.let_in():
            self.refuse(url, 407)
        elif self.inside in PLAYED:
            self.pass_on(url, MIRROR if self.inside else parts.netloc, path.replace(RELEASES, "/ollama"))
        else:
            self.refuse(url, 404)

    do_HEAD = do_GET

    def pass_on(self, url: str, host: str, path: str) -> None:
        upstream = http.client.HTTPConnection(host, timeout=60)
        names = {name.lower() for name in self.headers} - set(HOP_BY_HOP)
        headers = {name: ", ".join(self.headers.get_all(name, [])) for name in names}  # Docker sends Accept many times
        upstream.request(self.command, path, headers=headers)
        answer = upstream.getresponse()
        self.note(url, answer.status)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        whole = answer.headers.get("Content-Length") is not None or self.command == "HEAD" or answer.status == 304
        if not whole:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        shutil.copyfileobj(answer, self.wfile)
        upstream.close()

    def log_message(self, *_: object) -> None:
        """Log nothing: the record has every request."""


http.server.ThreadingHTTPServer(("", 3128), Proxy).serve_forever()
