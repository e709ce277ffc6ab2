# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The doctor's report as text: for each host what it is, the plan and why, and what a run would do."""

from __future__ import annotations

from typing import Any, Mapping

from ..host.values import gigabytes, tokens
from ..plan.engine import DESKTOP
from .changes import changes
from .screen import BAD, BOLD, DIM, GOOD, PLAIN, WARN, Cell, Screen, duration, field, heading, paragraph, table

LABEL_WIDTH = 15

Record = Mapping[str, Any]


def doctor_text(hosts: Mapping[str, Record], screen: Screen) -> str:
    """Return the whole report.

    `hosts` has for each name {"capacity", "plan", "estimate", "problem"}: what was found, None if that failed.
    """
    lines: list[str] = []
    for name, record in hosts.items():
        lines += ["", *_host(name, record, screen)]
    if len(hosts) > 1:
        lines += ["", *_room(hosts, screen)]
    return "\n".join([*lines, "", *paragraph((_end(hosts), DIM), screen)])


def _end(hosts: Mapping[str, Record]) -> str:
    """Return what was done, and which hosts a run would change: none of those that nothing could be planned for."""
    able = [name for name, record in hosts.items() if _planned(record) and _would_change(record)]
    where = "" if len(able) == len(hosts) else f" on {', '.join(able)}"
    return f"Nothing was changed. ./nogpu up makes these changes{where}." if able else "Nothing was changed."


def _planned(record: Record) -> bool:
    return bool(record.get("capacity") and record.get("plan")) and not record.get("problem")


def _would_change(record: Record) -> list[str]:
    return changes(record["capacity"], record["plan"], record.get("estimate") or {})


def _host(name: str, record: Record, screen: Screen) -> list[str]:
    capacity, plan, problem = record.get("capacity"), record.get("plan"), record.get("problem")
    lines = heading(name, hardware(capacity) if capacity else "", screen)
    if not plan or not capacity or problem:
        return lines + field("Cannot", [(problem or "it was not reached: see above", BAD)], screen, LABEL_WIDTH)
    would = _would_change(record)
    memory, swap = gigabytes(plan["server"]["memory_limit_bytes"]), _swap(plan)
    reserve = f"{gigabytes(plan['why']['memory_reserve_bytes'])} are kept for the system; {swap}"
    needed = plan["why"]["memory_needed_bytes"]
    need = f", of which the models need {gigabytes(needed)}" if needed else ""
    engine = " in Docker Desktop" if plan["engine"]["kind"] == DESKTOP else ""
    parts: list[tuple[str, str, list[Cell]]] = [
        ("Runtime", f"{plan['server']['runtime']}{engine}: ", [(plan["why"]["runtime"], PLAIN)]),
        ("Model", "", [*_models(plan), *((reason, PLAIN) for reason in plan["why"]["models"])]),
        ("Threads", f"{plan['server']['threads']}: ", [(plan["why"]["threads"], PLAIN)]),
        ("Memory", f"{memory} ", [(f"at most for Ollama{need}; {reserve}", PLAIN)]),
        ("Context", f"{_context(plan)} tokens: ", [(_context_price(plan), PLAIN)]),
        ("Left out", "", [(f"{each['setting']}: {each['reason']}", PLAIN) for each in plan["proof"]["placebo"]]),
        ("Warnings", "", [(each, WARN) for each in plan["why"]["warnings"]]),
        ("Not known", "", [(each, DIM) for each in record.get("notes") or []]),
        ("Downloads", "", downloads(record.get("estimate") or {})),
        ("Would change", "", [(each, PLAIN) for each in would] or [("nothing: it runs as planned", GOOD)]),
    ]
    for label, lead, cells in parts:
        lines += field(label, cells, screen, LABEL_WIDTH, lead)
    return lines


def hardware(capacity: Record) -> str:
    """Return what a host is in one line."""
    docker = capacity["docker"]
    cores = f"{capacity['cores_physical']} cores"
    if capacity["core_kinds_known"] and capacity["cores_performance"] != capacity["cores_physical"]:
        cores += f" ({capacity['cores_performance']} fast)"
    swap = capacity["swap_total_bytes"]
    parts = [
        capacity["cpu_model"] or capacity["architecture"],
        cores,
        _size(capacity["memory_total_bytes"], "memory"),
        f"{gigabytes(capacity['memory_available_bytes'])} free" if capacity["memory_available_bytes"] else "",
        _bandwidth(capacity),
        _size(swap, "swap") if swap else "no swap" if swap == 0 else "",
        _size(capacity["disk_free_bytes"], "disk free"),
        {"vm": "virtual machine", "container": "inside a container", "wsl2": "WSL2"}.get(
            capacity["virtualization"], ""
        ),
        {"battery": "on battery", "mains": "on mains"}.get(capacity["power"] or "", ""),
        f"cgroup v{capacity['cgroup_version']}" if capacity["cgroup_version"] else "",
        f"Docker {docker['version']}" if docker else "no Docker",
    ]
    return ", ".join(part for part in parts if part)


