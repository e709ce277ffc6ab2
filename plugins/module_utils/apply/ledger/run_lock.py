# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The run lock: it lets only one run at a time change a host.

The lock is a socket without a file. A small process on the host holds it, and the control node sends that process a
line every second. The process ends when the run ends or is killed, when the connection is lost, when no line comes any
more, and when the host boots. So no lock is ever left that somebody would have to remove.
"""

from __future__ import annotations

import json
import platform
import socket
from typing import Any

NAME = "nogpu-run"  # of the socket, in Linux's abstract space
# A control node with bad wifi may send nothing for that long and still be at work.
SILENCE_SECONDS = 60
_ANSWER_SECONDS = 20

# Runs on the host as the user who logged in. Arguments: the socket's name, seconds without a line, the answer to give.
KEEPER = r"""
import json, os, select, socket, sys, time
server = socket.socket(socket.AF_UNIX)
try:
    server.bind("\0" + sys.argv[1])
except OSError:
    sys.exit("taken")
server.listen(8)
print("held", flush=True)
began = heard = time.monotonic()
while time.monotonic() - heard < float(sys.argv[2]):
    ready = select.select([0, server], [], [], 1)[0]
    if 0 in ready:
        if not os.read(0, 4096):
            break
        heard = time.monotonic()
    if server in ready:
        peer = server.accept()[0]
        try:
            peer.sendall(json.dumps(dict(json.loads(sys.argv[3]), seconds=int(time.monotonic() - began))).encode())
        except OSError:
            pass
        peer.close()
"""


def holder(name: str = NAME) -> dict[str, Any] | None:
    """Return which run holds the lock: {run, operator, seconds}; None if no run does."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(_ANSWER_SECONDS)
        try:
            asking.connect("\0" + name)
        except OSError:  # nobody listens; always so on systems other than Linux
            return None
        try:
            found = json.loads(asking.makefile("rb").read())
        except (OSError, ValueError):  # too busy to answer, or it has just ended
            found = None
    return found if isinstance(found, dict) else {"run": "", "operator": "an unknown program", "seconds": 0}


def refusal(found: dict[str, Any]) -> str:
    """Say which run holds the lock."""
    return (
        f"Could not go on with {platform.node()}: {found.get('operator')} has been at work on it for "
        f"{found.get('seconds')} s (one run at a time was needed). This run has changed nothing meanwhile. Wait for "
        f"the end of the other run, then run this again. If the other run is killed, the host is free again after "
        f"{SILENCE_SECONDS} s at the latest."
    )
