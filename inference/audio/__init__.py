# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening to a song: `analyse` gives beats, downbeats and the 48 channels that dancers hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import TwostepError
from . import metre, style
from .beats import Pulse, track
from .decode import RATE, decode, duration, iter_blocks
from .features import CHANNELS, beat_channels, frame_times, loudness, sound_channels
from .sections import boundaries, nearness, section_level
from .spectrum import Heard, hear

__all__ = [
    "RATE",
    "Heard",
    "Pulse",
    "Song",
    "analyse",
    "assemble",
    "beat_channels",
    "decode",
    "iter_blocks",
    "listen",
    "rhythm",
]

_SHORTEST = 0.5  # s
_SILENT_DB = -60.0
_QUIET_DB = -24.0
_USUAL_DB = -12.0

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Song:
    """What a dancer hears.

    seconds: length of the range listened to. features: (T, 48) at 30 fps, see `features`.
    beats: (B,) seconds from the range's start, B >= 2. downbeats: (B,) which of them start a bar,
    all False when that is not known. bpm: median tempo of the dance beat. genres: how probable each
    of `genres.GENRES` is. warnings: sentences for the user.
    """

    seconds: float
    features: NDArray[np.float32]
    beats: NDArray[np.float64]
    downbeats: NDArray[np.bool_]
    bpm: float
    genres: dict[str, float]
    warnings: tuple[str, ...]

    @property
    def genre(self) -> str:
        """The most probable genre."""
        return max(self.genres, key=lambda name: self.genres[name])

    @property
    def style(self) -> str:
        """The dance style, one of `STYLES`, that the song asks for: the Auto verdict."""
        return style.verdict(self.genres)


def analyse(
    path: str | Path,
    start: float = 0.0,
    length: float | None = None,
    progress: Progress | None = None,
) -> Song:
    """Listens to a song, or to `length` seconds of it from `start`.

    progress: called with 0..1 as the file is read; it may raise `Cancelled`.
    Raises TwostepError when the file can't be read, is silent or shorter than half a second.
    """
    excerpts = style.Excerpts()
    heard = listen(path, start, length, progress, excerpts)
    name = Path(path).name
    pulse = rhythm(heard)
    warnings = list(_warnings(path, name, heard, pulse, start, length))
    features = assemble(heard, pulse.beats, pulse.downbeats)
    return Song(
        heard.seconds,
        features,
        pulse.beats,
        pulse.downbeats,
        pulse.bpm,
        style.heard(excerpts.all()),
        tuple(warnings),
    )


def listen(
    path: str | Path,
    start: float = 0.0,
    length: float | None = None,
    progress: Progress | None = None,
    excerpts: style.Excerpts | None = None,
) -> Heard:
    """The first half of `analyse`: reads the file once, in bounded memory.

    excerpts: listens along.
    """
    total = length if length is not None else (duration(path) or 0.0) - start
    blocks = _counted(iter_blocks(path, start, length), total, progress)
    heard = hear(excerpts.passing(blocks) if excerpts else blocks)
    name = Path(path).name
    level = loudness(heard)[1]
    if level < _SILENT_DB:
        raise TwostepError(f"“{name}” is silent: choose a song, or another part of it.")
    if heard.seconds < _SHORTEST:
        raise TwostepError(f"“{name}” is shorter than half a second: choose a longer sound.")
    if level < _QUIET_DB:  # a faint recording is turned up and heard again
        gain = 10 ** ((_USUAL_DB - level) / 20)
        heard = hear(_counted(iter_blocks(path, start, length), total, progress), gain)
    return heard


def rhythm(heard: Heard) -> Pulse:
    """Where the dance beats and bars of a song are."""
    pulse = track(heard.flux, heard.seconds)
    if not pulse.clear:
        return pulse
    beats, downbeats = metre.settle(heard, pulse.beats)
    return Pulse(beats, True, downbeats)


def assemble(
    heard: Heard, beats: NDArray[np.float64], downbeats: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """All 48 channels from what was heard and where the beats are, (T, 48)."""
    count = len(heard.power)
    times = frame_times(count)
    sound = sound_channels(heard)
    features = np.empty((count, CHANNELS), np.float32)
    features[:, :37] = sound
    features[:, 37:46] = beat_channels(times, beats, downbeats)
    features[:, 46] = section_level(sound)
    features[:, 47] = nearness(times, boundaries(sound))
    return features


def _counted(
    blocks: Iterator[NDArray[np.float32]], total: float, progress: Progress | None
) -> Iterator[NDArray[np.float32]]:
    done = 0
    for block in blocks:
        yield block
        done += len(block)
        if progress is not None:
            progress(min(1.0, done / RATE / total) if total > 0 else 0.0)


def _warnings(
    path: str | Path, name: str, heard: Heard, pulse: Pulse, start: float, length: float | None
) -> Iterator[str]:
    if not pulse.clear:
        yield (f"“{name}” has no clear beat: the dance keeps a steady {pulse.bpm:.0f} bpm instead.")
    claimed = duration(path)
    expected = None if claimed is None else max(0.0, claimed - start)
    if length is not None and expected is not None:
        expected = min(expected, length)
    if expected is not None and heard.seconds < 0.9 * expected - 1.0:
        yield f"“{name}” breaks off after {start + heard.seconds:.0f} s: only that much is danced."
