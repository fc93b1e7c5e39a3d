# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains what the audio analysis has learned of beat and bar (`metre`).

It is tried first on the library's validation tracks, then trained on everything but the test's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....inference.audio import metre, rhythm
from . import metre as metre_training
from .library import Job, Sound, sound_of

Known = list[tuple[Job, Sound]]


def learn(jobs: Iterable[Job], report: Callable[[str], None]) -> None:
    """Trains it and writes the weights where the analysis looks for them."""
    trained = (job for job in jobs if job.split != "test")
    known = [(job, sound) for job in trained if isinstance(sound := sound_of(job), Sound)]
    _learn_metre([(job, sound) for job, sound in known if job.split == "train"], metre.WEIGHTS)
    report(_beats_found([(job, sound) for job, sound in known if job.split != "train"]))
    _learn_metre(known, metre.WEIGHTS)


def _learn_metre(known: Known, out: Path) -> None:
    pieces = [
        metre_training.bars_of(sound.heard, sound.beats, sound.downbeats)
        for _, sound in known
        if sound.beats is not None and sound.downbeats is not None
    ]
    metre_training.train(pieces, out)
    metre.forget()


def _beats_found(known: Known) -> str:
    found: dict[str, list[float]] = {}
    for job, sound in known:
        if sound.beats is not None and sound.downbeats is not None:
            pulse = rhythm(sound.heard)
            kind = job.genre or "MIDI"
            found.setdefault(kind, []).append(beat_f1(pulse.beats, sound.beats))
            if sound.downbeats.any():
                bars = beat_f1(pulse.beats[pulse.downbeats], sound.beats[sound.downbeats])
                found.setdefault(f"{kind} bars", []).append(bars)
    return "beat F1: " + ", ".join(f"{kind} {np.mean(f1):.2f}" for kind, f1 in found.items())


def beat_f1(found: NDArray[np.float64], true: NDArray[np.float64], within: float = 0.07) -> float:
    """F1 of beats matched one to one within some seconds, 0..1."""
    if not len(found) or not len(true):
        return 0.0
    taken: set[int] = set()
    for beat in found:
        near = int(np.abs(true - beat).argmin())
        if abs(true[near] - beat) <= within:
            taken.add(near)
    return 2 * len(taken) / (len(found) + len(true))
