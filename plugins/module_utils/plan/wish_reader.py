# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read wishes as an inventory holds them, by the rules of the table. Every problem is kept: one run names them all."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Callable, Mapping

from ..host.firewall import NetworkError, parse_network
from ..host.values import parse_bool, parse_bytes, parse_number, parse_version
from ..ollama.model_name import ModelNameError, ModelRef
from .seen import SEEN, read_seen
from .wish import AUTO, PREFIX, Rule
from .wish_problems import contradictions, unknown
from .wishes import DEFAULTS, RULES, Wishes, option

# What `wish_values` adds to the variables.
ADDED = ("downloads", "problems", "proxies")


def read_wishes(raw: Mapping[str, Any]) -> tuple[Wishes, list[str]]:
    """Return the wishes, defaults in place of those that cannot be read, and one problem for each of these.

    `raw` holds the variables by their names without `nogpu_`, and what the look found out. No name in
    `raw` is ignored: one that is neither of these is a problem.
    """
    wishes, problems = _read_each(raw)
    return wishes, problems + contradictions(wishes)


def _read_each(raw: Mapping[str, Any]) -> tuple[Wishes, list[str]]:
    reader = _Reader(raw)
    reader.problems += [unknown(f"{PREFIX}{name}") for name in raw if name not in (*RULES, *SEEN, *ADDED)]
    values = {name: reader.read(name, rule) for name, rule in RULES.items()}
    return Wishes(**values, **read_seen(raw, reader.problems)), reader.problems


