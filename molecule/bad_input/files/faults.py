# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A network that is not what it seems: PORT serves a sign-in page for everything, with CERTIFICATE over TLS.

`faults.py PORT [CERTIFICATE]`; port 53 is a name server that never answers.
"""

import http.server
import socket
import ssl
import sys
import time

PAGE = b"<!DOCTYPE html><html><body>Sign in to use this network</body></html>"


class Portal(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(PAGE)

    do_HEAD = do_POST = do_GET


def main():
    port = int(sys.argv[1])
    if port == 53:
        deaf = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        deaf.bind(("127.0.0.9", port))
        time.sleep(24 * 3600)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Portal)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


main()
