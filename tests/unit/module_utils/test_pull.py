# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plugins.module_utils.apply.models.pull_words import PullProgress, explain


def layer(completed: int, total: int = 1000, digest: str = "sha256:a") -> dict[str, object]:
    return {"status": f"pulling {digest[7:]}", "digest": digest, "total": total, "completed": completed}


def fed(*lines: tuple[float, dict[str, object]]) -> PullProgress:
    progress = PullProgress(0.0)
    for at, line in lines:
        progress.feed(line, at)
    return progress


def test_bytes_of_all_layers_are_added_up() -> None:
    progress = fed((0.1, layer(0)), (1, layer(1000)), (1.1, layer(0, 50, "sha256:b")), (2, layer(50, 50, "sha256:b")))
    assert (progress.completed, progress.total, progress.downloaded) == (1050, 1050, 1050)


def test_what_was_there_before_does_not_count_as_downloaded() -> None:
    assert fed((0.1, layer(600)), (1, layer(1000))).downloaded == 400


def test_a_layer_that_ollama_already_has_costs_nothing() -> None:
    assert fed((0.1, {"status": "pulling manifest"}), (0.101, layer(1000))).downloaded == 0


def test_a_layer_fetched_within_one_tick_counts_whole() -> None:
    assert fed((0.1, {"status": "pulling manifest"}), (0.17, layer(1000))).downloaded == 1000


def test_a_line_without_completed_means_nothing_yet() -> None:
    progress = fed((0.1, {"status": "pulling a", "digest": "sha256:a", "total": 1000}), (1, layer(1000)))
    assert progress.downloaded == 1000


def test_lines_that_say_the_same_are_a_stall() -> None:
    progress = fed((1, layer(500)), (50, layer(500)), (121, layer(500)))
    assert progress.stalled_seconds(121) == 120


def test_one_byte_ends_a_stall() -> None:
    assert fed((1, layer(500)), (100, layer(501)), (121, layer(501))).stalled_seconds(121) == 21


def test_a_part_that_is_counted_anew_is_no_progress() -> None:
    progress = fed((1, layer(500)), (100, layer(400)))
    assert progress.stalled_seconds(101) == 100


def test_after_going_back_the_speed_starts_anew() -> None:
    progress = fed((1, layer(0)), (2, layer(500)), (3, layer(400)), (4, layer(450)))
    assert progress.as_dict()["bytes_per_second"] == 50


def test_hashing_is_never_a_stall() -> None:
    progress = fed((1, layer(1000)), (2, {"status": "verifying sha256 digest"}))
    assert progress.working
    assert progress.stalled_seconds(1000) == 0


def test_a_new_attempt_starts_the_stall_clock_anew_and_keeps_the_bytes() -> None:
    progress = fed((1, layer(0)), (2, layer(500)))
    progress.restart(200)
    progress.feed(layer(500), 201)
    progress.feed(layer(1000), 202)
    assert progress.downloaded == 1000
    assert progress.stalled_seconds(210) == 8


def test_the_speed_is_that_of_the_last_ten_seconds() -> None:
    progress = fed((0, layer(0, 10**9)), *((t, layer(t * 1000, 10**9)) for t in range(1, 11)))
    for t in range(11, 31):
        progress.feed(layer(10_000, 10**9), t)
    assert progress.as_dict() == {
        "status": "pulling a", "completed": 10_000, "total": 10**9, "bytes_per_second": 0.0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "status", "said", "final"),
    [
        ("pull model manifest: file does not exist", None, "model hello:latest is not in registry mirror:5000", True),
        ("not found", 404, "model hello:latest is not in registry mirror:5000", True),
        ("pull model manifest: 412: \n\nThe model you are attempting to pull requires a newer version of Ollama.\n",
         None, "model hello:latest needs a newer Ollama", True),
        ("write /x/blobs/sha256-a-partial: no space left on device", None, "no space left on device", True),
        ("open /x: read-only file system", None, "read-only file system", True),
        ("http: server gave HTTP response to HTTPS client", None, "'registry_insecure' to true", True),
        ("tls: failed to verify certificate: x509: unknown authority", None, "trust store", True),
        ("http: no Location header in response", None, "./nogpu mirror", True),
        ("500: ", None, "the registry answered HTTP 500. See the registry's log.", False),
        ("pull model manifest: 401: no", None, "the registry answered HTTP 401 no. See", True),
        ("digest mismatch, file must be downloaded again: want a, got b", None, "want a, got b", False),
        ("invalid character '<' looking for beginning of value", None, "captive portal", True),
        ("dial tcp: lookup mirror: no such host", None, "DNS", False),
        ("dial tcp 1.2.3.4:5000: connect: connection refused", None, "registry runs", False),
        ("EOF", None, "sha256-*-partial*", False),
        ("max retries exceeded: unexpected EOF", None, "Run it again", False),
        ("something\nnew", None, "something new", False),
    ],
)  # fmt: skip
def test_an_error_of_ollama_is_explained(text: str, status: int | None, said: str, final: bool) -> None:
    reason = explain(text, status, "hello:latest", "mirror:5000")
    assert said in f"{reason.seen}. {reason.advice}"
    assert reason.final is final


def test_without_a_mirror_the_reason_names_ollamas_own_registry() -> None:
    reason = explain("pull model manifest: file does not exist", None, "hello:latest", "")
    assert reason.seen == "model hello:latest is not in registry registry.ollama.ai"
    assert "https://ollama.com/library" in reason.advice


RECORDED = Path(__file__).resolve().parents[1] / "data" / "ollama-0.9.3"


def recorded(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (RECORDED / name).read_text().splitlines()]


def test_a_recorded_pull_adds_up_to_the_size_of_the_model() -> None:
    progress = fed(*((0.06 * number, line) for number, line in enumerate(recorded("pull.ndjson"))))
    assert progress.status == "success"
    assert progress.completed == progress.total == progress.downloaded == 263_301


def test_a_recorded_pull_of_what_is_there_downloads_nothing() -> None:
    progress = fed(*((0.001 * number, line) for number, line in enumerate(recorded("pull-again.ndjson"))))
    assert (progress.status, progress.total, progress.downloaded) == ("success", 263_301, 0)


def test_recorded_errors_are_all_explained() -> None:
    errors = recorded("pull-errors.ndjson") + recorded("pull-unknown.ndjson")[-1:]
    reasons = [explain(line["error"], None, "big:latest", "mirror:5000") for line in errors]
    assert [
        (words in f"{reason.seen} {reason.advice}", reason.final)
        for words, reason in zip(
            [
                "newer Ollama",
                "captive portal",
                "HTTP 500",
                "'Location'",
                "'registry_insecure'",
                "registry runs",
                "not in registry",
            ],
            reasons,
        )
    ] == [(True, True), (True, True), (True, False), (True, True), (True, True), (True, False), (True, True)]
