# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The lab's command line: `python -m tests.lab VERB`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from rich.console import Console

from . import lab, names, predictions
from .errors import LabError
from .status import show_status


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(prog="lab", description="Throwaway laptops, a mirror and a real Ollama.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--name", default=names.MAIN_SET, help="another set of laptops beside the main one")
    common.add_argument("--state", type=Path, help="folder for the SSH key and the inventory")
    common.add_argument("--inventory", type=Path, help="where to write the inventory")

    up = verbs.add_parser("up", parents=[common], help="make what is missing and boot it")
    up.add_argument("--laptops", type=int, metavar="N", help="at least this many (default 1, with --vm 0)")
    up.add_argument("--suite", choices=names.SUITES, default="trixie", help="Debian of new laptops (default trixie)")
    up.add_argument(
        "--vm", action="store_true", help="also an emulated machine, with its own kernel and control groups"
    )
    up.add_argument("--docker", action="store_true", help="new laptops, and a new machine, come with Docker installed")

    down = verbs.add_parser("down", parents=[common], help="remove the lab, or one set of laptops with --name")
    down.add_argument("--cache", action="store_true", help="remove what was built, too")

    verbs.add_parser("status", help="show laptops and mirror")
    verbs.add_parser("predictions", help="compare the plan's formula with llama.cpp on real shapes; 5 minutes")
    shell = verbs.add_parser("shell", parents=[common], help="open a shell on a laptop, or run a command there")
    shell.add_argument("laptop", help="its name, such as laptop1")
    shell.add_argument("command", nargs=argparse.REMAINDER, help="a command to run instead of a shell")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run one verb; return the exit status."""
    options = parse(arguments)
    console = Console()
    try:
        if options.verb == "status":
            show_status(console)
            return 0
        if options.verb == "predictions":
            predictions.main(console)
            return 0
        place = lab.Place.of(options.name, options.state, options.inventory)
        if options.verb == "up":
            _up(options, place, console)
        elif options.verb == "down":
            lab.down(place, console, options.cache)
        else:
            _shell(options, place)
    except LabError as error:
        Console(stderr=True).print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        return 1
    return 0


def wish_of(options: argparse.Namespace) -> lab.Wish:
    """Return what `up` has to make."""
    count = options.laptops if options.laptops is not None else 0 if options.vm else 1
    return lab.Wish(count, options.suite, options.docker, options.vm)


def _up(options: argparse.Namespace, place: lab.Place, console: Console) -> None:
    result = lab.up(wish_of(options), place, console)
    for laptop in result.laptops:
        console.print(f"{laptop.name.host}  {laptop.address}  {laptop.suite}", highlight=False)
    what = "ready" if result.changed else "ready, nothing changed"
    inventory = os.path.relpath(place.inventory)
    console.print(f"The lab is {what} ({result.seconds:.1f} s). Inventory: {inventory}", highlight=False)


def _shell(options: argparse.Namespace, place: lab.Place) -> None:
    address = lab.address_of(place, options.laptop)
    ssh = [
        "ssh", "-i", str(place.ssh / "id_ed25519"), "-o", f'UserKnownHostsFile="{place.ssh / "known_hosts"}"',
        "-o", "StrictHostKeyChecking=yes", f"{names.USER}@{address}",
    ]  # fmt: skip
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    # One word is a whole command line, given in quotes. Several words are quoted again, as ssh joins them with spaces.
    os.execvp("ssh", ssh + (command if len(command) < 2 else [shlex.join(command)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
