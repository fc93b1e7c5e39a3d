# SPDX-License-Identifier: GPL-3.0-or-later
"""Music made for dances that the networks have not seen: as users get it, and told less or else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.io import wavfile

from ....inference.genres import GENRES
from ....inference.jobs import ScoreJob
from ....inference.motion import FPS, Motion
from ....inference.readers import read_motion
from ....inference.score import harmony, mel
from ....inference.score.conditions import ANSWERS, ENERGY
from ....inference.score.cues import Cues, read_cues
from ....inference.score.generator import OVERLAP, Told, mels, window_starts
from ....inference.score.networks import TOKEN, Networks
from ....inference.score.score import score, told_of
from ..clips import read_clips
from .heard import Array, Floats, Heard, mel_of

#: Shortest take that is used where it is shorter than what was asked for, seconds.
SHORTEST = 20.0


@dataclass(frozen=True)
class Dance:
    """A dance to make music for. motion: at 30 fps; path: the file that holds it."""

    name: str
    path: Path
    motion: Motion


@dataclass(frozen=True)
class Variant:
    """What the generator is told. withheld: channels of the conditions that it is not told.

    motion: "own", "none", or "other" for the latents of another dance. late: how many beats
    everything it is told comes late.
    """

    title: str
    withheld: tuple[slice, ...] = ()
    motion: str = "none"
    late: float = 0.0


#: In the order of the report.
VARIANTS: dict[str, Variant] = {
    "grid": Variant("grid and chords only", (ENERGY, ANSWERS)),
    "energy": Variant("+ energy", (ANSWERS,)),
    "energy_motion": Variant("+ energy + latents of the dance", (ANSWERS,), "own"),
    "answers": Variant("+ energy + answers"),
    "all": Variant("+ energy + answers + latents of the dance", motion="own"),
    "other": Variant("+ energy + answers + latents of another dance", motion="other"),
    "late": Variant("all of it half a beat late", motion="own", late=0.5),
}


class Withholding(Networks):
    """The networks, not told some channels of the conditions."""

    withheld: tuple[slice, ...] = ()

    def generate(
        self,
        noise: Floats,
        known: Floats,
        mask: Floats,
        conditions: Floats,
        motion: Floats | None,
        genre: str,
        timbre: Floats | None,
    ) -> Floats:
        conditions = conditions.copy()
        for channels in self.withheld:
            conditions[:, channels] = 0.0
        return super().generate(noise, known, mask, conditions, motion, genre, timbre)


def held_out(shards: Path, seconds: float, out: Path) -> list[Dance]:
    """The unbroken stretches of the test takes of a shard folder, their first seconds, as files."""
    found: list[Dance] = []
    for clip in read_clips(shards, ("test",), shortest=min(seconds, SHORTEST)):
        motion = clip.motion[: round(seconds * FPS)]
        again = any(dance.name == clip.name for dance in found)
        path = out / (f"{clip.name}_{len(found)}.npz" if again else f"{clip.name}.npz")
        motion.save(path)
        found.append(Dance(path.stem, path, motion))
    return found


def from_file(path: Path, seconds: float) -> Dance:
    """A dance of a file that `read_motion` reads, its first seconds."""
    motion = read_motion(path)
    frames = np.arange(min(round(seconds * FPS), int(motion.seconds * FPS)))
    return Dance(path.stem, path, motion.sampled(frames / FPS * motion.fps))


def finished(dance: Dance, genre: str, seed: int, weights: Path, out: Path) -> tuple[Heard, float]:
    """The music as users get it, from the file that was written for them; and how long that took,
    seconds.
    """
    path = out / f"{genre}_{dance.name}_{seed}.wav"
    seconds = dance.motion.seconds
    job = ScoreJob(dance.path, path, genre, seed, length=seconds, provider="cpu")
    began = perf_counter()
    result = score(job, folder=weights)
    took = perf_counter() - began
    samples = read_wav(path)
    told = told_of(dance.motion, result.cues, genre, seed, result.seconds, provider="cpu")
    return replace(of_cues(path.stem, told, mel_of(samples)), samples=samples), took


def looped(dance: Dance, genre: str, seed: int, weights: Path, out: Path) -> tuple[Floats, Array]:
    """Samples of a loop as users get it, and the seconds of its downbeats."""
    path = out / f"{genre}_{dance.name}_loop.wav"
    result = score(
        ScoreJob(dance.path, path, genre, seed, loop=True, provider="cpu"), folder=weights
    )
    grid = result.cues.grid
    return read_wav(path), grid.beats[grid.downbeats]


def told_as(
    networks: Withholding, variant: Variant, dance: Dance, other: Dance, genre: str, seed: int
) -> Heard:
    """What a variant makes of a dance, judged by the dance; its mel as the decoder gives it."""
    cues = read_cues(dance.motion, beats_per_bar=GENRES[genre].beats_per_bar)
    told = told_of(dance.motion, cues, genre, seed, dance.motion.seconds, provider="cpu")
    given = told
    if variant.motion == "none":
        given = replace(given, motion=None)
    elif variant.motion == "other":
        foreign = told_of(other.motion, cues, genre, seed, other.motion.seconds, provider="cpu")
        given = replace(given, motion=_as_long(foreign.motion, told.motion))
    if variant.late:
        given = _later(given, variant.late * 60 / cues.grid.bpm)
    networks.withheld = variant.withheld
    made = np.concatenate(list(mels(networks, given)))[: round(told.frames)]
    return of_cues(f"{genre}_{dance.name}_{seed}", told, made)


def of_cues(name: str, told: Told, mel_db: Floats) -> Heard:
    """A piece that was to follow what a generator was told."""
    times = mel.frame_times(len(mel_db))
    cues = told.cues
    return Heard(
        name,
        told.genre,
        mel_db,
        cues.grid,
        energy=cues.energy_at(times),
        chroma=harmony.chroma(told.harmony, cues.grid, times),
        accents=cues.accents,
        strengths=np.asarray(cues.strengths, np.float64),
        stops=cues.stops,
    )


def joins(seconds: float) -> list[float]:
    """Where windows of a piece take over from those before, seconds."""
    starts = window_starts(int(np.ceil(seconds * mel.FPS / TOKEN)) + 1, loops=False)
    return [(start + OVERLAP) * TOKEN / mel.FPS for start in starts[1:]]


def read_wav(path: Path) -> Floats:
    """Mono samples (N,) at 44,100 Hz, -1..1, of a 16-bit file that was written by the score."""
    _, samples = wavfile.read(path)
    return np.asarray(samples, np.float32) / 32_767


def _later(told: Told, seconds: float) -> Told:
    """The same dance, so many seconds later."""
    cues: Cues = told.cues
    frames = round(seconds * FPS)
    moved = replace(
        cues,
        grid=replace(cues.grid, beats=cues.grid.beats + seconds),
        energy=np.concatenate([np.repeat(cues.energy[:1], frames), cues.energy]),
        accents=cues.accents + seconds,
        stops=cues.stops + seconds,
    )
    motion = told.motion
    if motion is not None:
        tokens = round(seconds * mel.FPS / TOKEN)
        motion = np.concatenate([np.repeat(motion[:1], tokens, axis=0), motion])
    return replace(told, cues=moved, motion=motion)


def _as_long(motion: Floats | None, wanted: Floats | None) -> Floats | None:
    """The rows of a motion, gone through again where they are too few."""
    if motion is None or wanted is None:
        return None
    rows: Floats = motion[np.arange(len(wanted)) % len(motion)]
    return rows


def pairs(dances: Sequence[Dance], genres: Sequence[str], takes: int) -> list[tuple[int, str]]:
    """Which dance (its number) gets music of which genre: so many a genre, in turn."""
    takes = min(takes, len(dances))
    return [
        ((takes * place + take) % len(dances), genre)
        for place, genre in enumerate(genres)
        for take in range(takes)
    ]
