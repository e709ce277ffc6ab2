# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""One run at a time on a host: who has it now.

The lock is a socket without a file, held on the host by a small process that the control node feeds with a line a
second. It ends when the run ends or dies, when the connection drops, when the control node falls silent, and when the
host boots: whatever happens, no lock is left that somebody would have to remove.
"""

from __future__ import annotations

import json
import platform
import socket
from typing import Any

NAME = "nogpu-run"  # of the socket, in Linux's abstract space
# A control node on bad wifi may be silent for that long and still be at work.
SILENCE_SECONDS = 60
_ANSWER_SECONDS = 20

# Runs on the host as the user who logged in. Arguments: the socket's name, seconds of silence, what to tell who asks.
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
    """Who has this host: {run, operator, seconds}; None if nobody has."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(_ANSWER_SECONDS)
        try:
            asking.connect("\0" + name)
        except OSError:  # nobody listens; on systems that are not Linux always
            return None
        try:
            found = json.loads(asking.makefile("rb").read())
        except (OSError, ValueError):  # too busy to answer, or gone at this moment
            found = None
    return found if isinstance(found, dict) else {"run": "", "operator": "an unknown program", "seconds": 0}


def refusal(found: dict[str, Any]) -> str:
    """The sentence for who came second."""
    return (
        f"Could not go on with {platform.node()}: {found.get('operator')} has been at work on it for "
        f"{found.get('seconds')} s (one run at a time was needed). This run has changed nothing meanwhile. Wait for "
        f"the end of the other run, then run this again. A run that dies frees the host by itself, after "
        f"{SILENCE_SECONDS} s at the latest."
    )
