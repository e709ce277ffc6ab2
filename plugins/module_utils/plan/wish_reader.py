# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Read wishes as a playbook hands them over. Every problem is kept, so that one run names them all. No I/O here."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import fields
from typing import Any, Mapping

from ..host.firewall import NetworkError, parse_network
from ..host.values import parse_bool, parse_bytes, parse_number, parse_version
from ..ollama.model_name import ModelNameError, ModelRef
from .wishes import AUTO, KV_CACHE_TYPES, QUANTISATIONS, RUNTIMES, UNLIMITED, Wishes, option

LAST_SECOND = 253_402_300_799  # of the year 9999, the last that can be written as a date


def read_wishes(raw: Mapping[str, Any]) -> tuple[Wishes, list[str]]:
    """Return the wishes, defaults in place of those that cannot be read, and one problem for each of these."""
    reader = _Reader(raw)
    known = [entry.name for entry in fields(Wishes)]
    reader.problems += [
        f"{option(name)} is not known (needed: {', '.join(known)}). Correct the name."
        for name in raw
        if name not in known
    ]
    wishes = Wishes(
        host=str(raw.get("host") or ""),
        runtime=reader.choice("runtime", RUNTIMES, example="docker"),
        models=reader.models(),
        min_tokens_per_second=reader.number("min_tokens_per_second", 0, 10_000),
        host_network=reader.switch("host_network"),
        listen=reader.listen(),
        port=reader.number("port", 1, 65535, whole=True),
        expose=reader.switch("expose"),
        allowed_networks=reader.networks(),
        memory_reserve_bytes=reader.bytes_or("memory_reserve_bytes", {"": None, AUTO: None}, example="3GiB"),
        memlock=reader.bytes_or("memlock", {"": AUTO, AUTO: AUTO, UNLIMITED: UNLIMITED}, example=UNLIMITED),
        context_length=reader.number("context_length", 256, 1_048_576, whole=True),
        parallel=reader.number("parallel", 1, 64, whole=True),
        keep_alive=reader.keep_alive(),
        kv_cache_type=reader.choice("kv_cache_type", KV_CACHE_TYPES, example="f16"),
        ollama_version=reader.version("ollama_version"),
        floor_version=reader.version("floor_version"),
        adopt_ollama=reader.switch("adopt_ollama"),
        store_user=str(reader.value("store_user")),
        cpu_limit=reader.number("cpu_limit", 0, 4096),
        cpu_weight=reader.number("cpu_weight", 1, 10_000, whole=True),
        quantisation=reader.choice("quantisation", QUANTISATIONS, example="q4_K_M"),
        mem_swappiness=reader.number("mem_swappiness", 0, 200, whole=True),
        manifest_sizes=reader.sizes(),
        models_present=reader.present(),
        clock_epoch_seconds=reader.number("clock_epoch_seconds", 0, LAST_SECOND),
        control_before_epoch_seconds=reader.number("control_before_epoch_seconds", 0, LAST_SECOND),
        control_after_epoch_seconds=reader.number("control_after_epoch_seconds", 0, LAST_SECOND),
    )
    return wishes, reader.problems + _contradictions(wishes)


def _contradictions(wishes: Wishes) -> list[str]:
    """Return what is wrong with wishes that are well-formed each."""
    problems = []
    if parse_version(wishes.ollama_version) < parse_version(wishes.floor_version):
        problems.append(
            f"{option('ollama_version')} is '{wishes.ollama_version}' (needed: {wishes.floor_version} or newer; below "
            "0.17.1 a crafted model file can read the server's memory, before 0.21 a restart throws away unfinished "
            f"downloads). Set it to a newer version, or lower {option('floor_version')} if you know why."
        )
    if not wishes.expose and not ipaddress.ip_address(wishes.listen).is_loopback:
        problems.append(
            f"{option('listen')} is '{wishes.listen}' (needed: a loopback address such as 127.0.0.1, as Ollama asks "
            f"nobody for a password). Set {option('expose')}: true if others may use it, and name their networks "
            f"in {option('allowed_networks')}."
        )
    if wishes.exposed and not wishes.allowed_networks:
        problems.append(
            f"{option('allowed_networks')} is empty, but {option('listen')} is '{wishes.listen}' (needed: the networks "
            "that may use Ollama, as it asks nobody for a password). Name them, for example with "
            f"-e {option('allowed_networks')}=192.168.1.0/24; 'ip -brief address' shows those of the laptop."
        )
    return problems


