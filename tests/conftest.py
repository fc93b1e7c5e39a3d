# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of several folders share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .dancers import dancer, still_motion, turned

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The real motion and music, for those who have it: TWOSTEP_DATA, or beside the checkout."""
    named = os.environ.get("TWOSTEP_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real data here: set TWOSTEP_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built extension for this platform: TWOSTEP_EXTENSION, or built now."""
    named = os.environ.get("TWOSTEP_EXTENSION")
    if named:
        return Path(named)
    out = tmp_path_factory.mktemp("extension")
    command = [sys.executable, "-m", "tools.build_extension", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True)
    (built,) = out.glob("*.zip")
    return built


@pytest.fixture
def make_dancer():
    return dancer


@pytest.fixture
def make_still():
    return still_motion


@pytest.fixture
def turn():
    return turned
