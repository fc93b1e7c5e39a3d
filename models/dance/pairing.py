# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of motion with music that fits it, paired afresh every time.

Most mocap has no music. Every batch therefore takes, for each window of motion, a piece of the
library and warps its feature sequence, beat to beat, onto the beat grid of the motion. Pieces of
the same style are preferred, and among a few places in them the one whose section level is nearest
to the energy of the motion. A take with songs of its own, which it was danced to or which were
composed for it, is often given one of them, in its place; only so can a network learn more than
timing and energy from the music.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...inference import pose_features
from ...inference.motion import FPS
from ...inference.skeleton import JOINT_COUNT, MIRROR
from ...inference.styles import STYLES
from .config import LOOKAHEAD, MUSIC_SIZE, SEGMENT

Floats = NDArray[np.float32]

SOUND = np.r_[0:37, 46:48]
SECTION_LEVEL = 46
#: How often the piece is one of the motion's own style, and how often its place fits the energy.
STYLE_MATCH, ENERGY_MATCH = 0.75, 0.75
#: How often a take that has songs of its own in the library gets one of them.
OWN_SONG = 0.55
#: Shorter pieces, in beats, have no room for a window, unless they are a take's own.
_SHORTEST = 20
PLACES = 6
TEMPO_RANGE = 0.08


class Batch(NamedTuple):
    """motion (B, S*60, 152) raw features; music (B, S*60 + 16, 48); style (B, 5) one-hot;
    energy (B, S): speed quantile of every segment within its style, 0..1."""

    motion: Floats
    music: Floats
    style: Floats
    energy: Floats


@dataclass(frozen=True)
class Library:
    """All pieces end to end. features (M, 48); beats (K,): the feature frame of each beat, with
    `bar` (K,): its place in the bar 0..3, or -1; first and count (P,): a piece's beats in there;
    genre (P,): index of the style, or -1; starts, name and take: of each piece, the first its
    first feature frame, the last the take that it was composed for, or None."""

    features: Floats
    beats: NDArray[np.float64]
    bar: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    genre: NDArray[np.int64]
    starts: NDArray[np.int64]
    name: tuple[str, ...]
    take: tuple[str | None, ...]

    @staticmethod
    def load(path: Path, split: str) -> Library:
        with np.load(path, allow_pickle=False) as data:
            features = data["features"].astype(np.float32)
            tracks = [t for t in json.loads(str(data["tracks"])) if t["split"] == split]
        beats: list[NDArray[np.float64]] = []
        bar: list[NDArray[np.int64]] = []
        first, count, genre, starts, name, take = [], [], [], [], [], []
        for track in tracks:
            frames = track["start"] + np.asarray(track["beats"], dtype=np.float64) * FPS
            downbeats = np.asarray(track["downbeats"], dtype=bool)
            inside = (frames >= track["start"]) & (frames < track["stop"] - 1)
            frames, downbeats = frames[inside], downbeats[inside]
            if len(frames) < (2 if track.get("take") else _SHORTEST):
                continue
            first.append(sum(len(own) for own in beats))
            count.append(len(frames))
            beats.append(frames)
            bar.append(_bar_places(downbeats))
            genre.append(STYLES.index(track["genre"]) if track["genre"] in STYLES else -1)
            starts.append(track["start"])
            name.append(track["name"])
            take.append(track.get("take"))
        return Library(
            features, np.concatenate(beats), np.concatenate(bar),
            np.array(first), np.array(count), np.array(genre), np.array(starts),
            tuple(name), tuple(take),
        )  # fmt: skip


