# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains what the audio analysis has learned: beat and bar (`metre`), Auto style (`style`).

Both are tried first on the library's validation tracks, then trained on everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....inference.audio import Heard, metre, rhythm, style
from ....inference.styles import STYLES
from . import metre as metre_training
from . import style as style_training
from .library import Job, Sound, sound_of

#: Recordings whose style is plain enough to teach the verdict how a produced track sounds.
_RECORDED_HIPHOP = ("cc0-beats/Boomboxhead", "cc0-beats/boom - DOPEBEAT2")

_EXCERPT = 25.0  # s; a verdict must stand on part of a song too

Floats = NDArray[np.float32]
Known = list[tuple[Job, Sound]]


def learn(jobs: Iterable[Job], report: Callable[[str], None]) -> None:
    """Trains both and writes their weights where the analysis looks for them."""
    heard = [(job, sound) for job in jobs if isinstance(sound := sound_of(job), Sound)]
    known = [(_labelled(job), sound) for job, sound in heard]
    training = [(job, sound) for job, sound in known if job.split == "train"]
    held_out = [(job, sound) for job, sound in known if job.split != "train"]
    _learn_metre(training, metre.WEIGHTS)
    report(_beats_found(held_out))
    _learn_style(training, style.WEIGHTS)
    report(_styles_found(held_out))
    _learn_metre(known, metre.WEIGHTS)
    _learn_style(known, style.WEIGHTS)


def _labelled(job: Job) -> Job:
    """The job with its genre, where its name gives it away."""
    return replace(job, genre="hiphop") if job.name.startswith(_RECORDED_HIPHOP) else job


def _learn_metre(known: Known, out: Path) -> None:
    pieces = [
        metre_training.bars_of(sound.heard, sound.beats, sound.downbeats)
        for _, sound in known
        if sound.beats is not None and sound.downbeats is not None
    ]
    metre_training.train(pieces, out)
    metre.forget()


def _learn_style(known: Known, out: Path) -> None:
    traits, genres = [], []
    for job, sound in known:
        if job.style is None:
            continue
        for heard in (sound.heard, *excerpts(sound.heard)):
            traits.append(style.traits(heard, rhythm(heard)))
            genres.append(job.style)
    style_training.train(np.stack(traits), genres, out)
    style.forget()


def excerpts(heard: Heard, seconds: float = _EXCERPT) -> Iterator[Heard]:
    """Parts of a song, each as if it were a song."""
    frames = int(seconds * 30)
    for start in range(0, len(heard.power) - frames + 1, frames):
        stop = start + frames
        yield replace(
            heard,
            flux=heard.flux[3 * start : 3 * stop],
            power=heard.power[start:stop],
            chroma=heard.chroma[start:stop],
            mfcc=heard.mfcc[start:stop],
            seconds=seconds,
        )


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


def _styles_found(known: Known) -> str:
    right = [
        style.verdict(heard, rhythm(heard)) == job.style
        for job, sound in known
        if job.style in STYLES
        for heard in excerpts(sound.heard)
    ]
    return f"style of {len(right)} held-out excerpts: {np.mean(right) if right else 0:.2f} right"


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
