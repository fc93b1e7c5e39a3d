# SPDX-License-Identifier: GPL-3.0-or-later
"""Freeze the autoencoder, export it to ONNX, and measure it on held-out clips.

`python -m twostep.models.score.export_autoencoder --corpus DIR --run DIR --out DIR` writes
frozen.pt to the run, autoencoder_encoder.onnx and autoencoder_decoder.onnx to `--out`, and enters
them in score.json. A run that is frozen stays so: the latents of a corpus depend on it.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from ...inference.score.mel import BINS, SPREAD_DB
from ..training import CHECKPOINT, load_average
from .autoencoder import LATENT, PATCH, REACH, Autoencoder
from .encode_corpus import FROZEN, clips_of, frozen
from .export import difference, export, vouch

#: Largest difference from torch that a file of half-size weights may show, normalised mel.
TOLERANCE = 0.05
_TOKENS = 64


def freeze(run: Path, corpus: Path) -> None:
    """Write the frozen weights: the averaged ones, calibrated on a corpus."""
    model = Autoencoder()
    load_average(model, run)
    calibrate(model, corpus)
    torch.save(model.state_dict(), run / FROZEN)


@torch.no_grad()
def calibrate(model: Autoencoder, corpus: Path) -> None:
    """Give the latents of a corpus's training clips mean 0 and variance 1, number by number.

    The bottleneck's own statistics are averages over its last batches. What it divides by now, the
    decoder multiplies by, so that what comes out is the same.
    """
    latents = [model.encoder(sound)[0] for _, sound in clips_of(corpus, "train")]
    every = torch.cat(latents).double()
    mean, std = every.mean(dim=0).float(), every.std(dim=0).float()
    bottleneck, enter = model.encoder.bottleneck, model.decoder.enter
    assert bottleneck.running_mean is not None and bottleneck.running_var is not None
    old = (bottleneck.running_var + bottleneck.eps).sqrt()
    bottleneck.running_mean += mean * old
    bottleneck.running_var.copy_((std * old).square() - bottleneck.eps)
    assert enter.bias is not None
    enter.bias += (enter.weight.sum(dim=2) * mean).sum(dim=1)
    enter.weight *= std[:, None]


def write(model: Autoencoder, out: Path, *, half: bool = True) -> dict[Path, float]:
    """Both files, and how far each is from the network in torch (largest difference)."""
    found = {}
    for name, module, given, made, shape in (
        ("encoder", model.encoder, "mel", "latents", (1, PATCH * _TOKENS, BINS)),
        ("decoder", model.decoder, "latents", "mel", (1, _TOKENS, LATENT)),
    ):
        path = out / f"autoencoder_{name}.onnx"
        axes = {side: {1: f"{side}_time"} for side in (given, made)}
        export(module, {given: torch.randn(shape)}, [made], axes, path, half=half)
        longer = torch.randn(shape[0], 3 * PATCH * shape[1] // 2, shape[2])
        found[path] = difference(module, {given: longer}, path)
    return found


@torch.no_grad()
def measure(model: Autoencoder, corpus: Path, split: str) -> dict[str, object]:
    """Mean absolute error by genre, dB, and the spread of the latents, on a split."""
    errors: dict[str, list[float]] = defaultdict(list)
    latents = []
    for clip, sound in clips_of(corpus, split):
        latents.append(model.encoder(sound))
        wrong = (model.decoder(latents[-1]) - sound).abs().mean()
        errors[clip["genre"] or clip["kind"]].append(SPREAD_DB * float(wrong))
    spread = torch.cat(latents, dim=1)[0].std(dim=0)
    return {
        "error_db": {name: round(float(np.mean(found)), 2) for name, found in errors.items()},
        "mean_error_db": round(float(np.mean([np.mean(found) for found in errors.values()])), 2),
        "latent_spread": [round(float(v), 2) for v in (spread.min(), spread.mean(), spread.max())],
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Freeze and export the autoencoder.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--out", type=Path, required=True, help="folder of score.json")
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    if asked.threads:
        torch.set_num_threads(asked.threads)
    if not (asked.run / FROZEN).exists():
        freeze(asked.run, asked.corpus)
    model = frozen(asked.run)
    kept = torch.load(asked.run / CHECKPOINT, map_location="cpu", weights_only=True)
    found = write(model, asked.out)
    if max(found.values()) > TOLERANCE:
        raise SystemExit(f"The files differ from the network: {found}")
    facts = {
        "minutes": round(kept["minutes"], 1),
        "steps": kept["step"],
        "parameters": {
            name: sum(p.numel() for p in part.parameters()) for name, part in model.named_children()
        },
        "parity": {path.name: round(wrong, 5) for path, wrong in found.items()},
        "validation": measure(model, asked.corpus, "validation"),
    }
    shape = {"patch": PATCH, "latent": LATENT, "decoder_reach": REACH}
    vouch(list(found), {**shape, "autoencoder": facts})


if __name__ == "__main__":
    main()
