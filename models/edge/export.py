# SPDX-License-Identifier: GPL-3.0-or-later
"""Export a checkpoint to ONNX: `python -m twostep.models.edge.export --run DIR --shards DIR --out
DIR`.

Writes listener.onnx (run once a dance), denoiser.onnx (run at every step, both sides of the
guidance in one batch) and edge.json. It may be run while the training goes on.
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
from ..dance.config import MUSIC_SIZE, STYLE_COUNT
from ..dance.pairing import Dances
from ..training import CHECKPOINT, load_average
from .network import FRAMES, Config, Denoiser, Listener, Told

OPSET = 18


class _Listening(nn.Module):
    """The listener with its conditions one by one."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self.listener = listener

    def forward(
        self, music: Tensor, style: Tensor, energy: Tensor, heard: Tensor
    ) -> tuple[Tensor, Tensor]:
        return self.listener(Told(music, style, energy, heard))


def export(denoiser: Denoiser, out: Path) -> list[Path]:
    """Write both graphs into `out`; returns their paths."""
    out.mkdir(parents=True, exist_ok=True)
    denoiser = denoiser.cpu().eval()
    count, width = 2, denoiser.config.width
    told = {
        "music": torch.randn(count, FRAMES, MUSIC_SIZE),
        "style": torch.zeros(count, STYLE_COUNT),
        "energy": torch.rand(count, 1),
        "heard": torch.ones(count, 1),
    }
    noised = {
        "noised": torch.randn(count, FRAMES, pose_features.SIZE),
        "time": torch.tensor([999.0, 0.0]),
        "memory": torch.randn(count, FRAMES, width),
        "vector": torch.randn(count, width),
    }
    listening = _Listening(denoiser.listener)
    return [
        _write(out / "listener.onnx", listening, told, ["memory", "vector"]),
        _write(out / "denoiser.onnx", denoiser, noised, ["clean"]),
    ]


def _write(path: Path, module: nn.Module, inputs: dict[str, Tensor], outputs: list[str]) -> Path:
    torch.onnx.export(
        module.eval(), tuple(inputs.values()), str(path), input_names=list(inputs),
        output_names=outputs, dynamic_axes={name: {0: "batch"} for name in [*inputs, *outputs]},
        opset_version=OPSET, dynamo=False,
    )  # fmt: skip
    return path


def describe(
    denoiser: Denoiser, paths: list[Path], dances: Dances, facts: dict[str, object]
) -> dict[str, object]:
    """The content of edge.json."""
    statistics = {
        name: [round(float(value), 6) for value in denoiser.get_buffer(name)]
        for name in ("mean", "std", "low", "high")
    }
    return {
        "version": "1",
        "exported": datetime.now(UTC).date().isoformat(),
        "styles": list(STYLES),
        "sha256": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths},
        "speed_quantiles": {
            style: [round(float(v), 4) for v in row]
            for style, row in zip(STYLES, dances.quantiles, strict=True)
        },
        "config": denoiser.config.to_dict(),
        "training": facts,
        **statistics,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Export the EDGE-like baseline to ONNX.")
    parser.add_argument("--run", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    denoiser = Denoiser(Config())
    load_average(denoiser, asked.run)
    kept = torch.load(asked.run / CHECKPOINT, map_location="cpu", weights_only=True)
    facts: dict[str, object] = {
        "steps": kept["step"],
        "minutes": round(kept["minutes"], 1),
        "cpu_minutes": round(kept["cpu_minutes"], 1),
        "parameters": sum(p.numel() for p in denoiser.parameters()),
    }
    paths = export(denoiser, asked.out)
    dances = Dances(asked.shards / "motion.npz", "train", 1, FRAMES)
    text = json.dumps(describe(denoiser, paths, dances, facts), indent=2)
    (asked.out / "edge.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
