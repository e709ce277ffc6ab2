# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The filters for proxies give what their documentation shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from plugins.filter.proxy import FilterModule

FILTERS = FilterModule().filters()
FOLDER = Path(__file__).resolve().parents[3] / "plugins/filter"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        pytest.param("proxy_refusal", {"https": "proxy.example:3128"}, id="a reason"),
        pytest.param("engine_proxies", {"https": "http://proxy.example:3128"}, id="daemon.json"),
        pytest.param("server_proxy", {"https": "http://proxy.example:3128"}, id="environment"),
    ],
)
def test_the_documented_sample_is_what_the_filter_gives(name: str, asked: dict[str, str]) -> None:
    documented: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    assert FILTERS[name](asked) == documented["RETURN"]["_value"]["sample"]


@pytest.mark.parametrize(
    ("name", "nothing"), [("proxy_refusal", ""), ("engine_proxies", {}), ("server_proxy", {})], ids=str
)
def test_without_a_proxy_there_is_nothing_to_say(name: str, nothing: Any) -> None:
    assert FILTERS[name]({"https": "", "http": "", "no_proxy": "", "mirror": ""}) == FILTERS[name]({}) == nothing
