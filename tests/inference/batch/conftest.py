# SPDX-License-Identifier: GPL-3.0-or-later
"""Units that the networks that ship make in a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from twostep.inference import weights
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


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two songs that can be danced to, and one that is none."""
    if not (weights.SHIPPED / "dance.json").is_file():
        pytest.skip("the networks are not here")
    folder = tmp_path_factory.mktemp("songs")
    song(folder / "slow.wav", bpm=90.0, seconds=4.0)
    song(folder / "fast.wav", bpm=120.0, seconds=4.0, pitch=330.0)
    (folder / "noise.wav").write_bytes(b"this is no sound" * 100)
    return folder
