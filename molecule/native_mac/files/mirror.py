# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""A team mirror that has the archive for macOS, and redirects all other requests to the lab's mirror."""

import os
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

FOLDER, ELSEWHERE = sys.argv[1:]
PORT = 5000


class Mirror(SimpleHTTPRequestHandler):
    def send_head(self):
        """Answer GET and HEAD."""
        if os.path.isfile(self.translate_path(self.path)):
            return super().send_head()
        self.send_response(307)
        self.send_header("Location", ELSEWHERE + self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None


os.chdir(FOLDER)
ThreadingHTTPServer(("127.0.0.1", PORT), Mirror).serve_forever()
