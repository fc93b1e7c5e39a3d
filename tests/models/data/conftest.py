# SPDX-License-Identifier: GPL-3.0-or-later
"""A dancer made up for the tests."""

from __future__ import annotations

import pytest

from ...dancers import dancer, still_motion, turned


@pytest.fixture
def make_dancer():
    return dancer


@pytest.fixture
def make_still():
    return still_motion


@pytest.fixture
def turn():
    return turned
