# SPDX-License-Identifier: GPL-3.0-or-later
"""Export a checkpoint to ONNX: `python -m twostep.models.dance.export --run DIR --out DIR ...`.

Writes encoder.onnx, predictor.onnx (all flow steps unrolled in one graph), decoder.onnx and
dance.json, which holds checksums and what inference must know about the model.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor, nn

from ...inference import pose_features
from ...inference.styles import STYLES
from .config import LOOKAHEAD, MUSIC_SIZE, SEGMENT, STYLE_COUNT, TOKENS
from .network import Conditions, DanceModel
from .pairing import Dances
from .train import SEGMENTS, load_average

OPSET = 18


class Predictor(nn.Module):
    """The flow as inference calls it: all conditions given, guidance as an input.

    guided: False leaves the unguided side, and the time it costs, out; the input is still there.
    """

    def __init__(self, model: DanceModel, rhythm: float = 0.0, guided: bool = True) -> None:
        super().__init__()
        self.flow, self.rhythm, self.guided = model.flow, rhythm, guided

    def forward(
        self, context: Tensor, context_mask: Tensor, music: Tensor, style: Tensor,
        energy: Tensor, noise: Tensor, guidance: Tensor,
    ) -> Tensor:  # fmt: skip
        told = Conditions(
            context * context_mask[:, :, None], context_mask, music, style, energy,
            torch.ones_like(energy),
        )  # fmt: skip
        if not self.guided:
            return self.flow.sample(noise + 0 * guidance, told, None, self.rhythm)
        return self.flow.sample(noise, told, guidance, self.rhythm)


def examples(latent: int, batch: int) -> dict[str, Tensor]:
    """Random inputs of the predictor by name, in the order of its arguments."""
    return {
        "context": torch.randn(batch, TOKENS, latent),
        "context_mask": torch.ones(batch, TOKENS),
        "music": torch.randn(batch, SEGMENT + LOOKAHEAD, MUSIC_SIZE),
        "style": torch.eye(STYLE_COUNT)[torch.arange(batch) % STYLE_COUNT],
        "energy": torch.rand(batch, 1),
        "noise": torch.randn(batch, TOKENS, latent),
        "guidance": torch.tensor([3.0]),
    }


def export(model: DanceModel, out: Path, rhythm: float = 0.0, guided: bool = True) -> list[Path]:
    """Write the three graphs into `out`; returns their paths. See `Predictor` for the rest."""
    out.mkdir(parents=True, exist_ok=True)
    model = model.cpu().eval()
    asked = examples(model.config.latent, 2)
    batch = {name: {0: "batch"} for name in [*asked, "latents"] if name != "guidance"}
    row = {"latents": {0: "batch", 1: "tokens"}, "features": {0: "batch", 1: "frames"}}
    motion = torch.randn(1, SEGMENT, pose_features.SIZE)
    latents = torch.randn(1, 3 * TOKENS, model.config.latent)
    return [
        _write(out / "encoder.onnx", model.encoder, {"motion": motion}, "latents", {}),
        _write(out / "predictor.onnx", Predictor(model, rhythm, guided), asked, "latents", batch),
        _write(out / "decoder.onnx", model.decoder, {"latents": latents}, "features", row),
    ]


def _write(
    path: Path, module: nn.Module, inputs: dict[str, Tensor], output: str, axes: dict
) -> Path:
    torch.onnx.export(
        module.eval(), tuple(inputs.values()), str(path), input_names=list(inputs),
        output_names=[output], dynamic_axes=axes, opset_version=OPSET, dynamo=False,
    )  # fmt: skip
    return path


def describe(
    model: DanceModel, paths: list[Path], dances: Dances, facts: dict[str, object]
) -> dict[str, object]:
    """The content of dance.json."""
    return {
        "version": facts.pop("version"),
        "guidance": facts.pop("guidance"),
        "exported": datetime.now(UTC).date().isoformat(),
        "latent": model.config.latent,
        "styles": list(STYLES),
        "sha256": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths},
        "speed_quantiles": {
            style: [round(float(v), 4) for v in row]
            for style, row in zip(STYLES, dances.quantiles, strict=True)
        },
        "paces": {
            style: [round(float(v), 4) for v in row]
            for style, row in zip(STYLES, dances.paces(), strict=True)
        },
        "config": model.config.to_dict(),
        "training": facts,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Export the dance model to ONNX.")
    parser.add_argument("--run", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", required=True, help="version of the weights, e.g. 1")
    parser.add_argument("--steps", type=int, help="Euler steps of the flow, else the model's own")
    parser.add_argument("--guidance", type=float, default=3.0, help="on the music; 1 = none")
    parser.add_argument("--rhythm", type=float, default=0.0, help="guidance on the beat alone")
    asked = parser.parse_args()
    checkpoint = asked.run / "checkpoint.pt"
    model = load_average(checkpoint)
    model.flow.steps = asked.steps or model.flow.steps
    kept = torch.load(checkpoint, map_location="cpu", weights_only=True)
    facts: dict[str, object] = {
        "version": asked.version,
        "guidance": asked.guidance,
        "flow_steps": model.flow.steps,
        "rhythm_guidance": asked.rhythm,
        "minutes": [round(m, 1) for m in kept["minutes"]],
        "parameters": {
            n: sum(p.numel() for p in m.parameters()) for n, m in model.named_children()
        },
    }
    paths = export(model, asked.out, asked.rhythm, asked.guidance != 1)
    dances = Dances(asked.shards / "motion.npz", "train", SEGMENTS)
    text = json.dumps(describe(model, paths, dances, facts), indent=2)
    (asked.out / "dance.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
