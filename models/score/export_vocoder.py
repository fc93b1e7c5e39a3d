# SPDX-License-Identifier: GPL-3.0-or-later
"""Export the vocoder: `python -m twostep.models.score.export_vocoder --run DIR --out DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from ...inference.score import mel
from ...inference.score.vocoder import FILE
from ..training import CHECKPOINT, load_average
from .export import difference, export, vouch
from .vocoder import ROUGH_BINS, Vocoder

#: Mel frames of the example that the file is checked with.
_CHECKED = 200


def example(frames: int) -> dict[str, Tensor]:
    """Random inputs by name, for T mel frames."""
    return {
        "mel": torch.randn(1, frames, mel.BINS),
        "rough": torch.randn(1, 4 * frames, ROUGH_BINS),
    }


def write(vocoder: nn.Module, path: Path) -> Path:
    """The ONNX file: mel (1, T, 256), rough (1, 4T, 257) to gain (1, 4T, 257), noise (1, 16T, 129).

    See `inference.score.vocoder` for what they are.
    """
    axes = {
        "mel": {1: "frames"},
        "rough": {1: "rough_frames"},
        "gain": {1: "rough_frames"},
        "noise": {1: "noise_frames"},
    }
    return export(vocoder, example(48), ["gain", "noise"], axes, path)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Export the vocoder to ONNX.")
    parser.add_argument("--run", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--out", type=Path, required=True, help="folder of the score networks")
    asked = parser.parse_args()
    vocoder = load_average(Vocoder(), asked.run)
    path = write(vocoder, asked.out / FILE)
    kept = torch.load(asked.run / CHECKPOINT, map_location="cpu", weights_only=True)
    facts = {
        "parameters": sum(parameter.numel() for parameter in vocoder.parameters()),
        "minutes": round(kept["minutes"], 1),
        "steps": kept["step"],
        "parity": difference(vocoder, example(_CHECKED), path),
    }
    vouch([path], {"vocoder": facts})


if __name__ == "__main__":
    main()
