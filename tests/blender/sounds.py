# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds to test with."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 22050


def beat(seconds: float, bpm: float = 120.0) -> np.ndarray:
    """A drum on every beat and a hat between, (N,), -1..1."""
    random = np.random.default_rng(0)
    sound = np.zeros(int(seconds * RATE))
    decay = np.arange(RATE // 5) / RATE
    drum = np.sin(2 * np.pi * 60 * decay) * np.exp(-decay * 25)
    hat = random.normal(size=len(decay)) * np.exp(-decay * 80) * 0.2
    for index, at in enumerate(np.arange(0, seconds, 30 / bpm)):
        start = int(at * RATE)
        hit = (hat if index % 2 else drum)[: len(sound) - start]
        sound[start : start + len(hit)] += hit
    return sound * 0.8


def write_wav(path: Path, sound: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def onset(path: Path) -> float:
    """Seconds to the first loud sample of a 16-bit wav."""
    with wave.open(str(path)) as file:
        channels, rate = file.getnchannels(), file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    loud = np.abs(samples.reshape(-1, channels).astype(int)).max(axis=1) > 3000
    return int(np.argmax(loud)) / rate
