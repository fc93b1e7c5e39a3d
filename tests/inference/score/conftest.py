# SPDX-License-Identifier: GPL-3.0-or-later
"""Tiny score networks and a dancer to score."""

from __future__ import annotations

from pathlib import Path

import pytest

from twostep.inference.score.networks import Networks
from twostep.inference.weights import read_bundle

from ...dancers import dancer


@pytest.fixture(scope="session")
def score_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tiny score networks."""
    pytest.importorskip("onnx", reason="building networks for the tests needs onnx")
    from .tiny_networks import build

    return build(tmp_path_factory.mktemp("networks") / "score")


@pytest.fixture(scope="session")
def score_nets(score_weights: Path) -> Networks:
    return Networks(read_bundle(score_weights, "score"), "cpu")


@pytest.fixture(scope="session")
def dance_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds of a dancer at 120 bpm."""
    path = tmp_path_factory.mktemp("dances") / "dance.npz"
    dancer(120.0, seconds=8.0).save(path)
    return path
