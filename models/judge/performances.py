# SPDX-License-Identifier: GPL-3.0-or-later
"""The dances to judge, made by the same inference that ships."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...inference.audio import Song, analyse
from ...inference.dance import compose, score
from ...inference.errors import TwostepError
from ...inference.jobs import DanceJob
from ...inference.motion import FPS, Motion
from ...inference.networks import Networks
from ...inference.rollout import Direction, rollout

SUFFIXES = (".wav", ".mp3", ".ogg", ".flac", ".m4a", ".opus", ".aac")


@dataclass(frozen=True)
class Heard:
    """A song on disk and what was heard in it."""

    path: Path
    song: Song

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def fingerprint(self) -> int:
        """A number that tells this song from others; it joins the seed, as when users dance."""
        return zlib.crc32(self.path.name.encode())


@dataclass(frozen=True)
class Performance:
    """One dance. raw: as the networks make it; late: the same fed half a beat late (see
    `half_a_beat_late`); finished: retimed and with its feet planted, as the user gets it."""

    heard: Heard
    style: str
    seed: int
    raw: Motion
    late: Motion
    finished: Motion


def hear_all(folder: Path, start: float, length: float) -> list[Heard]:
    """Every song of a folder (or the one file), by name. Raises TwostepError when there is none."""
    found = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    paths = [path for path in found if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise TwostepError(f"There is no song in {folder}: name a folder with sound files.")
    return [Heard(path, analyse(path, start, length)) for path in paths]


def perform(
    networks: Networks, heard: Heard, style: str, seed: int, candidates: int
) -> Performance:
    """Dance to a song three times over with one seed."""
    direction = Direction(style, seed=seed, fingerprint=heard.fingerprint, candidates=candidates)
    job = DanceJob(song=heard.path, style=style, seed=seed, candidates=candidates)
    late = half_a_beat_late(heard.song)
    return Performance(
        heard,
        style,
        seed,
        raw=rollout(networks, score(heard.song), direction),
        late=rollout(networks, score(late), direction),
        finished=compose(networks, heard.song, job, style, heard.fingerprint),
    )


def half_a_beat_late(song: Song) -> Song:
    """The song as if it sounded half a beat later.

    What is danced to it is judged by the true beats: a dancer who listens loses them.
    """
    frames = max(1, round(float(np.median(np.diff(song.beats))) / 2 * FPS))
    features = np.concatenate([np.repeat(song.features[:1], frames, axis=0), song.features])
    return replace(song, features=features[: len(song.features)], beats=song.beats + frames / FPS)


def on_beats(performance: Performance, frames: int = 8) -> Motion:
    """The raw dance read off `frames` times a beat.

    So dances at different tempi are compared step by step, and tempo alone is no difference.
    """
    beats = performance.heard.song.beats
    at = np.interp(np.arange(0, len(beats) - 1, 1 / frames), np.arange(len(beats)), beats)
    return performance.raw.sampled(at[at <= performance.raw.seconds] * FPS)
