# SPDX-License-Identifier: GPL-3.0-or-later
"""The style extractor as style.onnx, and style.json, which vouches for it."""

from __future__ import annotations

from pathlib import Path

import torch

from ...inference.audio.style import BANDS, STYLE
from ...inference.genres import NAMES
from ..score.export import difference, export, vouch
from .network import STRIDE, Extractor


def write(model: Extractor, out: Path, version: str) -> float:
    """Write both files into `out`; returns the largest difference between torch and ONNX."""
    heard = {"bands": torch.randn(2, 16 * STRIDE, BANDS)}
    free = {"bands": {0: "batch", 1: "frames"}, "style": {0: "batch"}, "genres": {0: "batch"}}
    path = export(model, heard, ("style", "genres"), free, out / "style.onnx")
    facts = {
        "genres": list(NAMES),
        "style": STYLE,
        "parameters": sum(part.numel() for part in model.parameters()),
    }
    vouch([path], facts, version, card="style.json")
    other = {"bands": torch.randn(3, 25 * STRIDE + 3, BANDS)}
    return difference(model, other, path)
