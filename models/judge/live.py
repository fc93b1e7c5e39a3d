# SPDX-License-Identifier: GPL-3.0-or-later
"""A handful of figures cheap enough to log from a training loop (about .1 s a minute of dance)."""

from __future__ import annotations

from ...inference.motion import Motion
from . import body, signals, sync
from .metrics import SEGMENT, StyleReference
from .signals import Array


def quick(
    motion: Motion, beats: Array, reference: StyleReference, segment: int = SEGMENT
) -> dict[str, float]:
    """What to watch while training, of one raw rollout at 30 fps.

    beats: the music's beats, seconds from the motion's start. f1_margin is to rise and f1_half to
    fall below the null; speed and last_speed (the last 10 s) are shares of the real style's speed,
    jerk and slide are ratios to real, seam is 1 when joins cannot be felt, freeze is in seconds.
    """
    positions, fps = motion.positions(), motion.fps
    speed = signals.mean_speed(positions, fps)
    found = signals.kinematic_beats(positions, fps)
    f1 = sync.beat_scores(found, beats)["f1"]
    smooth = body.smoothness(positions, fps, segment)
    return {
        "f1": f1,
        "f1_margin": f1 - sync.null_f1(found, beats, shifts=48),
        "f1_half": sync.beat_scores(found, sync.half_shifted(beats))["f1"],
        "speed": float(speed.mean()) / max(reference.speed, 1e-9),
        "last_speed": float(body.blocks(speed, fps)[-1]) / max(reference.speed, 1e-9),
        "slide_rate": body.feet(positions, fps)["slide_rate"],
        "slide": body.feet(positions, fps)["slide_rate"] / max(reference.slide_rate, 1e-9),
        "jerk": smooth["jerk"] / max(reference.jerk, 1e-9),
        "seam": smooth["seam_ratio"],
        "drift": body.stage(motion.root)["drift_p95"],
        "freeze": body.longest_freeze(speed, fps, reference.speed),
    }
