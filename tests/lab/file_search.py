# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Search a laptop's files for a word that should be in none of them."""

from __future__ import annotations

import shlex
from typing import Any


def files_with(host: Any, word: str, places: str, user: str = "root") -> list[str]:
    """Return the text files below `places` that hold `word` and that `user` can read.

    `host` is testinfra's. A file with the word is searched too: without it, no output could also mean that the search
    did not run. grep's exit status does not tell, as it is 2 already where one file may not be read. The word is never
    on a command line, as sudo writes those into the journal.
    """
    pattern = shlex.quote(f"{word[:-1]}[{word[-1]}]")
    control = host.check_output(
        f"control=$(mktemp -t control.XXXXXX) && printf %s%s {shlex.quote(word[:-1])} {shlex.quote(word[-1])} "
        f"> $control && chmod 0644 $control && echo $control"
    )
    search = f"grep -rIsl -D skip -- {pattern} {places} {control}"
    found = host.run(search if user == "root" else f"runuser -u {user} -- {search}").stdout.splitlines()
    host.check_output(f"unlink {control}")
    if control not in found:
        raise AssertionError(f"The search did not find {control}, which holds the word. It found: {found}.")
    return sorted(set(found) - {control})
