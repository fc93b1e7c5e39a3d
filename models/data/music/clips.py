# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips of music as the networks of the score learn from them: sound, mel, and what is known."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import resample_poly

from ....inference.audio import rhythm
from ....inference.audio.spectrum import Heard, hear
from ....inference.score import mel
from ....inference.score.answers import Answers, answers
from ....inference.score.conditions import BAR, conditions
from ....inference.score.cues import ENERGY_SIGMA
from ....inference.score.grid import Grid
from ....inference.score.harmony import chroma
from ....inference.score.motion_latents import motion_latents
from ....inference.score.networks import MOTION, TOKEN
from . import midi_beats
from .composer import compose
from .library import BELIEVED, Job, on_the_beat
from .pairs import Pair
from .render import LEAD, RATE, Stereo, levelled, render, render_midi
from .score import Piece

#: Samples at 44,100 Hz that one mel frame stands for.
STEP = mel.HOP * RATE // mel.RATE
#: How much of a MIDI file or a recording is used, seconds.
_MIDI_SECONDS = 75.0
_RECORDING_SECONDS = 300.0
_SHORTEST = 20.0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Told:
    """What is known of a clip besides its sound.

    energy: (T,) 0..1 at the mel frames, or None. chroma: (T, 12) or None. bars: whether the grid's
    downbeats and meter are known. take: name of the motion that goes with it, or None; motion: its
    latents (T / 4, 64). accents, strengths, stops: as in `Cues`; without a motion, the piece's own.
    """

    grid: Grid
    energy: Floats | None = None
    chroma: Floats | None = None
    bars: bool = True
    take: str | None = None
    motion: Floats | None = None
    accents: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    strengths: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    stops: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))

    @property
    def answers(self) -> Answers | None:
        """What the music does about accents and stops; None where nobody composed it."""
        if self.chroma is None:
            return None
        return answers(self.grid, self.accents, self.strengths, self.stops)


@dataclass(frozen=True)
class Clip:
    """sound: (1024 T,) int16, 44,100 Hz. mel: (T, 256) dB. conditions: (T, 28). motion:
    (T / 4, 64), zeros without a motion. All but the sound float16. entry: its line in clips.json.
    """

    sound: NDArray[np.int16]
    mel: NDArray[np.float16]
    conditions: NDArray[np.float16]
    motion: NDArray[np.float16]
    entry: dict[str, object]


def clip_of(job: Job) -> Clip | str:
    """The clip of a piece without a motion, a recording or a MIDI file; or why there is none."""
    if job.genre is not None:
        return _composed(job, job.genre)
    assert job.path is not None
    try:
        return _recording(job, job.path) if job.kind == "recording" else _midi(job, job.path)
    except (OSError, ValueError, EOFError, KeyError, soundfile.LibsndfileError) as error:
        return f"unreadable ({error})"


def played(piece: Piece, samples_dir: Path | None, seconds: float) -> Floats:
    """Mono samples of a piece at 44,100 Hz, from its own time 0 on."""
    return mono(render(piece, samples_dir, RATE)[round(LEAD * RATE) :][: round(seconds * RATE)])


def mono(stereo: Stereo) -> Floats:
    """Both channels in one, (N,)."""
    return stereo.mean(axis=1)


