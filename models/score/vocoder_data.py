# SPDX-License-Identifier: GPL-3.0-or-later
"""What the vocoder trains on: `python -m twostep.models.score.vocoder_data --corpus DIR --out DIR`.

Makes the rough sound of every clip that the corpus has audio of, from its mel as it is, or, with
--weights, from its mel as the autoencoder gives it back: that is what the vocoder reads in use.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...inference.providers import open_session
from ...inference.score import mel
from ...inference.score.griffin_lim import ROUGH_ITERATIONS, SAMPLES, rough
from ...inference.score.vocoder import REACH

#: Mel frames of an excerpt; the loss leaves out what the network can't know at both its ends.
FRAMES, EDGE = 64, 8
#: Half of the excerpts are made louder or quieter by up to this, dB.
GAIN_DB = (-12.0, 4.0)

Floats = NDArray[np.float32]


def prepare(
    corpus: Path, out: Path, weights: Path | None = None, part: tuple[int, int] = (0, 1)
) -> Path:
    """Write mel.npy (N, 256), rough.npy (512 N,) and clips.json of the clips with audio to `out`.

    weights: folder of the autoencoder's ONNX files, which the mel then passes through.
    part: the first clip to take and the step to the next ones.
    """
    mels = np.load(corpus / "mel.npy", mmap_mode="r")
    clips = {clip["name"]: clip for clip in _read(corpus / "clips.json")}
    through = autoencoder(weights) if weights else (lambda given: given)
    sounds, roughs, told = [], [], []
    row = 0
    first, step = part
    for audio in _read(corpus / "audio.json")[first::step]:
        clip = clips[audio["clip"]]
        frames = audio["frames"] // 4 * 4
        given = through(np.asarray(mels[clip["start"] : clip["start"] + frames], np.float32))
        sounds.append(given.astype(np.float16))
        roughs.append(rough_sound(given).astype(np.float16))
        kept = {key: clip.get(key) for key in ("name", "split", "kind", "genre")}
        told.append({**kept, "row": row, "frames": frames, "sample": audio["start"]})
        row += frames
    out.mkdir(parents=True, exist_ok=True)
    np.save(out / "mel.npy", np.concatenate(sounds))
    np.save(out / "rough.npy", np.concatenate(roughs))
    (out / "clips.json").write_text(json.dumps(told), encoding="utf-8")
    return out


def rough_sound(mel_db: Floats) -> Floats:
    """The rough sound at 22,050 Hz, (512 T,), of a whole mel (T, 256) in dB, as in use."""
    parts = rough([mel_db], REACH, ROUGH_ITERATIONS)
    inside = [part.samples[REACH * mel.HOP : (REACH + part.count) * mel.HOP] for part in parts]
    return np.concatenate(inside)


def autoencoder(weights: Path) -> Callable[[Floats], Floats]:
    """What gives a mel (T, 256) in dB back as the autoencoder of a folder hears it, T % 4 == 0."""
    encoder = open_session(weights / "autoencoder_encoder.onnx", "cpu").session
    decoder = open_session(weights / "autoencoder_decoder.onnx", "cpu").session
    names = [session.get_inputs()[0].name for session in (encoder, decoder)]

    def through(mel_db: Floats) -> Floats:
        (latents,) = encoder.run(None, {names[0]: mel.normalised(mel_db)[None]})
        (given,) = decoder.run(None, {names[1]: latents})
        return np.maximum(mel.decibels(given[0]), mel.FLOOR_DB)

    return through


def _read(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


class Excerpts:
    """Random excerpts of a split, evenly from each of some folders that `prepare` wrote."""

    def __init__(self, corpus: Path, folders: list[Path], split: str, seed: int = 0) -> None:
        self.audio = np.load(corpus / "audio.npy", mmap_mode="r")
        self.random = np.random.default_rng(seed)
        self.sources = []
        for folder in folders:
            clips = [
                clip
                for clip in _read(folder / "clips.json")
                if clip["split"] == split and clip["frames"] >= FRAMES
            ]
            arrays = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("mel", "rough"))
            chances = np.array([clip["frames"] for clip in clips], float)
            self.sources.append((clips, chances / chances.sum(), *arrays))

    def draw(self, count: int, louder: bool = True) -> tuple[Tensor, Tensor, Tensor]:
        """Normalised mel (B, T, 256), rough sound (B, 512 T), true sound (B, 1024 T)."""
        rows = [self._one(self.sources[i % len(self.sources)], louder) for i in range(count)]
        sound, rough_, truth = (
            torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True)
        )
        return sound, rough_, truth

    def _one(self, source: Any, louder: bool) -> tuple[Floats, Floats, Floats]:
        clips, chances, mels, roughs = source
        clip = clips[self.random.choice(len(clips), p=chances)]
        offset = int(self.random.integers(clip["frames"] - FRAMES + 1))
        row, sample = clip["row"] + offset, clip["sample"] + offset * SAMPLES
        gain = self.random.uniform(*GAIN_DB) if louder and self.random.random() < 0.5 else 0.0
        factor = np.float32(10 ** (gain / 20))
        mel_db = np.maximum(mels[row : row + FRAMES].astype(np.float32) + gain, mel.FLOOR_DB)
        around = roughs[row * mel.HOP : (row + FRAMES) * mel.HOP].astype(np.float32)
        true = self.audio[sample : sample + FRAMES * SAMPLES].astype(np.float32) / 32_768
        return mel.normalised(mel_db.astype(np.float32)), around * factor, true * factor


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Make the rough sounds that the vocoder reads.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="folder of the autoencoder's ONNX files")
    parser.add_argument(
        "--part", type=int, nargs=2, default=(0, 1), metavar=("FIRST", "STEP"),
        help="take only every STEP-th clip, from FIRST on",
    )  # fmt: skip
    asked = parser.parse_args()
    prepare(asked.corpus, asked.out, asked.weights, tuple(asked.part))


if __name__ == "__main__":
    main()
