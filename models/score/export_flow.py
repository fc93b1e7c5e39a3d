# SPDX-License-Identifier: GPL-3.0-or-later
"""Export the music network: `python -m twostep.models.score.export_flow --run DIR --corpus DIR`.

Writes flow.onnx (all steps and the guidance in one graph) and enters in score.json what inference
must know: the guidance, how loud every mel band may get, and how loud the training music is.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...inference.genres import NAMES
from ...inference.score.conditions import CHANNELS
from ..training import CHECKPOINT, load_average
from .export import difference, export, vouch
from .flow import LATENT, MOTION, PATCH, SIZES, TIMBRE, WINDOW, Flow, Told

#: Share of the training frames that lie under the ceiling of a band.
UNDER_CEILING = 0.999
#: Frames read for it.
_FRAMES = 400_000


class Generator(nn.Module):
    """The flow as inference calls it: one window, its steps unrolled."""

    def __init__(self, flow: Flow, steps: int, rescale: float, character: float) -> None:
        super().__init__()
        self.flow, self.steps, self.rescale, self.character = flow, steps, rescale, character

    def forward(
        self, noise: Tensor, known: Tensor, known_mask: Tensor, conditions: Tensor,
        motion: Tensor, motion_present: Tensor, genre: Tensor, timbre: Tensor,
        timbre_present: Tensor, guidance: Tensor,
    ) -> Tensor:  # fmt: skip
        told = Told(
            known, known_mask, conditions, motion, motion_present, genre, timbre, timbre_present
        )
        return self.flow.sample(noise, told, guidance, self.steps, self.rescale, self.character)


def examples() -> dict[str, Tensor]:
    """Random inputs by name, in the order of `Generator.forward`."""
    mask = torch.zeros(1, WINDOW, 1)
    mask[:, :20] = 1.0
    return {
        "noise": torch.randn(1, WINDOW, LATENT),
        "known": torch.randn(1, WINDOW, LATENT),
        "known_mask": mask,
        "conditions": torch.randn(1, PATCH * WINDOW, CHANNELS),
        "motion": torch.randn(1, WINDOW, MOTION),
        "motion_present": torch.ones(1, 1),
        "genre": torch.eye(len(NAMES))[:1],
        "timbre": torch.randn(1, TIMBRE),
        "timbre_present": torch.ones(1, 1),
        "guidance": torch.tensor([2.0]),
    }


def mel_ceiling(corpus: Path) -> NDArray[np.float32]:
    """The dB (256,) under which nearly all training music stays, by band."""
    clips = json.loads((corpus / "clips.json").read_text(encoding="utf-8"))
    mel = np.load(corpus / "mel.npy", mmap_mode="r")
    train = [mel[clip["start"] : clip["stop"]] for clip in clips if clip["split"] == "train"]
    every = max(1, sum(map(len, train)) // _FRAMES)
    frames = np.concatenate([np.asarray(rows[::every]) for rows in train])
    return np.quantile(frames.astype(np.float32), UNDER_CEILING, axis=0)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Export the music network to ONNX.")
    parser.add_argument("--run", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/weights/score"))
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--version", help="of the card, else as it is")
    parser.add_argument("--steps", type=int, default=8, help="Euler steps")
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--rescale", type=float, default=0.7)
    parser.add_argument(
        "--character", type=float, default=1.5, help="guidance to genre and answers"
    )
    asked = parser.parse_args()
    flow = Flow(SIZES[asked.size])
    load_average(flow, asked.run)
    generator = Generator(flow, asked.steps, asked.rescale, asked.character).eval()
    path = export(generator, examples(), ["latents"], {}, asked.out / "flow.onnx")
    kept = torch.load(asked.run / CHECKPOINT, map_location="cpu", weights_only=True)
    facts = {
        "guidance": asked.guidance,
        "mel_ceiling": [round(float(level), 2) for level in mel_ceiling(asked.corpus)],
        "flow": {
            "parameters": sum(p.numel() for p in flow.parameters()),
            "euler_steps": asked.steps,
            "rescale": asked.rescale,
            "character": asked.character,
            "minutes": round(kept["minutes"], 1),
            "steps": kept["step"],
            "parity": round(difference(generator, examples(), path), 5),
        },
    }
    vouch([path], facts, asked.version)


if __name__ == "__main__":
    main()
