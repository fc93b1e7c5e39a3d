# SPDX-License-Identifier: GPL-3.0-or-later
"""One dance, judged: its own figures, and what figures over many dances need of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...inference.motion import FPS, Motion
from . import body, copying, signals, sync
from .clips import Clip
from .copying import Bank
from .features import Features, features, recording
from .metrics import SEGMENT, Reference, measure
from .recognised import WINDOW, Recogniser, learned, recognised
from .signals import Array

TRUTH = "truth"
#: Windows that are looked for in the training takes start every so many frames.
COPY_HOP = 60


@dataclass(frozen=True)
class Judged:
    """A dance's figures by name, its mean speed in 10-s blocks as shares of real motion's, and the
    features of its clips. seconds: how much of it was judged."""

    row: str
    song: str
    style: str
    seed: int
    seconds: float
    figures: dict[str, float]
    blocks: Array
    clips: Features


@dataclass(frozen=True)
class Yardstick:
    """What dances are held against. reference: real motion by style; training: its poses; held_out:
    how near held-out takes come to them, metres; recogniser: of styles, if there is what to learn
    from."""

    reference: Reference
    training: Bank = field(repr=False)
    held_out: Array = field(repr=False)
    recogniser: Recogniser | None = field(default=None, repr=False)

    @staticmethod
    def of(clips: Sequence[Clip], reference: Reference) -> Yardstick:
        """The yardstick of all real clips; without a held-out one training is its own."""
        poses = [(clip, signals.centred(clip.motion)) for clip in clips]
        training = [(recording(c.name), p) for c, p in poses if c.split == "train"]
        bank = copying.bank(training or [(recording(c.name), p) for c, p in poses])
        other = [p for c, p in poses if c.split != "train"] or [p for _, p in poses]
        long = any(c.split == "train" and c.motion.seconds >= WINDOW for c in clips)
        recogniser = learned(clips) if long else None
        return Yardstick(reference, bank, copying.distances(other, bank), recogniser)


def judge(
    motion: Motion,
    beats: Array,
    told: tuple[str, str, str, int],
    yardstick: Yardstick,
    joins: int | None = SEGMENT,
    closely: bool = False,
) -> Judged:
    """Judge a dance at 30 fps; told: row, song, style and seed; joins: frames between its joins,
    None for those of real motion; closely: also look for it in the training takes, and whether it
    is told as its style."""
    row, song, style, seed = told
    usual = yardstick.reference.get(style, yardstick.reference[""])
    figures = measure(motion, beats, usual, joins)
    if closely:
        poses = signals.centred(motion)
        figures |= copying.copying(poses, yardstick.training, yardstick.held_out, COPY_HOP)
        if yardstick.recogniser is not None and motion.seconds >= WINDOW:
            figures["style_match"] = recognised(motion, style, yardstick.recogniser)
    positions = motion.positions()
    speed = signals.mean_speed(positions, FPS)
    blocks = body.blocks(speed, FPS) / max(usual.speed, 1e-9)
    clips = features([(f"{row} {song} {style} {seed}", positions)])
    return Judged(row, song, style, seed, motion.seconds, figures, blocks, clips)


def judge_clip(clip: Clip, yardstick: Yardstick) -> Judged:
    """Judge a real clip on its own beat grid."""
    told = (TRUTH, recording(clip.name), clip.style, 0)
    return judge(clip.motion, clip.beats, told, yardstick, None, closely=clip.split != "train")


def late_figures(motion: Motion, beats: Array) -> dict[str, float]:
    """F1 against the true beats of a dance whose dancer heard the song half a beat late."""
    found = signals.kinematic_beats(motion.positions(), motion.fps)
    f1 = sync.beat_scores(found, beats)["f1"]
    return {"fed_half_f1": f1, "fed_half_margin": f1 - sync.null_f1(found, beats)}