def wish_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return every wish by its name without `nogpu_`, checked and with its default, as plain data.

    Added are `problems`, a sentence for each that cannot be read (wishes that contradict each other are the plan's to
    refuse: they are no reason to refuse a removal); `proxies`, {"https", "http", "no_proxy"}; and
    `downloads`, the proxies with the mirror. Ansible hides what is in `proxies` from the output, which the mirror's
    address must not be. What this returned may be read again. A name that only the look at a host fills in is not a
    variable, and is a problem like any other unknown name.
    """
    wishes, problems = _read_each(raw)
    problems += [unknown(f"{PREFIX}{name}") for name in raw if name in SEEN]
    values = {name: getattr(wishes, name) for name in RULES}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    proxies = {"https": wishes.https_proxy, "http": wishes.http_proxy, "no_proxy": wishes.no_proxy}
    downloads = {"mirror": wishes.mirror, **proxies}
    return {**plain, "proxies": proxies, "downloads": downloads, "problems": problems}


class _Reader:
    """Reads one wish at a time; a wish that cannot be read becomes its default and a problem."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.problems: list[str] = list(raw.get("problems") or ())

    def read(self, name: str, rule: Rule) -> Any:
        """Return the value of a wish, or what one of its words stands for; the default where nothing was wished."""
        value = self.raw.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return DEFAULTS[name]
        word = str(value).strip().lower()
        if rule.words and word in rule.words:
            return rule.words[word]
        readers: dict[str, Callable[[str, Any, Rule], Any]] = {
            "address": self.address,
            "choice": self.choice,
            "duration": self.duration,
            "list": self.items,
            "models": self.models,
            "networks": self.networks,
            "number": self.number,
            "size": self.size,
            "switch": self.switch,
            "text": self.text,
            "version": self.version,
        }
        return readers[rule.kind](name, value, rule)

    def refuse(self, name: str, seen: Any, needed: str, then: str) -> Any:
        """Note the problem and return the default."""
        shown = f"'{seen}'" if isinstance(seen, str) else str(seen)
        self.problems.append(f"{option(name)} is {shown} (needed: {needed}). {then}")
        return DEFAULTS.get(name)

    def choice(self, name: str, value: Any, rule: Rule) -> Any:
        """Return one of the words, in the spelling that is needed."""
        seen = str(value)
        found = next((word for word in rule.choices if word.lower() == seen.strip().lower()), None)
        if found is not None:
            return found
        needed = f"{', '.join(rule.choices[:-1])} or {rule.choices[-1]}"
        then = f"Set {option(name)} to one of them, for example with -e {option(name)}={rule.example}."
        return self.refuse(name, seen, needed, then)

    def number(self, name: str, value: Any, rule: Rule) -> Any:
        """Return an int if the rule asks for a whole number, else a float."""
        found = parse_number(value)
        if found is not None and rule.least <= found <= rule.most and not (rule.whole and found != int(found)):
            return int(found) if rule.whole else found
        needed = ", ".join(
            [*(rule.words or ()), f"a {'whole ' if rule.whole else ''}number from {rule.least} to {rule.most}"]
        )
        return self.refuse(name, value, needed, f"Correct {option(name)}.")

    def switch(self, name: str, value: Any, _rule: Rule) -> Any:
        found = parse_bool(value)
        if found is None:
            return self.refuse(name, value, "true or false", f"Correct {option(name)}.")
        return found

    def size(self, name: str, value: Any, rule: Rule) -> Any:
        """Return bytes."""
        found = parse_bytes(value)
        if found is None:
            needed = ", ".join([*(rule.words or ()), "bytes or a size such as 3GiB"])
            then = f"Correct it, for example with -e {option(name)}={rule.example}."
            return self.refuse(name, value, needed, then)
        return found

    def version(self, name: str, value: Any, rule: Rule) -> Any:
        try:
            if isinstance(value, float):  # YAML reads 0.30 as the number 0.3
                raise ValueError
            parse_version(str(value))
        except ValueError:
            then = f"Set {option(name)} to a published version, in quotes; 'latest' would differ from laptop to laptop."
            return self.refuse(name, value, f"a version such as '{rule.example}'", then)
        return str(value).strip()

    def duration(self, name: str, value: Any, _rule: Rule) -> Any:
        seen = str(value).strip()
        if re.fullmatch(r"-?\d+|(\d+(\.\d+)?(ms|s|m|h))+", seen):
            return seen
        return self.refuse(name, seen, "a duration such as 24h or 5m, or -1 for always", "Correct it.")

    def address(self, name: str, value: Any, _rule: Rule) -> Any:
        seen = str(value)
        try:
            return str(ipaddress.ip_address(seen))
        except ValueError:
            then = f"Set {option(name)} to an address, for example with -e {option(name)}=127.0.0.1."
            return self.refuse(name, seen, "an IP address such as 127.0.0.1", then)

    def text(self, name: str, value: Any, _rule: Rule) -> Any:
        if isinstance(value, (bool, Mapping, list, tuple)):
            return self.refuse(name, value, "text", f"Correct {option(name)}.")
        return str(value).strip()

    def items(self, name: str, value: Any, _rule: Rule) -> Any:
        names = _names(value)
        if names is None or "" in names:
            return self.refuse(name, value, "a list of names", f"Correct {option(name)}.")
        return tuple(names)

    def networks(self, name: str, value: Any, _rule: Rule) -> tuple[str, ...]:
        found = []
        for text in value if isinstance(value, (list, tuple)) else str(value).split(","):
            try:
                found.append(parse_network(str(text)))
            except NetworkError as error:
                self.problems.append(f"{option(name)} {error}")
        return tuple(dict.fromkeys(found))

    def models(self, name: str, value: Any, _rule: Rule) -> Any:
        names = _names(value)
        if not names:
            then = f"Name models in {option(name)}, or leave it out to have one chosen."
            return self.refuse(name, value, "auto, or names such as qwen2.5:0.5b", then)
        read = [self.model(name, each) for each in names]
        return tuple(dict.fromkeys(each for each in read if each)) or (AUTO,)

    def model(self, name: str, text: str) -> str:
        if text.lower() == AUTO:
            return AUTO
        try:
            ref = ModelRef.parse(text)
            ref.refuse_cloud()
        except ModelNameError as error:
            self.problems.append(f"{option(name)}: {error}")
            return ""
        return ref.canonical


def _names(value: Any) -> list[str] | None:
    """Return the names of a list, or of text with commas between them; None for what is neither."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or any(isinstance(each, (type(None), bool, dict, list)) for each in names):
        return None
    return [str(each).strip() for each in names]
