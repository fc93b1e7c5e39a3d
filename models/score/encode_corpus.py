# SPDX-License-Identifier: GPL-3.0-or-later
"""Latents of a whole corpus: `python -m twostep.models.score.encode_corpus --corpus DIR --run DIR`.

Writes `latents.npy`, (N / 4, 96) float16, beside the corpus's `mel.npy`: what the flow trains on.
The autoencoder must have been frozen (`python -m twostep.models.score.export_autoencoder`).
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...inference.score.mel import normalised
from .autoencoder import LATENT, PATCH, Autoencoder

log = logging.getLogger(__name__)

LATENTS = "latents.npy"
#: The frozen weights, in the folder of the run.
FROZEN = "frozen.pt"
Clip = dict[str, Any]


def frozen(run: Path) -> Autoencoder:
    """The frozen autoencoder of a run, ready for use."""
    model = Autoencoder()
    model.load_state_dict(torch.load(run / FROZEN, map_location="cpu", weights_only=True))
    return model.eval()


def clips_of(corpus: Path, split: str | None = None) -> Iterator[tuple[Clip, Tensor]]:
    """Every clip of a split, or of all, with its normalised mel (1, T, 256)."""
    sound = np.load(corpus / "mel.npy", mmap_mode="r")
    for clip in json.loads((corpus / "clips.json").read_text(encoding="utf-8")):
        if split in (None, clip["split"]):
            rows = sound[clip["start"] : clip["stop"]].astype(np.float32)
            yield clip, torch.from_numpy(normalised(rows))[None]


@torch.no_grad()
def encode(model: Autoencoder, corpus: Path) -> NDArray[np.float16]:
    """Latents (N / 4, 96) of all clips, each coded on its own."""
    rows = np.load(corpus / "mel.npy", mmap_mode="r").shape[0]
    latents = np.zeros((rows // PATCH, LATENT), np.float16)
    for clip, sound in clips_of(corpus):
        latents[clip["start"] // PATCH : clip["stop"] // PATCH] = model.encoder(sound)[0].numpy()
    return latents


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Encode the mels of a corpus.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--run", type=Path, required=True, help="folder of the autoencoder's run")
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if asked.threads:
        torch.set_num_threads(asked.threads)
    latents = encode(frozen(asked.run), asked.corpus)
    partial = asked.corpus / "latents.part"
    with partial.open("wb") as file:
        np.save(file, latents)
    os.replace(partial, asked.corpus / LATENTS)
    spread = latents.astype(np.float32).std(axis=0)
    log.info("%s tokens, spread %.2f to %.2f", len(latents), spread.min(), spread.max())


if __name__ == "__main__":
    main()