class _Reader:
    """Reads one wish at a time; a wish that cannot be read becomes its default and a problem."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.problems: list[str] = []

    def given(self, wish: str) -> bool:
        return self.raw.get(wish) not in (None, "")

    def value(self, wish: str) -> Any:
        return self.raw[wish] if self.given(wish) else getattr(Wishes, wish)

    def refuse(self, wish: str, seen: Any, needed: str, then: str) -> Any:
        """Note the problem and return the default."""
        shown = f"'{seen}'" if isinstance(seen, str) else str(seen)
        self.problems.append(f"{option(wish)} is {shown} (needed: {needed}). {then}")
        return getattr(Wishes, wish)

    def choice(self, wish: str, allowed: tuple[str, ...], example: str) -> Any:
        """Return one of the words, in the spelling that is needed; the default where nothing was wished."""
        if not self.given(wish):
            return getattr(Wishes, wish)
        seen = str(self.raw[wish])
        found = next((value for value in allowed if value.lower() == seen.strip().lower()), None)
        if found is not None:
            return found
        needed = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        then = f"Set {option(wish)} to one of them, for example with -e {option(wish)}={example}."
        return self.refuse(wish, seen, needed, then)

    def number(self, wish: str, least: int, most: int, whole: bool = False) -> Any:
        """Return an int if `whole`, else a float; the default where nothing was wished."""
        if not self.given(wish):
            return getattr(Wishes, wish)
        found = parse_number(self.raw[wish])
        if found is not None and least <= found <= most and not (whole and found != int(found)):
            return int(found) if whole else found
        needed = f"a {'whole ' if whole else ''}number from {least} to {most}"
        return self.refuse(wish, self.raw[wish], needed, f"Correct {option(wish)}.")

    def switch(self, wish: str) -> bool:
        seen = self.value(wish)
        found = parse_bool(seen)
        if found is None:
            return bool(self.refuse(wish, seen, "true or false", f"Correct {option(wish)}."))
        return found

    def bytes_or(self, wish: str, words: Mapping[str, Any], example: str) -> Any:
        seen = self.value(wish)
        word = "" if seen is None else str(seen).strip().lower()
        if word in words:
            return words[word]
        found = parse_bytes(seen)
        if found is None:
            needed = ", ".join([name for name in words if name] + ["bytes or a size such as 3GiB"])
            return self.refuse(wish, seen, needed, f"Correct it, for example with -e {option(wish)}={example}.")
        return found

    def version(self, wish: str) -> str:
        seen = self.value(wish)
        try:
            if isinstance(seen, float):  # YAML reads 0.30 as the number 0.3
                raise ValueError
            parse_version(str(seen))
        except ValueError:
            then = f"Set {option(wish)} to a published version, in quotes; 'latest' would differ from laptop to laptop."
            return str(self.refuse(wish, seen, "a version such as '0.33.0'", then))
        return str(seen)

    def keep_alive(self) -> str:
        seen = str(self.value("keep_alive")).strip()
        if re.fullmatch(r"-?\d+|(\d+(\.\d+)?(ms|s|m|h))+", seen):
            return seen
        return str(self.refuse("keep_alive", seen, "a duration such as 24h or 5m, or -1 for always", "Correct it."))

    def listen(self) -> str:
        seen = str(self.value("listen"))
        try:
            return str(ipaddress.ip_address(seen))
        except ValueError:
            then = f"Set {option('listen')} to an address, for example with -e {option('listen')}=127.0.0.1."
            return str(self.refuse("listen", seen, "an IP address such as 127.0.0.1", then))

    def networks(self) -> tuple[str, ...]:
        seen = self.value("allowed_networks")
        found = []
        for text in seen if isinstance(seen, (list, tuple)) else str(seen).split(","):
            try:
                found.append(parse_network(str(text)))
            except NetworkError as error:
                self.problems.append(f"{option('allowed_networks')} {error}")
        return tuple(dict.fromkeys(found))

    def models(self) -> tuple[str, ...]:
        seen = self.value("models")
        names = seen.split(",") if isinstance(seen, str) else seen
        if not isinstance(names, (list, tuple)) or not names:
            then = f"Name models in {option('models')}, or leave it out to have one chosen."
            return tuple(self.refuse("models", seen, "auto, or names such as qwen2.5:0.5b", then))
        read = [self.model(str(name).strip()) for name in names]
        return tuple(dict.fromkeys(name for name in read if name)) or (AUTO,)

    def model(self, name: str) -> str:
        if name.lower() == AUTO:
            return AUTO
        try:
            ref = ModelRef.parse(name)
            ref.refuse_cloud()
        except ModelNameError as error:
            self.problems.append(f"{option('models')}: {error}")
            return ""
        return ref.canonical

    def present(self) -> tuple[str, ...] | None:
        names = self.raw.get("models_present")
        return None if names is None else tuple(str(name) for name in names)

    def sizes(self) -> dict[str, int]:
        found = {}
        for name, size in (self.raw.get("manifest_sizes") or {}).items():
            count = parse_bytes(size)
            if count is None:
                self.problems.append(f"{option('manifest_sizes')}, {name}: is '{size}' (needed: bytes). Correct it.")
            else:
                found[ModelRef.parse(str(name)).canonical] = count
        return found
