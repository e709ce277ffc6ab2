# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""The scenario's laptops. Not testinfra's `host`: Molecule asks for tests on all of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab.room import Room


@pytest.fixture(scope="session")
def room(request: pytest.FixtureRequest) -> Room:
    return Room(os.environ["MOLECULE_SCENARIO_NAME"], Path(request.config.option.ansible_inventory))
