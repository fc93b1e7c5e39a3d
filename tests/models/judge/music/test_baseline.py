# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline's column, on random weights."""

from __future__ import annotations

import numpy as np
import pytest

from twostep.models.judge.music.made import Dance

from ....dancers import dancer

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")


@pytest.mark.slow
def test_baseline_makes_a_piece_that_can_be_judged(tmp_path):
    from twostep.models.judge.music import baseline
    from twostep.models.score.paper import WEIGHTS, Paper
    from twostep.models.training import CHECKPOINT

    torch.save(Paper().state_dict(), tmp_path / WEIGHTS)
    dance = Dance("made up", tmp_path / "dance.npz", dancer(112.0, seconds=6.0))
    piece = baseline.Recipe(tmp_path, steps=2).made(dance, "house", 0)
    assert piece.genre == "house"
    assert piece.seconds == pytest.approx(6.0, abs=0.1)
    assert piece.chroma is None
    assert piece.grid.bpm == pytest.approx(112, rel=0.03)
    assert np.isfinite(piece.samples).all()
    for part, steps in (("vae", 12), ("unet", 345)):
        (tmp_path / part).mkdir()
        torch.save({"step": steps}, tmp_path / part / CHECKPOINT)
    assert "12 steps of its VAE and 345 of its U-Net" in baseline.told(tmp_path)
    assert baseline.joins(12.0) == pytest.approx([5.2, 10.4], abs=0.01)
