# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds that tests make for themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

#: Container and codec of each file ending.
CODECS = {
    "wav": "pcm_s16le",
    "flac": "flac",
    "mp3": "libmp3lame",
    "ogg": "vorbis",
    "opus": "libopus",
    "m4a": "aac",
    "aac": "aac",
    "mp4": "aac",
    "mkv": "flac",
    "mpg": "mp2",
}


def clicks(
    seconds: float, rate: int = 22_050, bpm: float = 100.0, first: float = 0.3
) -> NDArray[np.float32]:
    """A click track of noise bursts with a low thump, mono, (N,)."""
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.001, int(seconds * rate)).astype(np.float32)
    ring = np.arange(int(0.08 * rate)) / rate
    click = np.exp(-ring * 60) * (rng.normal(0, 0.4, len(ring)) + np.sin(2 * np.pi * 90 * ring))
    for time in np.arange(first, seconds - 0.1, 60 / bpm):
        start = round(time * rate)
        sound[start : start + len(click)] += 0.4 * click[: len(sound) - start]
    return np.clip(sound, -1, 1)


def write(path: Path, sound: NDArray[np.float32], rate: int = 44_100, channels: int = 2) -> Path:
    """Encodes mono samples as a file of the kind that its ending says, in some channels."""
    codec = CODECS[path.suffix[1:]]
    if codec == "vorbis":  # which PyAV's FFmpeg only reads
        soundfile.write(path, np.repeat(sound[:, None], channels, axis=1), rate, subtype="VORBIS")
        return path
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    pcm = (np.clip(sound, -1, 1) * 32_767).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000 if codec == "libopus" else rate)
        stream.layout = layout
        packed = np.repeat(pcm, channels)[None]
        for start in range(0, packed.shape[1], channels * rate):
            piece = np.ascontiguousarray(packed[:, start : start + channels * rate])
            frame = av.AudioFrame.from_ndarray(piece, format="s16", layout=layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = start // channels  # so that the encoder's own delay is written down
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
