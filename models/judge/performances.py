# SPDX-License-Identifier: GPL-3.0-or-later
"""The songs that are danced to: heard once, then cut, repeated, or moved by half a beat."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...inference.audio import Song, analyse, beat_channels
from ...inference.dance import BEAT_CHANNELS
from ...inference.errors import TwostepError
from ...inference.motion import FPS, Motion
from .signals import Array

SUFFIXES = (".wav", ".mp3", ".ogg", ".flac", ".m4a", ".opus", ".aac")
#: Beats of the bar where the downbeats of a song are not known.
BAR = 4


@dataclass(frozen=True)
class Heard:
    """A song on disk and what was heard in it.

    held: the song does not join the seed, so that a dancer draws the same noise for all songs.
    """

    path: Path
    song: Song
    held: bool = False

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def fingerprint(self) -> int:
        """A number that tells this song from others; it joins the seed, as when users dance."""
        return 0 if self.held else zlib.crc32(self.path.name.encode())

    @property
    def digest(self) -> str:
        """Names everything that a dancer can know of it."""
        song = self.song
        known = hashlib.sha256(np.ascontiguousarray(song.features).tobytes())
        known.update(np.ascontiguousarray(song.beats).tobytes())
        known.update(f"{song.seconds} {self.fingerprint}".encode())
        return known.hexdigest()


def hear_all(folder: Path, start: float = 0.0, length: float | None = None) -> list[Heard]:
    """Every song of a folder (or the one file), by name. Raises TwostepError when there is none."""
    found = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    paths = [path for path in found if path.suffix.lower() in SUFFIXES]
    if not paths:
        raise TwostepError(f"There is no song in {folder}: name a folder with sound files.")
    return [Heard(path, analyse(path, start, length)) for path in paths]


def lasting(heard: Heard, seconds: float) -> Heard:
    """The first `seconds` of a song; one that is shorter is repeated, bar behind bar."""
    song = heard.song
    return replace(
        heard, song=cut(song if song.seconds >= seconds else repeated(song, seconds), seconds)
    )


def cut(song: Song, seconds: float) -> Song:
    """The first `seconds` of a song (with a second more of its features, for looking ahead)."""
    inside = song.beats < seconds
    inside[:2] = True
    features = song.features[: round((seconds + 1) * FPS)]
    return replace(
        song,
        seconds=min(seconds, song.seconds),
        features=features,
        beats=song.beats[inside],
        downbeats=song.downbeats[inside],
    )


def repeated(song: Song, seconds: float) -> Song:
    """The song with its whole bars between the first and the last downbeat (where these are not
    known: its beats in fours) played again and again, without a break in the beat."""
    first, last = _bars(song)
    start, stop = float(song.beats[first]), float(song.beats[last])
    rounds = int(np.ceil((seconds + 2 - stop) / (stop - start)))
    again = np.arange(1, rounds + 1)[:, None] * (stop - start)
    beats = np.concatenate([song.beats[:last], (song.beats[first:last] + again).ravel()])
    flags = [song.downbeats[:last], *[song.downbeats[first:last]] * rounds]
    downbeats = np.concatenate(flags)
    times = np.arange(round((seconds + 1) * FPS)) / FPS
    heard_at = np.where(times < stop, times, start + (times - start) % (stop - start))
    rows = np.minimum(np.round(heard_at * FPS).astype(int), len(song.features) - 1)
    features = song.features[rows]
    features[:, BEAT_CHANNELS] = beat_channels(times, beats, downbeats)
    return replace(song, seconds=seconds, features=features, beats=beats, downbeats=downbeats)


def half_a_beat_late(song: Song) -> Song:
    """The song as if it sounded half a beat later.

    What is danced to it is judged by the true beats: a dancer who listens loses them.
    """
    frames = max(1, round(float(np.median(np.diff(song.beats))) / 2 * FPS))
    features = np.concatenate([np.repeat(song.features[:1], frames, axis=0), song.features])
    return replace(song, features=features[: len(song.features)], beats=song.beats + frames / FPS)


def on_beats(motion: Motion, beats: Array, frames: int = 8) -> Motion:
    """The dance read off `frames` times a beat (seconds).

    So dances at different tempi are compared step by step, and tempo alone is no difference.
    """
    at = np.interp(np.arange(0, len(beats) - 1, 1 / frames), np.arange(len(beats)), beats)
    return motion.sampled(at[at <= motion.seconds] * FPS)


def _bars(song: Song) -> tuple[int, int]:
    """Beats between which a song can be repeated."""
    bars = np.flatnonzero(song.downbeats)
    if len(bars) >= 2:
        return int(bars[0]), int(bars[-1])
    whole = (len(song.beats) - 1) // BAR * BAR
    return 0, whole or len(song.beats) - 1
