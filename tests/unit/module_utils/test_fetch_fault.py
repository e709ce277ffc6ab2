# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""What a failed download says becomes what a person can do. The results are those that Ansible's modules gave."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.filter.fetch_fault import FilterModule
from plugins.module_utils.source.fault import PORTAL, TRUST

NOT_RIGHT = "The checksum for /tmp/x.tgz did not match sha256:aa; it was sha256:bb."
NOT_LISTED = "Unable to find a checksum for file 'x.tgz' in 'http://127.0.0.1:8000/sha256sum.txt'"
INTERCEPTED = "Request failed: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed>"
ENGINES = "Error response from daemon: tls: failed to verify certificate: x509: signed by unknown authority\n"
NAMELESS = "Request failed: <urlopen error [Errno -3] Temporary failure in name resolution>"
PULLED = {"msg": "non-zero return code", "rc": 1}


@pytest.mark.parametrize(
    ("failed", "seen", "advice"),
    [
        pytest.param({"msg": INTERCEPTED}, INTERCEPTED, TRUST, id="python-does-not-trust"),
        pytest.param({**PULLED, "stderr": ENGINES}, ENGINES.strip(), TRUST, id="docker-does-not-trust"),
        pytest.param(
            {"msg": "OK (49 bytes)", "status": 200, "content_type": "text/html; charset=utf-8"},
            "it answered with a web page",
            PORTAL,
            id="a-page",
        ),
        pytest.param({"msg": NOT_RIGHT}, NOT_RIGHT[:-1], PORTAL, id="a-page-for-the-archive"),
        pytest.param({"msg": NOT_LISTED}, NOT_LISTED, PORTAL, id="a-page-for-the-checksums"),
        pytest.param({"msg": NAMELESS}, NAMELESS, "Check DNS there (/etc/resolv.conf).", id="no-names"),
        pytest.param(
            {"msg": "Request failed", "status": 404, "content_type": "text/html"},
            "Request failed",
            "Check the version and the network of this laptop.",
            id="an-error-s-page-is-no-portal",
        ),
        pytest.param(
            {"msg": "wrong", "status": 200, "content_type": "application/json"},
            "wrong",
            "Check the version and the network of this laptop.",
            id="an-answer-that-is-no-page",
        ),
        pytest.param(
            {"rc": 0, "stderr": ""},
            "what came is not what was expected",
            "Check the version and the network of this laptop.",
            id="no-words",
        ),
    ],
)
def test_what_was_seen_and_what_to_do(failed: dict[str, Any], seen: str, advice: str) -> None:
    assert FilterModule().filters()["fetch_fault"](failed) == {"seen": seen, "advice": advice}
