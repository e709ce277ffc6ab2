# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Say why a download failed, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

TRUST = (
    "The certificate is from an authority that the laptop does not know, and certificates are always checked. If it is "
    "your company's, put the authority's own certificate into the laptop's trust store: copy it as NAME.crt to "
    "/usr/local/share/ca-certificates and run 'sudo update-ca-certificates' (Fedora, RHEL: "
    "/etc/pki/ca-trust/source/anchors and 'sudo update-ca-trust'), then restart Docker."
)
PORTAL = "Perhaps a captive portal sent a web page instead: open a browser there and sign in."
_ODD = "what came is not what was expected"
_OTHERWISE = "Check the version and the network of this laptop."
# Words in the messages of Python's modules, of Docker's client and of nogpu -> what to do.
_KNOWN: tuple[tuple[tuple[str, ...], str], ...] = (
    (("certificate", "x509:"), TRUST),
    (("web page", "invalid character '<'", "unable to find a checksum", "did not match"), PORTAL),
    (("name resolution", "name or service not known", "no such host"), "Check DNS there (/etc/resolv.conf)."),
)


@dataclass(frozen=True)
class FetchFault:
    """`seen`: what happened, without a full stop. `advice`: what to do, a sentence."""

    seen: str
    advice: str


def fetch_fault(failed: Mapping[str, Any]) -> FetchFault:
    """Read the result of a download that failed: a request, or a command that says why on standard error."""
    page = failed.get("status") == 200 and "html" in str(failed.get("content_type") or "")
    said = "it answered with a web page" if page else failed.get("stderr") or failed.get("msg") or _ODD
    seen = " ".join(str(said).split())[:500].rstrip(".")
    words = seen.lower()
    return FetchFault(seen, next((cure for known, cure in _KNOWN if any(each in words for each in known)), _OTHERWISE))
