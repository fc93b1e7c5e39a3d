# SPDX-License-Identifier: GPL-3.0-or-later
"""A song in, a dance out: listens, rolls out, lands on the beat, plants the feet, writes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import bvh, footlock, loop, networks, retime
from .audio import Song, analyse, beat_channels
from .errors import TwostepError
from .files import is_file, replaced
from .jobs import AUTO, DanceJob
from .motion import FPS, Motion
from .networks import Networks
from .progress import Asked, Progress, Teller
from .rollout import Direction, Score, padded_length, rollout
from .smooth import continued
from .weights import FOLDER

#: The share of the time at which each stage ends.
LISTENED, DANCED, TIMED = 0.45, 0.9, 0.95
#: Channels of the music features that beats alone decide.
BEAT_CHANNELS = slice(37, 46)
#: How much of a song's file is read to tell it from others, bytes.
_PRINT = 1 << 22


@dataclass(frozen=True)
class DanceResult:
    """The dance (30 fps, as long as the song's range), what was heard, and how it was made.

    weights: the version of the networks. loop: the motion closes, its last frame being its first.
    """

    motion: Motion
    song: Song
    style: str
    provider: str
    provider_note: str
    weights: str
    warnings: tuple[str, ...]
    loop: bool = False

    @property
    def seconds(self) -> float:
        """How long it dances; the last frame of a loop is the first of its next round."""
        return (len(self.motion) - self.loop) / self.motion.fps


def dance(
    job: DanceJob,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
    folder: Path | None = None,
) -> DanceResult:
    """Make the dance that `job` asks for, and write it when the job names a file.

    folder: of the networks, else those that ship. Raises TwostepError with one sentence for the
    user; Cancelled, a kind of it, when `cancelled` said so. Nothing is written then.
    """
    tell = Teller(progress, cancelled)
    if not is_file(job.song):
        raise TwostepError(f"There is no file {job.song}; choose a song.")
    context = _context(job.context)
    tell(0.0, "Opening the networks")
    nets = networks.warm(job.provider, folder or FOLDER, job.candidates)
    tell(0.02, "Listening")
    song = analyse(
        job.song,
        job.start,
        job.length,
        lambda share: tell(0.02 + 0.9 * LISTENED * share, "Listening"),
    )
    tell(LISTENED, "Dancing")
    style = song.style if job.style == AUTO else job.style
    motion = compose(nets, song, job, style, _fingerprint(job.song), context, tell)
    if job.out is not None:
        tell(0.98, "Writing")
        write(motion, job.out)
    if progress is not None:  # it is written: too late to stop
        progress(1.0, "Done")
    return DanceResult(
        motion, song, style, nets.provider, nets.note, nets.card.version, song.warnings, job.loop
    )


def compose(
    nets: Networks,
    song: Song,
    job: DanceJob,
    style: str,
    fingerprint: int = 0,
    context: Motion | None = None,
    tell: Progress | None = None,
) -> Motion:
    """The dance to a song already listened to; `tell` may raise to stop.

    Raises TwostepError when a loop is asked for and the song is shorter than a bar.
    """
    say = tell or Teller()
    known = style if style in nets.card.styles else None
    direction = Direction(known, job.energy, job.seed, fingerprint, job.candidates)
    motion = rollout(
        nets,
        score(song, _round(song, job) if job.loop else None),
        direction,
        context,
        lambda share: say(LISTENED + (DANCED - LISTENED) * share, "Dancing"),
    )
    if job.retime:
        say(DANCED, "Landing on the beat")
        motion = retime.retimed(motion, song.beats)
    say(TIMED, "Planting the feet")
    if job.loop:
        return loop.around(loop.closed(motion), footlock.locked)
    motion = footlock.locked(motion)
    return motion if context is None else continued(motion, context)


def score(song: Song, frames: int | None = None) -> Score:
    """The song as the rollout reads it: whole segments, its beat running on beyond the end.

    frames: how many to dance, else as long as the song is.
    """
    frames = max(2, round(song.seconds * FPS)) if frames is None else frames
    missing = padded_length(frames) - len(song.features)
    features = song.features[: padded_length(frames)]
    if missing > 0:
        features = np.concatenate([features, np.repeat(features[-1:], missing, axis=0)])
        times = np.arange(len(song.features), len(features)) / FPS
        features[len(song.features) :, BEAT_CHANNELS] = beat_channels(
            times, song.beats, song.downbeats
        )
    return Score(features, song.beats, frames)


def write(motion: Motion, path: Path) -> None:
    """Write a motion as .npz or .bvh, whole or not at all. Raises TwostepError."""
    with replaced(path) as temporary:
        if path.suffix.lower() == ".bvh":
            bvh.write(motion, temporary)
        else:
            motion.save(temporary)


def _round(song: Song, job: DanceJob) -> int:
    """How many frames a loop of whole bars has, with the one that closes it."""
    seconds = loop.whole_bars(song.beats, song.downbeats, song.seconds)
    if seconds is None:
        raise TwostepError(
            f"{song.seconds:.1f} s of “{job.song.name}” are less than one bar; "
            "choose a longer part for a loop."
        )
    return round(seconds * FPS) + 1


def _context(path: Path | None) -> Motion | None:
    """The motion that the dance goes on from, at the rate of the networks."""
    if path is None:
        return None
    if not is_file(path):
        raise TwostepError(f"There is no motion file {path} to go on from; choose another.")
    try:
        motion = Motion.load(path)
    except ValueError as error:
        raise TwostepError(f"{path} is no motion that a dance can go on from.") from error
    if not len(motion):
        raise TwostepError(f"{path} is an empty motion; a dance needs at least one pose.")
    if not motion.whole:
        raise TwostepError(f"{path} is damaged; choose another motion to go on from.")
    return motion.resampled(FPS)


def _fingerprint(path: Path) -> int:
    """A number that tells one song's file from another's."""
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256(file.read(_PRINT))
            digest.update(str(path.stat().st_size).encode())
    except OSError as error:
        raise TwostepError(f"{path} cannot be read ({error.strerror}); choose a song.") from error
    return int.from_bytes(digest.digest()[:8], "big")
