# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance in, its music out: watches, plans, generates, gives it a voice, finishes, writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .. import weights
from ..errors import TwostepError
from ..files import replaced, scratch
from ..genres import GENRES
from ..jobs import AUTO, ScoreJob
from ..motion import FPS, Motion
from ..progress import Asked, Progress, Teller
from ..readers import read_motion
from . import finish, networks, wav
from .auto_genre import auto_genre
from .cues import Cues, read_cues
from .generator import Told, mels
from .griffin_lim import GriffinLim
from .harmony import plan
from .mel import FPS as MEL_FPS
from .motion_latents import motion_latents
from .vocoder import open_vocoder

#: The share of the time at which each stage ends.
READ, WATCHED, COMPOSED = 0.02, 0.06, 0.95
#: The music fades out over its last bar, but over no more than this share of it.
MOST_FADE = 0.2
#: How much of a bar, in bars, may be missing from a loop's last one.
_NEARLY = 0.02

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ScoreResult:
    """The music that was written, and how it was made.

    cues: what was read off the dance, in seconds of the music. seconds: its length. weights: the
    version of the networks.
    """

    path: Path
    genre: str
    cues: Cues
    seconds: float
    provider: str
    provider_note: str
    weights: str
    warnings: tuple[str, ...]

    @property
    def first_downbeat(self) -> float:
        """The first moment of the music at which a bar starts, seconds."""
        grid = self.cues.grid
        bar = np.ceil((grid.position(np.zeros(1)) - grid.first) / grid.beats_per_bar - 1e-6)
        return max(0.0, float(grid.seconds(bar * grid.beats_per_bar + grid.first)[0]))

    @property
    def beats(self) -> NDArray[np.float64]:
        """All beats of the music, seconds."""
        beats = self.cues.grid.beats
        return beats[(beats >= -1e-6) & (beats < self.seconds)]


class Voice(Protocol):
    """Makes sound of mel spectrograms in dB."""

    def blocks(self, pieces: Iterator[Floats]) -> Iterator[Floats]:
        """Samples at 44,100 Hz, 1024 a frame, of consecutive (n, 256)."""


def score(
    job: ScoreJob,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
    folder: Path | None = None,
) -> ScoreResult:
    """Make the music that `job` asks for, and write it.

    folder: of the networks, else those that ship. Raises TwostepError with one sentence for the
    user; Cancelled, a kind of it, when `cancelled` said so. Nothing is written then.
    """
    tell = Teller(progress, cancelled)
    tell(0.0, "Reading the motion")
    motion, seconds = _part(read_motion(job.motion), job)
    tell(READ, "Opening the networks")
    home = folder or weights.folder("score")
    nets = networks.warm(job.provider, home)
    voice, warnings = _voice(job.provider, home)
    tell(READ, "Watching the dance")
    genre = job.genre
    if genre == AUTO:
        genre = auto_genre(motion, job.bpm, job.beats_per_bar)
    cues, odd = _cues(motion, genre, job)
    if job.loop:
        seconds = _whole_bars(cues, seconds)
    told = told_of(motion, cues, genre, job.seed, seconds, loops=job.loop, provider=job.provider)
    ends = _ends(cues, seconds, loops=job.loop)
    with scratch(job.out) as file:
        take = finish.Take(file)
        needed = ends.count + (finish.RETURN if job.loop else 0)

        def composing(share: float) -> None:
            tell(WATCHED + (COMPOSED - WATCHED) * share, "Composing")

        for samples in voice.blocks(mels(nets, told, composing)):
            take.add(samples[: needed - take.count])
        with replaced(job.out) as path:
            wav.write(path, _watched(take, ends, nets.loudness, tell), ends.count, job.seed)
    if progress is not None:  # it is written: too late to stop
        progress(1.0, "Done")
    return ScoreResult(
        job.out, genre, cues, ends.count / wav.RATE, nets.provider, nets.note,
        nets.bundle.version, (*warnings, *odd),
    )  # fmt: skip


def _part(motion: Motion, job: ScoreJob) -> tuple[Motion, float]:
    """The stretch of the motion that is scored, at 30 fps, and its length in seconds."""
    if job.start >= motion.seconds:
        raise TwostepError(
            f"The motion is only {motion.seconds:.1f} s long, so nothing starts at "
            f"{job.start:g} s; choose an earlier start."
        )
    left = motion.seconds - job.start
    seconds = left if job.length is None else min(job.length, left)
    first = job.start * motion.fps
    count = max(2, round(seconds * FPS))
    part = motion.sampled(first + np.arange(count) / FPS * motion.fps)
    return Motion(FPS, part.root, part.rotations, part.contacts), seconds


def _cues(motion: Motion, genre: str, job: ScoreJob) -> tuple[Cues, tuple[str, ...]]:
    """What the music answers in the dance; and a warning about the user's meter."""
    usual = GENRES[genre].beats_per_bar
    beats = job.beats_per_bar or usual
    cues = read_cues(motion, job.bpm, beats, job.first_downbeat)
    if beats == usual:
        return cues, ()
    label = GENRES[genre].label
    return cues, (f"{label} has {usual} beats in a bar; with {beats} it may lose its way.",)


def _whole_bars(cues: Cues, seconds: float) -> float:
    """The end of the last whole bar's length, counted from the start of the music."""
    grid = cues.grid
    start, end = grid.position(np.array([0.0, seconds]))
    bars = int(np.floor((end - start) / grid.beats_per_bar + _NEARLY))
    if bars < 1:
        raise TwostepError(
            f"The dance is shorter than a bar of {grid.beats_per_bar} beats at {grid.bpm:.0f} bpm, "
            "so it cannot loop; choose a longer part, or no loop."
        )
    return float(grid.seconds(np.array([start + bars * grid.beats_per_bar]))[0])


def told_of(
    motion: Motion,
    cues: Cues,
    genre: str,
    seed: int,
    seconds: float,
    *,
    loops: bool = False,
    provider: str = AUTO,
) -> Told:
    """All that the networks are told for a piece of some seconds on a motion at 30 fps."""
    # Chords for the windows beyond the end, too.
    bars = cues.grid.position(np.array([seconds + 15.0]))[0] / cues.grid.beats_per_bar
    harmony = plan(genre, int(bars) + 2, np.random.default_rng(seed))
    danced = motion_latents(motion, provider=provider)
    return Told(cues, harmony, danced, genre, seed, seconds * MEL_FPS, loops)


def _ends(cues: Cues, seconds: float, *, loops: bool) -> finish.Ends:
    count = round(seconds * wav.RATE)
    bar = 60 / cues.grid.bpm * cues.grid.beats_per_bar
    fade = 0 if loops else round(min(bar, MOST_FADE * seconds) * wav.RATE)
    return finish.Ends(count, fade, loops)


def _watched(
    take: finish.Take, ends: finish.Ends, loudness: float, tell: Teller
) -> Iterator[Floats]:
    done = 0
    for block in finish.finished(take, ends, loudness):
        tell(COMPOSED + (1 - COMPOSED) * done / ends.count, "Finishing")
        yield block
        done += len(block)


@lru_cache(maxsize=1)
def _voice(provider: str, folder: Path) -> tuple[Voice, tuple[str, ...]]:
    """What makes the sound, kept open, and a warning when it is not the network."""
    try:
        return open_vocoder(weights.read_bundle(folder, "score"), provider), ()
    except TwostepError as error:
        return GriffinLim(), (f"{error} Until then Griffin-Lim makes the sound, which is duller.",)
