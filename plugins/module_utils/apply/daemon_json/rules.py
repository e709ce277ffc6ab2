# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Find the faults in a daemon.json that dockerd would only report when it is restarted.

Sources: moby daemon/config/config.go, config_linux.go, registry/config.go of 20.10 to 29 (keys and their types),
daemon/logger/*/ (log options), docker/go-units ulimit.go (names of ulimits).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

_KEYS_BY_KIND: dict[str, str] = {
    "true or false": """allow-direct-routing cri-containerd debug experimental icc init ip-forward ip-forward-no-drop
        ip-masq ip6tables iptables ipv6 live-restore no-new-privileges raw-logs rootless selinux-enabled tls tlsverify
        userland-proxy disable-legacy-registry""",
    "a number": """cpu-rt-period cpu-rt-runtime max-concurrent-downloads max-concurrent-uploads max-download-attempts
        mtu network-control-plane-mtu network-diagnostic-port oom-score-adjust shutdown-timeout
        swarm-raft-election-tick swarm-raft-heartbeat-tick""",
    "a text": """api-cors-header bip bip6 bridge bridge-accept-fwmark cgroup-parent cluster-advertise cluster-store
        config-file containerd containerd-namespace containerd-plugin-namespace data-root default-cgroupns-mode
        default-gateway default-gateway-v6 default-init default-ipc-mode default-runtime deprecated-key-path exec-root
        firewall-backend fixed-cidr fixed-cidr-v6 graph group host-gateway-ip init-path ip log-driver log-format
        log-level metrics-addr pidfile resolv-conf seccomp-profile storage-driver swarm-default-advertise-addr
        tlscacert tlscert tlskey userland-proxy-path userns-remap""",
    "a list of texts": """allow-nondistributable-artifacts authorization-plugins cdi-spec-dirs dns dns-opts dns-search
        exec-opts host-gateway-ips hosts insecure-registries labels node-generic-resources registry-mirrors
        storage-opts""",
    "a list": "default-address-pools",
    "a map": "builder cluster-store-opts default-network-opts default-ulimits features proxies runtimes",
    "a map of texts": "log-opts",
    "a size": "default-shm-size",
}
KIND: dict[str, str] = {key: kind for kind, keys in _KEYS_BY_KIND.items() for key in keys.split()}

# Flags of dockerd whose key in the file has another name, and short flags.
_FLAG_KEYS = {
    "host": "hosts", "H": "hosts", "label": "labels", "log-opt": "log-opts", "storage-opt": "storage-opts",
    "exec-opt": "exec-opts", "dns-opt": "dns-opts", "registry-mirror": "registry-mirrors", "graph": "data-root",
    "insecure-registry": "insecure-registries", "default-ulimit": "default-ulimits", "add-runtime": "runtimes",
    "authorization-plugin": "authorization-plugins", "default-address-pool": "default-address-pools",
    "node-generic-resource": "node-generic-resources", "D": "debug", "G": "group", "l": "log-level", "g": "data-root",
    "s": "storage-driver", "b": "bridge", "p": "pidfile",
}  # fmt: skip

_COMMON = frozenset({"mode", "max-buffer-size"})
_ATTRIBUTES = frozenset({"labels", "labels-regex", "env", "env-regex", "tag"})
_CACHE = frozenset({"cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"})
LOG_OPTIONS: dict[str, frozenset[str]] = {
    "json-file": _COMMON | _ATTRIBUTES | {"max-size", "max-file", "compress"},
    "local": _COMMON | _ATTRIBUTES | {"max-size", "max-file", "compress"},
    "journald": _COMMON | _ATTRIBUTES | _CACHE,
}
_ULIMITS = "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack"
ULIMITS = frozenset(_ULIMITS.split())
PROXIES = ("http-proxy", "https-proxy", "no-proxy")
# When one of these changes, a restarted dockerd does not find the running containers again. The documentation of
# live-restore names bridge addresses and storage driver; the others change the place where dockerd looks for them.
_NOT_LIVE = """bip bip6 bridge fixed-cidr fixed-cidr-v6 storage-driver data-root exec-root userns-remap
    containerd-namespace"""
NOT_LIVE = frozenset(_NOT_LIVE.split())


@dataclass(frozen=True)
class Fault:
    """`key` is the key at the top level. `starts`: dockerd starts with it, and containers fail later."""

    key: str
    seen: str
    starts: bool = False


def faults(settings: Mapping[str, Any], flags: Sequence[str], names_too: bool) -> tuple[Fault, ...]:
    """All known faults in file order. `flags`: dockerd's command line. `names_too`: refuse keys we do not know."""
    by_flag = flag_keys(flags)
    found: list[Fault] = []
    for key, value in settings.items():
        kind = KIND.get(key)
        if kind is None:
            if names_too:
                found.append(Fault(key, f"'{key}' is not an option of dockerd"))
        elif not _is(kind, value):
            found.append(Fault(key, f"'{key}' is {_name(value)} ({kind} was needed)"))
        if key in by_flag and key != "runtimes":
            flag = by_flag[key]
            found.append(
                Fault(key, f"'{key}' is also set by the flag {flag} in the service: dockerd does not start with both")
            )
    return (*found, *_log_faults(settings), *_ulimit_faults(settings), *_clashes(settings), *_proxy_faults(settings))


def flag_keys(flags: Sequence[str]) -> dict[str, str]:
    """{key of daemon.json: flag as written} for a dockerd command line."""
    keys = {}
    for flag in flags:
        hit = re.match(r"(--[\w-]+|-[A-Za-z](?=$|[^-]))", flag)
        if hit:
            name = hit.group().lstrip("-")
            keys[_FLAG_KEYS.get(name, name)] = hit.group()
    return keys


def config_file(flags: Sequence[str]) -> str:
    """The file that a flag tells dockerd to read, "" without such a flag."""
    for flag, value in zip(flags, (*flags[1:], "")):
        name, _, joined = flag.partition("=")
        if name == "--config-file":
            return joined or value
    return ""


def _log_faults(settings: Mapping[str, Any]) -> tuple[Fault, ...]:
    driver, options = settings.get("log-driver") or "json-file", settings.get("log-opts")
    if not isinstance(driver, str) or not isinstance(options, dict) or driver not in LOG_OPTIONS:
        return ()
    wrong = [Fault("log-opts", f"'log-opts.{key}' is {_name(value)} (a text was needed: \"{value}\")")
             for key, value in options.items() if not isinstance(value, str)]  # fmt: skip
    known = LOG_OPTIONS[driver]
    for key in options:
        if key not in known:
            choice = ", ".join(sorted(known))
            wrong.append(Fault("log-opts", f"'log-opts.{key}' is not an option of the log driver {driver} ({choice})"))
    return tuple(wrong)


def _ulimit_faults(settings: Mapping[str, Any]) -> tuple[Fault, ...]:
    limits = settings.get("default-ulimits")
    wrong = []
    for name, limit in (limits if isinstance(limits, dict) else {}).items():
        where = f"'default-ulimits.{name}'"
        if not isinstance(limit, dict):
            wrong.append(
                Fault("default-ulimits", f"{where} is {_name(limit)} (a map with Name, Soft and Hard was needed)")
            )
            continue
        parts = {str(key).lower(): value for key, value in limit.items()}  # Go takes keys in any case
        inner, soft, hard = parts.get("name", name), parts.get("soft", 0), parts.get("hard", 0)
        if inner not in ULIMITS:
            seen = f"{where} has the name '{inner}', which is not a ulimit ({', '.join(sorted(ULIMITS))})"
            wrong.append(Fault("default-ulimits", seen, starts=True))
        if not (_is("a number", soft) and _is("a number", hard)):
            wrong.append(Fault("default-ulimits", f"{where} has a limit that is not a whole number (-1 is unlimited)"))
        elif hard != -1 and (soft == -1 or soft > hard):
            seen = f"{where} has the soft limit {soft} above the hard limit {hard}, and no container would start"
            wrong.append(Fault("default-ulimits", seen, starts=True))
    return tuple(wrong)


def _clashes(settings: Mapping[str, Any]) -> list[Fault]:
    """Pairs of settings that dockerd refuses, and only when it starts (daemon_unix.go, verifyDaemonSettings)."""
    wrong = []
    if settings.get("icc") is False and settings.get("iptables") is False:
        seen = "'icc' false needs firewall rules, and 'iptables' false forbids them: dockerd does not start with both"
        wrong.append(Fault("icc", seen))
    if settings.get("bridge") and settings.get("bip"):
        wrong.append(Fault("bridge", "'bridge' and 'bip' both say what docker0 is: dockerd does not start with both"))
    return wrong


def _proxy_faults(settings: Mapping[str, Any]) -> list[Fault]:
    proxies = settings.get("proxies")
    wrong = []
    for key, value in (proxies if isinstance(proxies, dict) else {}).items():
        if key not in PROXIES:
            wrong.append(Fault("proxies", f"'proxies.{key}' is not a proxy ({', '.join(PROXIES)})"))
        elif not isinstance(value, str):
            wrong.append(Fault("proxies", f"'proxies.{key}' is {_name(value)} (a text was needed)"))
    return wrong


def _is(kind: str, value: Any) -> bool:
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return {
        "true or false": isinstance(value, bool),
        "a number": whole,
        "a text": isinstance(value, str),
        "a list of texts": texts,
        "a list": isinstance(value, list),
        "a map": isinstance(value, dict),
        "a map of texts": isinstance(value, dict),  # its values are checked with the log options
        "a size": whole or isinstance(value, str),
    }[kind]


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "null"
    kinds = ((str, f'the text "{value}"'), (int, f"the number {value}"), (float, f"the number {value}"))
    return next(
        (name for kind, name in kinds if isinstance(value, kind)), "a map" if isinstance(value, dict) else "a list"
    )