class Dances:
    """All takes end to end, ready to be cut into windows of `segments` times `segment` frames."""

    def __init__(self, path: Path, split: str, segments: int, segment: int = SEGMENT) -> None:
        with np.load(path, allow_pickle=False) as data:
            self.features: Floats = data["features"].astype(np.float32)
            valid, self.speed = data["valid"], data["speed"].astype(np.float32)
            takes = json.loads(str(data["takes"]))
        self.segments, self.segment, self.frames = segments, segment, segments * segment
        self.style = np.full(len(valid), -1)
        self.phase = np.zeros(len(valid))
        self.take = np.zeros(len(valid), dtype=int)
        #: Each take's name, song (its name in the library, or None) and first beat, seconds.
        self.songs = [(take["name"], take.get("song"), take["beats"][0]) for take in takes]
        self.train_rows = np.zeros(len(valid), dtype=bool)
        #: Frames that a window needs, at the fastest tempo, with one to interpolate towards.
        reach = int(np.ceil(self.frames * (1 + TEMPO_RANGE))) + 2
        starts = []
        for number, take in enumerate(takes):
            rows = slice(take["start"], take["stop"])
            self.take[rows] = number
            self.style[rows] = STYLES.index(take["style"])
            self.phase[rows] = _beat_index(np.asarray(take["beats"]), take["stop"] - take["start"])
            self.train_rows[rows] = valid[rows] & (take["split"] == "train")
            if take["split"] != split:
                continue
            good = np.convolve(valid[rows], np.ones(reach), "valid") >= reach - 0.5
            starts.append(take["start"] + np.flatnonzero(good))
        self.starts = np.concatenate(starts)
        styles = self.style[self.starts]
        counts = np.bincount(styles, minlength=len(STYLES))
        #: Styles are drawn by the square root of how much there is of them.
        weights = 1.0 / np.sqrt(np.maximum(counts, 1))[styles]
        self.weights = weights / weights.sum()
        self.quantiles = self._speed_quantiles()

    def statistics(self) -> tuple[Floats, Floats]:
        """Mean and floored standard deviation (152,) of the training rows and their mirrors."""
        rows = self.features[self.train_rows]
        both = np.concatenate([rows, mirror(rows)])
        std = both.std(0)
        std[pose_features.POSE] = np.maximum(std[pose_features.POSE], 0.08)
        return both.mean(0), np.maximum(std, 0.05)

    def energy(self, speed: Floats, style: NDArray[np.int64]) -> Floats:
        """Quantile within the style, 0..1, of mean segment speeds (B, S); style (B,)."""
        grid = np.linspace(0, 1, self.quantiles.shape[1])
        return np.stack(
            [np.interp(row, self.quantiles[s], grid) for row, s in zip(speed, style, strict=True)]
        ).astype(np.float32)

    def paces(self) -> Floats:
        """Mean speeds of the pelvis up and down and over the floor, (5, 2), m/s, per style."""
        bounce = np.abs(np.diff(self.features[:, pose_features.HEIGHT], prepend=np.nan)) * FPS
        travel = np.linalg.norm(self.features[:, pose_features.VELOCITY], axis=1)
        before = np.r_[-1, self.take[:-1]]  # the very first frame follows on none
        inside = self.train_rows & np.roll(self.train_rows, 1) & (before == self.take)
        every = np.array([bounce[inside].mean(), travel[inside].mean()])
        rows = []
        for style in range(len(STYLES)):
            own = inside & (self.style == style)
            few = own.sum() <= SEGMENT
            rows.append(every if few else [bounce[own].mean(), travel[own].mean()])
        return np.array(rows, dtype=np.float32)

    def _speed_quantiles(self) -> Floats:
        """Speeds (5, 21), m/s, at the quantiles 0, .05 ... 1 of 60-frame means, per style."""
        kernel = np.ones(SEGMENT) / SEGMENT
        mean = np.convolve(self.speed, kernel, "same")
        pool = self.train_rows & (np.convolve(self.train_rows, kernel, "same") > 0.999)
        every = np.quantile(mean[pool], np.linspace(0, 1, 21))
        rows = []
        for style in range(len(STYLES)):
            own = mean[pool & (self.style == style)]
            rows.append(np.quantile(own, np.linspace(0, 1, 21)) if len(own) > 60 else every)
        return np.array(rows, dtype=np.float32)