def times_of(sound: Floats) -> NDArray[np.float64]:
    """Seconds of the mel frames, (T,), that a clip of this sound has."""
    return mel.frame_times(len(sound) // STEP // TOKEN * TOKEN)


def finished(job: Job, sound: Floats, told: Told) -> Clip:
    """The clip of some mono samples at 44,100 Hz."""
    times = times_of(sound)
    samples = np.round(np.clip(sound[: len(times) * STEP], -1, 1) * 32_767).astype(np.int16)
    known = conditions(times, told.grid, told.energy, told.chroma, told.answers)
    if not told.bars:
        known[:, BAR] = 0.0
    motion = told.motion
    if motion is None:
        motion = np.zeros((len(times) // TOKEN, MOTION), np.float32)
    return Clip(
        samples,
        mel.log_mel(_halved(sound))[: len(times)].astype(np.float16),
        known.astype(np.float16),
        motion.astype(np.float16),
        _entry(job, told),
    )


def _entry(job: Job, told: Told) -> dict[str, object]:
    return {
        "name": job.name,
        "genre": job.genre,
        "split": job.split,
        "kind": "composed" if job.kind == "piece" else job.kind,
        "take": told.take,
        "beats": told.grid.beats.round(4).tolist(),
        "first": told.grid.first,
        "beats_per_bar": told.grid.beats_per_bar,
        "bars": told.bars,
        "accents": told.accents.round(4).tolist(),
        "strengths": told.strengths.astype(float).round(3).tolist(),
        "stops": told.stops.round(4).tolist(),
        "licence": job.licence,
        "credit": job.credit,
    }


def scored(job: Job, pair: Pair) -> Clip:
    """The clip of a dance and the music that a band makes for it; both start at 0."""
    assert job.genre is not None
    cues = pair.cues
    piece = compose(job.genre, job.seed, cues=cues)
    sound = played(piece, job.samples_dir, cues.seconds)
    times = times_of(sound)
    told = Told(
        cues.grid, cues.energy_at(times), chroma(piece.harmony, cues.grid, times),
        take=pair.name, motion=motion_latents(pair.motion, len(times) // TOKEN),
        accents=cues.accents, strengths=cues.strengths, stops=cues.stops,
    )  # fmt: skip
    return finished(job, sound, told)


def _composed(job: Job, genre: str) -> Clip:
    piece = compose(genre, job.seed)
    sound = played(piece, job.samples_dir, piece.seconds)
    times = times_of(sound)
    # As smooth as the energy of a dance is.
    energy = gaussian_filter1d(piece.energy_at(times), ENERGY_SIGMA * mel.FPS, mode="nearest")
    told = Told(
        piece.grid, energy, chroma(piece.harmony, piece.grid, times),
        accents=np.array([piece.time(beat) for beat in piece.accents]),
        strengths=np.ones(len(piece.accents), np.float32),
        stops=np.array([[piece.time(at) for at in stop] for stop in piece.stops]).reshape(-1, 2),
    )  # fmt: skip
    return finished(job, sound, told)


def _recording(job: Job, path: Path) -> Clip | str:
    sound, rate = soundfile.read(
        path, dtype="float32", always_2d=True, frames=int(_RECORDING_SECONDS * 48_000)
    )
    if rate != RATE:
        sound = resample_poly(sound, RATE, rate, axis=0).astype(np.float32)
    stereo = np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound[:, :2]
    return _tracked(job, mono(levelled(stereo, RATE)))


def _midi(job: Job, path: Path) -> Clip | str:
    beats, downbeats = midi_beats.read_beats(path, _MIDI_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        short = Path(folder) / "short.mid"
        midi_beats.cut(path, _MIDI_SECONDS, short)
        sound = mono(levelled(render_midi(short, RATE)[: round(_MIDI_SECONDS * RATE)], RATE))
    if len(sound) < _SHORTEST * RATE:
        return "too short"
    heard = hear([_halved(sound)])
    if len(beats) >= 8 and on_the_beat(heard, beats) > BELIEVED:
        return finished(job, sound, _barred(beats, downbeats))
    return _tracked(job, sound, heard)


def _tracked(job: Job, sound: Floats, heard: Heard | None = None) -> Clip | str:
    """The clip of a sound whose beats have to be heard."""
    pulse = rhythm(heard or hear([_halved(sound)]))
    if not pulse.clear:
        return "no clear beat"
    return finished(job, sound, _barred(pulse.beats, pulse.downbeats))


def _barred(beats: NDArray[np.float64], downbeats: NDArray[np.bool_]) -> Told:
    """A grid whose bars are believed only where they come every four beats throughout."""
    marks = np.flatnonzero(downbeats)
    steady = len(marks) > 2 and bool((np.diff(marks) == 4).all())
    return Told(Grid(beats, int(marks[0]) % 4 if steady else 0), bars=steady)


def _halved(sound: Floats) -> Floats:
    """Samples at 44,100 Hz as samples at 22,050 Hz."""
    return np.asarray(resample_poly(sound, 1, 2), np.float32)
