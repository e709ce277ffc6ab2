# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What `./nogpu lab` does: make a laptop, run the playbook on it, and show its first answer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from scripts import ask

from . import lab, names
from .errors import LabError

QUESTION = "Do I need a GPU for a local LLM?"
TUNNEL_SECONDS = 10.0


@contextmanager
def tunnel(place: lab.Place, address: str) -> Iterator[str]:
    """Make a tunnel to the laptop's Ollama, which listens on loopback only. Yields the URL on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["-o", f'UserKnownHostsFile="{place.ssh / "known_hosts"}"', "-o", "StrictHostKeyChecking=yes"]
    command = ["ssh", "-N", "-i", str(place.ssh / "id_ed25519"), *options, "-o", "ExitOnForwardFailure=yes"]
    ssh = subprocess.Popen([*command, "-L", f"127.0.0.1:{port}:127.0.0.1:11434", f"{names.USER}@{address}"])
    try:
        wait_for(port, ssh)
        yield f"http://127.0.0.1:{port}"
    finally:
        ssh.terminate()
        ssh.wait()


def wait_for(port: int, ssh: subprocess.Popen[bytes]) -> None:
    """Return when the tunnel listens. Raises LabError if it does not in time."""
    end = time.monotonic() + TUNNEL_SECONDS
    while ssh.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise LabError("Cannot reach the laptop's Ollama through SSH. See what `./nogpu lab status` says about the laptop.")


def main() -> int:
    """Run all steps; return the exit status."""
    console = Console(highlight=False)
    began = time.monotonic()
    try:
        console.print("[bold]1. A laptop[/bold]")
        place = lab.Place.of()
        laptop = lab.up(lab.Wish(), place, console).laptops[0]
        console.print(
            f"\n[bold]2. The main job[/bold]: ansible-playbook -i {os.path.relpath(place.inventory)} site.yml"
        )
        job = subprocess.run(["ansible-playbook", "-i", str(place.inventory), "playbooks/site.yml", *sys.argv[1:]])
        if job.returncode:
            return job.returncode
        with tunnel(place, laptop.address) as url:
            console.print(f'[bold]3. Its answer[/bold] to "{QUESTION}"\n')
            sys.stdout.flush()
            if code := ask.main([QUESTION, "--url", url]):
                return code
    except LabError as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, markup=False)
        return 1
    inventory = os.path.relpath(place.inventory)
    console.print(f"\nFrom nothing to the answer in {time.monotonic() - began:.0f} s. Go on with:")
    console.print(
        f"  ./nogpu up -i {inventory} -e nogpu_runtime=native   the same laptop without Docker", soft_wrap=True
    )
    console.print("  ./nogpu lab shell laptop1                        look around")
    console.print("  ./nogpu lab down                                 remove all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
