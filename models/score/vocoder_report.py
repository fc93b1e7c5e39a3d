# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the vocoder: `python -m twostep.models.score.vocoder_report --corpus DIR --out DIR`.

Against Griffin-Lim, both from true mels and from mels through the autoencoder, on clips that were
held out and on songs of other people. Writes vocoder.json and vocoder.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from ...inference.score.griffin_lim import RATE, ROUGH_ITERATIONS, SAMPLES, GriffinLim
from ...inference.score.mel import FPS, log_mel
from ...inference.score.vocoder import open_vocoder
from ...inference.weights import ALL_SHIPPED, read_bundle
from .vocoder_data import autoencoder
from .vocoder_measures import measure

#: Mel frames of each example, about 12 s, and the first one.
FRAMES, FIRST = 512, 344
_SONG_AT = 30.0

Floats = NDArray[np.float32]
Make = Callable[[Floats], Floats]


def held_out(corpus: Path) -> Iterator[tuple[str, Floats]]:
    """Name and true sound (512 * 1024,) of the clips with audio that nothing was trained on."""
    clips = json.loads((corpus / "clips.json").read_text(encoding="utf-8"))
    splits = {clip["name"]: clip["split"] for clip in clips}
    audio = np.load(corpus / "audio.npy", mmap_mode="r")
    for told in json.loads((corpus / "audio.json").read_text(encoding="utf-8")):
        if splits[told["clip"]] == "train" or told["frames"] < FRAMES:
            continue
        first = min(FIRST, told["frames"] - FRAMES)
        start = told["start"] + first * SAMPLES
        yield told["clip"], audio[start : start + FRAMES * SAMPLES].astype(np.float32) / 32_768


def songs(folder: Path) -> Iterator[tuple[str, Floats]]:
    """Name and 12 s of every sound file of a folder, as loud as the corpus is."""
    for path in sorted(folder.iterdir()):
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
        part = sound[int(_SONG_AT * rate) :][: int((FRAMES * SAMPLES / RATE + 1) * rate)]
        mono = resample_poly(part.mean(axis=1), RATE, rate)[: FRAMES * SAMPLES]
        yield path.stem, np.asarray(mono * (0.15 / np.sqrt(np.square(mono).mean())), np.float32)


def makers(weights: Path) -> dict[str, Make]:
    """What is compared, by name; each takes a mel (T, 256) in dB."""
    vocoder = open_vocoder(read_bundle(weights, "score"), "cpu").samples
    found: dict[str, Make] = {
        "vocoder": vocoder,
        "Griffin-Lim": GriffinLim().samples,
        f"Griffin-Lim, {ROUGH_ITERATIONS} iterations": GriffinLim(ROUGH_ITERATIONS).samples,
    }
    if (weights / "autoencoder_decoder.onnx").exists():
        through = autoencoder(weights)
        griffin = GriffinLim().samples
        found["autoencoder + vocoder"] = lambda mel_db: vocoder(through(mel_db))
        found["autoencoder + Griffin-Lim"] = lambda mel_db: griffin(through(mel_db))
    return found


def compare(sounds: Iterator[tuple[str, Floats]], made: dict[str, Make]) -> dict[str, object]:
    """Means of all measures by what made the sound, and its speed as a multiple of real time.

    Speed is by processor time: of one thread, if the process may use no more.
    """
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in made}
    names = []
    for name, truth in sounds:
        names.append(name)
        mel_db = log_mel(np.asarray(resample_poly(truth, 1, 2), np.float32))[:FRAMES]
        for method, make in made.items():
            began = time.process_time()
            found = make(mel_db)
            took = time.process_time() - began
            values = measure(truth, found[: len(truth)])
            rows[method].append({**values, "times_real_time": len(mel_db) / FPS / took})
    means = {
        method: {key: round(float(np.nanmean([r[key] for r in row])), 3) for key in row[0]}
        for method, row in rows.items()
    }
    return {"of": names, "means": means}


def table(means: dict[str, dict[str, float]]) -> str:
    """The means as a Markdown table."""
    keys = list(next(iter(means.values())))
    lines = ["| | " + " | ".join(keys) + " |", "|---" * (len(keys) + 1) + "|"]
    lines += [
        f"| {m} | " + " | ".join(f"{v[k]:.2f}" for k in keys) + " |" for m, v in means.items()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Compare the vocoder with Griffin-Lim.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of the corpus")
    parser.add_argument("--songs", type=Path, help="folder of songs by other people")
    parser.add_argument("--weights", type=Path, default=ALL_SHIPPED / "score")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    made = makers(asked.weights)
    found = {"held out": compare(held_out(asked.corpus), made)}
    if asked.songs:
        found["songs"] = compare(songs(asked.songs), made)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "vocoder.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    text = "\n".join(f"{name}\n\n{table(part['means'])}" for name, part in found.items())  # type: ignore[arg-type]
    (asked.out / "vocoder.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
