# SPDX-License-Identifier: GPL-3.0-or-later
"""Songs and tiny networks for the tests of inference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from twostep.inference.networks import Networks
from twostep.inference.weights import read_card

RATE = 22050


def song(path: Path, bpm: float = 120.0, seconds: float = 6.0, pitch: float = 220.0) -> Path:
    """A drum on every beat, a click between, and a note that changes every bar."""
    t = np.arange(round(seconds * RATE)) / RATE
    beat = t * bpm / 60
    drum = np.sin(2 * np.pi * 60 * t) * np.exp(-12 * (beat % 1))
    click = np.random.default_rng(3).normal(size=len(t)) * np.exp(-60 * ((beat + 0.5) % 1)) * 0.1
    note = 0.1 * np.sin(2 * np.pi * pitch * 2 ** ((beat // 4 % 4) / 4) * t)
    samples = 0.6 * (drum + click + note)
    wavfile.write(path, RATE, (np.clip(samples, -1, 1) * 32000).astype(np.int16))
    return path


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tiny networks."""
    pytest.importorskip("onnx", reason="building networks for the tests needs onnx")
    from .tiny_networks import build

    return build(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def nets(weights: Path) -> Networks:
    return Networks(read_card(weights), "cpu")


@pytest.fixture(scope="session")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return song(tmp_path_factory.mktemp("songs") / "tune.wav")
