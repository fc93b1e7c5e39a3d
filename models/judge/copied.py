# SPDX-License-Identifier: GPL-3.0-or-later
"""Dancers without a network: what they show is real motion of the training takes, or none.

`Retrieval` is a reference: its motion is as good as the takes are, since it is the takes'.
`Random` and `Statue` are nulls, which no figure of sync may praise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from ...inference import pose_features
from ...inference.motion import FPS, Floats, Motion
from ...inference.placing import Place, joined, motion
from ...inference.smooth import continued
from .clips import Clip, read_clips
from .performances import Heard
from .signals import Array, joint_speeds
from .sync import beat_phase

#: Beats of a retrieved clip: 1.9 to 3.3 s at 128 to 72 bpm.
UNIT = 4
#: How often a beat the music of a clip is read off to be compared.
LOOKS = 4
#: How much tempo (octaves), energy (quantile within the style) and sound count in the distance.
TEMPO_WEIGHT, ENERGY_WEIGHT, SOUND_WEIGHT = 3.0, 1.5, 1.0
#: Channels of the music features: three bands of onsets and their sum, loudness, first MFCC.
SOUND = np.r_[0:5, 17:25]
SECTION_LEVEL = 46
#: Among so many of the nearest the seed chooses, if they are no further off than this times the
#: nearest.
NEAREST, NEARLY = 3, 1.5
#: Of a random stretch, seconds.
STRETCH = 4.0
#: How a statue trembles: its root, metres, and its joints, radians.
TREMBLE_ROOT, TREMBLE_TURN = 0.002, 0.008


@dataclass(frozen=True)
class Unit:
    """A bar of a training take. frames: of its beats in the clip, (UNIT + 1,); sound: of the music
    it was danced to, read off LOOKS times a beat, or None where it had none."""

    clip: int
    frames: Array
    tempo: float
    energy: float
    sound: Floats | None


@lru_cache(maxsize=2)
def training_clips(shards: Path) -> dict[str, list[Clip]]:
    """Unbroken stretches of the training takes, by style."""
    clips: dict[str, list[Clip]] = {}
    for clip in read_clips(shards, splits=("train",)):
        clips.setdefault(clip.style, []).append(clip)
    return clips


class Random:
    """Random stretches of real motion of the style, one joined to the other; hears nothing."""

    name = "random"

    def __init__(self, shards: Path) -> None:
        self.clips = training_clips(shards)

    def dance(self, heard: Heard, style: str, seed: int) -> Motion:
        rng = np.random.default_rng([seed, heard.fingerprint])
        clips = self.clips[_known(self.clips, style)]
        size, missing = round(STRETCH * FPS), _frames(heard)
        pieces: list[Motion] = []
        chances = np.array([len(clip.motion) for clip in clips], float)
        while missing > 0:
            clip = clips[rng.choice(len(clips), p=chances / chances.sum())]
            start = int(rng.integers(max(1, len(clip.motion) - size)))
            pieces.append(clip.motion[start : start + size])
            missing -= len(pieces[-1]) - bool(len(pieces) > 1)
        return chained(pieces)[: _frames(heard)]


class Statue:
    """The stillest pose of the style, trembling."""

    name = "statue"

    def __init__(self, shards: Path) -> None:
        self.clips = training_clips(shards)

    def dance(self, heard: Heard, style: str, seed: int) -> Motion:
        rng = np.random.default_rng([seed, heard.fingerprint])
        clips = self.clips[_known(self.clips, style)]
        clip = clips[seed % len(clips)]
        stillest = int(joint_speeds(clip.motion.positions(), FPS).mean(1).argmin())
        frames = _frames(heard)
        pose = clip.motion[stillest : stillest + 1].sampled(np.zeros(frames))
        shape = (frames * pose.rotations.shape[1], 3)
        turns = Rotation.from_rotvec(rng.normal(0, TREMBLE_TURN, shape))
        own = Rotation.from_quat(pose.rotations.reshape(-1, 4), scalar_first=True)
        rotations = (turns * own).as_quat(scalar_first=True).reshape(pose.rotations.shape)
        root = pose.root + rng.normal(0, TREMBLE_ROOT, pose.root.shape)
        root[:, :2] -= pose.root[:, :2]
        return replace(pose, root=root, rotations=pose_features.continuous(rotations))


class Retrieval:
    """Bar by bar the real clip whose music is nearest, brought onto the beats of the song.

    The music of a clip is what it was danced to where music.npz has it (tracks with a "take");
    others are found by tempo and energy alone.
    """

    name = "retrieval"

    def __init__(self, shards: Path) -> None:
        self.clips = training_clips(shards)
        music = _own_music(shards)
        self.units = {style: _units(clips, music) for style, clips in self.clips.items()}

    def dance(self, heard: Heard, style: str, seed: int) -> Motion:
        rng = np.random.default_rng([seed, heard.fingerprint])
        style = _known(self.clips, style)
        units, clips = self.units[style], self.clips[style]
        song, frames = heard.song, _frames(heard)
        phase = beat_phase(np.arange(frames) / FPS, song.beats)
        number = np.floor((phase - np.floor(phase[0])) / UNIT).astype(int)
        pieces: list[Motion] = []
        last = None
        for bar in range(number[-1] + 1):
            inside = np.flatnonzero(number == bar)
            first = np.floor(phase[0]) + bar * UNIT
            gaps = _distances(units, song.features, song.beats, first, inside)
            if last is not None and len(units) > 1:
                gaps[last] = np.inf
            near = np.argsort(gaps)[:NEAREST]
            last = int(rng.choice(near[gaps[near] <= NEARLY * gaps[near[0]]]))
            if pieces:  # a frame more in front, which is bent onto the last one
                inside = np.r_[inside[0] - 1, inside]
            unit = units[last]
            at = np.interp(phase[inside] - first, np.arange(UNIT + 1), unit.frames)
            pieces.append(clips[unit.clip].motion.sampled(at))
        return chained(pieces)[:frames]


def chained(pieces: Iterable[Motion]) -> Motion:
    """One motion of pieces; each begins with the frame that the one before ends with, bent onto
    it and placed where it stands."""
    parts: list[Motion] = []
    for piece in pieces:
        features = pose_features.encode(piece)
        if not parts:
            parts.append(motion(Place(np.zeros(2), 0.0), features))
            continue
        before = parts[-1]
        yaw = pose_features.heading(before[-1:].matrices()[:, 0])[0]
        placed = motion(Place(before.root[-1, :2].astype(np.float64), float(yaw)), features)
        parts.append(continued(placed, before)[1:])
    return joined(parts)


def _units(clips: list[Clip], music: dict[str, list[Floats]]) -> list[Unit]:
    speeds = [joint_speeds(clip.motion.positions(), FPS).mean(1) for clip in clips]
    units = []
    for number, clip in enumerate(clips):
        for first in range(len(clip.beats) - UNIT):
            beats = clip.beats[first : first + UNIT + 1]
            rows = slice(int(beats[0] * FPS), int(np.ceil(beats[-1] * FPS)))
            tempo = float(np.log2(UNIT * 60 / (beats[-1] - beats[0])))
            energy = float(speeds[number][rows].mean())
            silent = Unit(number, beats * FPS, tempo, energy, None)
            songs = music.get(clip.name, [])
            sounds = [_looks(song, beats + clip.start) for song in songs]
            units += [replace(silent, sound=sound) for sound in sounds] or [silent]
    if not units:  # nothing has a whole bar: any clip will do as one
        whole = np.linspace(0, len(clips[0].motion) - 1, UNIT + 1)
        units = [Unit(0, whole, np.log2(100), float(speeds[0].mean()), None)]
    ranks = np.argsort(np.argsort([unit.energy for unit in units])) / max(1, len(units) - 1)
    return [replace(unit, energy=float(rank)) for unit, rank in zip(units, ranks, strict=True)]


def _distances(
    units: list[Unit], features: Floats, song: Array, first: float, rows: np.ndarray
) -> Array:
    """How far the music of each unit is from the song's bar that begins at beat `first`."""
    beats = np.interp(first + np.arange(UNIT + 1), np.arange(len(song)), song)
    period = max(float(beats[-1] - beats[0]), UNIT * float(np.median(np.diff(song))) / 2)
    tempo = np.log2(UNIT * 60 / period)
    level = float(features[np.minimum(rows, len(features) - 1), SECTION_LEVEL].mean())
    gaps = np.array(
        [
            TEMPO_WEIGHT * (unit.tempo - tempo) ** 2 + ENERGY_WEIGHT * (unit.energy - level) ** 2
            for unit in units
        ]
    )
    known = [n for n, unit in enumerate(units) if unit.sound is not None]
    if known:
        sounds = np.stack([unit.sound for unit in units if unit.sound is not None])
        apart = sounds - _looks(features, beats)
        spread = sounds.std((0, 1)) + 0.1
        gaps[known] += SOUND_WEIGHT * ((apart / spread) ** 2).mean((1, 2))
        unknown = np.setdiff1d(np.arange(len(units)), known)
        gaps[unknown] += SOUND_WEIGHT * 2.0  # what two unrelated bars are apart on average
    return gaps