def _size(count: int | None, what: str) -> str:
    return f"{gigabytes(count)} {what}" if count is not None else ""


def _bandwidth(capacity: Record) -> str:
    speed = capacity["memory_bandwidth_bytes_per_second"]
    return f"read at {speed / 1e9:.0f} GB/s" if speed else ""


def _models(plan: Record) -> list[Cell]:
    return [(f"{name}{prediction(plan, name)}", BOLD) for name in plan["models"]["names"]]


def prediction(plan: Record, name: str) -> str:
    """Return ", about 13 tokens/s", or nothing if no speed could be predicted."""
    speed = (plan["proof"]["predicted"].get(name) or {}).get("tokens_per_second")
    return f", about {tokens(speed)} tokens/s" if speed else ""


def _context(plan: Record) -> int:
    return int(plan["server"]["environment"]["OLLAMA_CONTEXT_LENGTH"])


def _context_price(plan: Record) -> str:
    """Return what the conversations take of the memory, for each model whose shape is known."""
    known = {
        name: (plan["proof"]["predicted"].get(name) or {}).get("context_bytes") for name in plan["models"]["names"]
    }
    prices = [f"{gigabytes(price)} of what {name} needs" for name, price in known.items() if price]
    taken = f"{', '.join(prices)}; twice as many take twice as much" if prices else "what they take is not known"
    return f"{taken}. Change it with nogpu_context_length"


def _swap(plan: Record) -> str:
    return (
        f"no swap by {plan['why']['swap_means']}"
        if "swap_limit_bytes" in plan["proof"]["promises"]
        else "swap cannot be ruled out"
    )


def downloads(estimate: Record) -> list[Cell]:
    """Return a line for each thing to download, then the sum and the time."""
    coming = [item for item in estimate.get("items", []) if not item["present"]]
    if not coming:
        return [("nothing", GOOD)] if estimate else [("not checked", DIM)]
    lines: list[Cell] = [
        (
            f"{item['kind']} {item['name']}: {gigabytes(item['size_bytes']) if item['size_bytes'] else 'size unknown'}",
            PLAIN,
        )
        for item in coming
    ]
    total, seconds = estimate["total_bytes"], estimate["seconds"]
    amount = f"{gigabytes(total)} in all, " if total is not None else ""
    if seconds is not None:
        return [*lines, (f"{amount}{duration(seconds)} at {_rates(estimate)}", BOLD)]
    reasons = [reason for reason in estimate["notes"].values() if reason]  # each names its address
    return [*lines, (f"{amount}time unknown", WARN), *((reason, WARN) for reason in reasons)]


def _rates(estimate: Record) -> str:
    return ", ".join(f"{speed / 1e6:.1f} MB/s from {source}" for source, speed in estimate["rates"].items() if speed)


def _room(hosts: Mapping[str, Record], screen: Screen) -> list[str]:
    rows = []
    for name, record in hosts.items():
        plan, estimate = record.get("plan"), record.get("estimate") or {}
        if not plan or not _planned(record):
            rows.append([(name, BOLD), ("cannot", BAD), *[("-", DIM)] * 5])
            continue
        total, seconds = estimate.get("total_bytes"), estimate.get("seconds")
        first = plan["models"]["names"][0] if plan["models"]["names"] else ""
        speed = (plan["proof"]["predicted"].get(first) or {}).get("tokens_per_second")
        rows.append(
            [
                (name, BOLD),
                (plan["server"]["runtime"], PLAIN),
                (", ".join(plan["models"]["names"]), PLAIN),
                (tokens(speed) if speed else "?", PLAIN),
                (gigabytes(total) if total is not None else "?", PLAIN),
                (("nothing" if not total else duration(seconds)) if seconds is not None else "?", PLAIN),
                (str(len(plan["why"]["warnings"])), WARN if plan["why"]["warnings"] else DIM),
            ]
        )
    headers = ["host", "runtime", "model", "tokens/s", "download", "takes", "warnings"]
    return table(headers, rows, screen, numbers=(3, 4, 6))