class Pairing:
    """Draws batches of windows of motion with music."""

    def __init__(self, dances: Dances, library: Library, seed: int) -> None:
        self.dances, self.library = dances, library
        self.random = np.random.default_rng(seed)
        #: Songs composed for a take are for that take alone.
        self._common = np.flatnonzero([take is None for take in library.take])
        self._by_genre = [
            self._common[library.genre[self._common] == style] for style in range(len(STYLES))
        ]
        self._own = [self._own_pieces(*song) for song in dances.songs]

    def draw(self, size: int) -> Batch:
        dances, random = self.dances, self.random
        start = dances.starts[random.choice(len(dances.starts), size, p=dances.weights)]
        rate = 1 + random.uniform(-TEMPO_RANGE, TEMPO_RANGE, size)
        frames = dances.frames
        at = start[:, None] + np.arange(frames + LOOKAHEAD) * rate[:, None]
        motion = _read(dances.features, at[:, :frames])
        motion[..., pose_features.VELOCITY] *= rate[:, None, None]
        motion[..., pose_features.TURN] *= rate[:, None]
        flipped = random.random(size) < 0.5
        motion[flipped] = mirror(motion[flipped])
        style = dances.style[start]
        speed = _read(dances.speed[:, None], at[:, :frames])[..., 0]
        speed = speed.reshape(size, dances.segments, dances.segment).mean(-1)
        energy = dances.energy(speed, style)
        own = [self._own[take] for take in dances.take[start]]
        music = self._music(self._phase(start, at), style, energy.mean(1), own)
        return Batch(motion, music, np.eye(len(STYLES), dtype=np.float32)[style], energy)

    def _phase(self, start: NDArray[np.int64], at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Beat numbers (B, T) at take rows, carried on beyond the end of a take."""
        phase = self.dances.phase
        last = start + self.dances.frames
        inside = np.minimum(at, last[:, None])
        low = inside.astype(int)
        value = phase[low] + (inside - low) * (phase[low + 1] - phase[low])
        return value + (at - inside) * (phase[last] - phase[last - 30])[:, None] / 30

    def _music(
        self,
        phase: NDArray[np.float64],
        style: NDArray[np.int64],
        energy: Floats,
        own: list[list[tuple[int, int]]],
    ) -> Floats:
        """Library features (B, T, 48) warped onto beat numbers (B, T); own: the pieces that are
        the take's own, each with its beat where the take's beats begin."""
        library, random = self.library, self.random
        size = len(phase)
        base = np.floor(phase[:, 0]).astype(int)
        span = np.ceil(phase[:, -1]).astype(int) - base + 2
        piece = np.array([self._piece(s) for s in style])
        room = np.maximum(library.count[piece] - span, 1)
        places = random.integers(0, room, (PLACES, size))
        middle = library.first[piece] + np.minimum(places + span // 2, library.count[piece] - 1)
        level = library.features[library.beats[middle].astype(int), SECTION_LEVEL]
        fitting = np.abs(level - energy).argmin(0)
        choice = np.where(random.random(size) < ENERGY_MATCH, fitting, 0)
        shift = places[choice, np.arange(size)] - base
        for item, found in enumerate(own):
            if found and random.random() < OWN_SONG:
                piece[item], shift[item] = found[int(random.integers(len(found)))]
        number = phase + shift[:, None]
        beat = np.clip(np.floor(number).astype(int), 0, library.count[piece][:, None] - 2)
        flat = library.first[piece][:, None] + beat
        share = number - beat
        frame = library.beats[flat] + share * (library.beats[flat + 1] - library.beats[flat])
        frame = np.clip(frame, library.starts[piece][:, None], len(library.features) - 2)
        music = np.zeros((*phase.shape, MUSIC_SIZE), dtype=np.float32)
        music[..., SOUND] = _read(library.features, frame)[..., SOUND]
        music[..., 37:46] = beat_channels(number, library.bar[flat])
        return music

    def _own_pieces(self, take: str, song: str | None, first_beat: float) -> list[tuple[int, int]]:
        """The pieces that the take was danced to or that were composed for it, and which of their
        beats is the take's first."""
        library = self.library
        found = []
        for piece, (name, own) in enumerate(zip(library.name, library.take, strict=True)):
            if own == take or (own is None and song == name):
                beats = library.beats[library.first[piece] :][: library.count[piece]]
                seconds = (beats - library.starts[piece]) / FPS
                found.append((piece, int(np.abs(seconds - first_beat).argmin())))
        return found

    def _piece(self, style: int) -> int:
        own = self._by_genre[style]
        if len(own) and self.random.random() < STYLE_MATCH:
            return int(self.random.choice(own))
        return int(self.random.choice(self._common))


def beat_channels(number: NDArray[np.float64], bar: NDArray[np.int64]) -> Floats:
    """Channels 37 to 45 of the music features, (B, T, 9), from fractional beat numbers (B, T) and
    each beat's place in its bar (B, T), -1 = unknown. The same definition as
    `inference.audio.features.beat_channels`, which starts from beat times."""
    rate = np.maximum(np.gradient(number, axis=1) * FPS, 0.5)  # beats a second
    known = bar >= 0
    whole = 2 * np.pi * np.where(known, (bar + number - np.floor(number)) / 4, 0)
    nearest = np.round(number)
    bump = np.exp(-0.5 * ((number - nearest) / rate / 0.05) ** 2)
    place = np.where(nearest > np.floor(number), (bar + 1) % 4, bar)
    return np.stack(
        [
            np.sin(2 * np.pi * number), np.cos(2 * np.pi * number),
            np.sin(np.pi * number), np.cos(np.pi * number),
            np.sin(whole) * known, np.cos(whole) * known,
            np.log2(rate * 60 / 100), bump, bump * (known & (place == 0)),
        ],
        axis=-1,
    ).astype(np.float32)  # fmt: skip


def mirror(features: Floats) -> Floats:
    """Left and right exchanged in raw features (..., 152), as `Motion.mirrored` does."""
    result = features.copy()
    pose = features[..., pose_features.POSE].reshape(*features.shape[:-1], JOINT_COUNT, 6)
    signs = np.array([1, -1, -1, -1, 1, 1], dtype=np.float32)
    mirrored = pose[..., list(MIRROR), :] * signs
    result[..., pose_features.POSE] = mirrored.reshape(*features.shape[:-1], 6 * JOINT_COUNT)
    result[..., pose_features.VELOCITY.start] *= -1
    result[..., pose_features.TURN] *= -1
    result[..., pose_features.CONTACT] = features[..., [150, 151, 148, 149]]
    return result


def _read(values: Floats, at: NDArray[np.float64]) -> Floats:
    """Rows of values (N, F) at fractional row numbers (B, T), linear, (B, T, F)."""
    low = at.astype(int)
    share = (at - low)[..., None].astype(np.float32)
    return values[low] * (1 - share) + values[np.minimum(low + 1, len(values) - 1)] * share


def _beat_index(beats: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """Fractional beat number of every frame, extrapolated at both ends by the median beat."""
    period = float(np.median(np.diff(beats)))
    time = np.arange(frames) / FPS
    number = np.interp(time, beats, np.arange(len(beats)))
    number = np.where(time < beats[0], (time - beats[0]) / period, number)
    return np.where(time > beats[-1], len(beats) - 1 + (time - beats[-1]) / period, number)


def _bar_places(downbeats: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Each beat's place in a bar of four, from the flags of the downbeats; -1 where unknown."""
    places = np.full(len(downbeats), -1)
    marks = np.flatnonzero(downbeats)
    if len(marks):
        numbers = np.arange(len(downbeats))
        before = np.searchsorted(marks, numbers, side="right") - 1
        places = (numbers - marks[np.maximum(before, 0)]) % 4
    return places