def _looks(features: Floats, beats: Array) -> Floats:
    """SOUND channels (LOOKS * UNIT, C) of the music between beats (seconds)."""
    at = np.interp(np.arange(0, UNIT, 1 / LOOKS), np.arange(len(beats)), beats) * FPS
    rows = np.clip(np.round(at).astype(int), 0, len(features) - 1)
    return features[rows][:, SOUND]


def _own_music(shards: Path) -> dict[str, list[Floats]]:
    """Features, from the take's first frame on, of the songs that each take has of its own."""
    path = shards / "music.npz"
    own: dict[str, list[Floats]] = {}
    if path.is_file():
        with np.load(path, allow_pickle=False) as data:
            tracks = [t for t in json.loads(str(data["tracks"])) if t.get("take")]
            features = data["features"] if tracks else np.zeros(0)
        for track in tracks:
            rows = features[track["start"] : track["stop"]].astype(np.float32)
            own.setdefault(track["take"], []).append(rows)
    return own


def _known(clips: dict[str, list[Clip]], style: str) -> str:
    """The style, or one that there are takes of."""
    return style if style in clips else next(iter(clips))


def _frames(heard: Heard) -> int:
    return max(2, round(heard.song.seconds * FPS))


COPIED: dict[str, Callable[[Path], Random | Statue | Retrieval]] = {
    "retrieval": Retrieval,
    "random": Random,
    "statue": Statue,
}
