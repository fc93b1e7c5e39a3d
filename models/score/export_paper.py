# SPDX-License-Identifier: GPL-3.0-or-later
"""Export the baseline to ONNX: `python -m twostep.models.score.export_paper --run DIR --out DIR`.

Writes paper_unet.onnx (one denoising step) and paper_decoder.onnx. Nothing of it ships.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor, nn

from ...inference.genres import NAMES
from ...inference.score.mel import BINS
from .export import difference, export
from .paper import MOTION, MOTION_FRAMES, PLANES, SHRINK, SLICE, Paper, load


class Decoder(nn.Module):
    """Latents of the U-Net (1, 8, 28, 32) -> normalised mel (1, 224, 256)."""

    def __init__(self, paper: Paper) -> None:
        super().__init__()
        self.vae, self.spread = paper.vae, 1 / float(paper.scale)

    def forward(self, latents: Tensor) -> Tensor:
        return self.vae.decode(latents * self.spread)


def write(paper: Paper, out: Path, *, half: bool = True) -> dict[Path, float]:
    """Both files, and how far each is from the network in torch (largest difference)."""
    latents = torch.randn(1, PLANES, SLICE // SHRINK, BINS // SHRINK)
    told = {
        "latents": latents,
        "time": torch.tensor([500]),
        "motion": torch.randn(1, MOTION_FRAMES, MOTION),
        "genre": torch.eye(len(NAMES))[:1],
    }
    found = {}
    for name, module, given, made in (
        ("unet", paper.denoiser, told, "noise"),
        ("decoder", Decoder(paper), {"latents": latents}, "mel"),
    ):
        path = out / f"paper_{name}.onnx"
        export(module, given, [made], {}, path, half=half)
        found[path] = difference(module, given, path)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Export the baseline to ONNX.")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    found = write(load(asked.run), asked.out)
    parity = {path.name: wrong for path, wrong in found.items()}
    (asked.out / "paper.json").write_text(json.dumps({"parity": parity}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
