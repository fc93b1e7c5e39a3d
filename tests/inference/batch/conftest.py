# SPDX-License-Identifier: GPL-3.0-or-later
"""Units that the networks that ship make in a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from twostep.inference.batch import sample
from twostep.inference.batch.work import Work

from ..conftest import song


@pytest.fixture(scope="session")
def beat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of a song."""
    return song(tmp_path_factory.mktemp("beat") / "beat.wav", seconds=3.0)


@pytest.fixture
def unit(beat, tmp_path):
    """A dance of two seconds as a motion file; more fields may be given."""

    def made(danced=None, **more) -> Work:
        values = {"kind": "dance", "name": "a", "out": tmp_path / "out", "formats": ["npz"]}
        dance = {"song": beat, "length": 2.0, "provider": "cpu", **(danced or {})}
        return Work.from_fields({**values, "dance": dance, **more})

    return made


@pytest.fixture(scope="session")
def sampled(beat, tmp_path_factory) -> Work:
    """A unit that has been sampled for real."""
    out = tmp_path_factory.mktemp("sampled")
    dance = {"song": beat, "length": 2.0, "provider": "cpu"}
    work = Work.from_fields(
        {"kind": "dance", "name": "a", "out": out, "formats": ["npz"], "dance": dance}
    )
    sample.sample(work)
    return work
