# SPDX-License-Identifier: GPL-3.0-or-later
"""All figures for one dance, and the same from real takes to hold them against.

Protocol: 30 fps, the 24 joints of our skeleton. Real takes are cut at their glitches, and their
beat grids were tracked on the motion itself, so their sync figures are an upper bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ...inference.motion import FPS, Motion
from ...inference.styles import STYLES
from . import body, physics, signals, sync
from .clips import Clip, read_clips
from .signals import Array

#: Frames between the joins of a rollout.
SEGMENT = 60
#: Seconds that a real stretch must last to say how much a dancer repeats.
LONG = 20.0
#: Keys of `StyleReference` that `measure` sets its own figures against, as KEY_ratio.
RATIOS = (
    "speed", "travel", "slide_rate", "plant_speed", "skate_ratio", "jerk", "jerk_p99", "pfc",
    "spread", "repetition",
)  # fmt: skip


@dataclass(frozen=True)
class StyleReference:
    """What real motion of one style measures, weighted by time; see `measure` for the fields.

    jerk_p95: what 95 % of real spans as long as a join stay under, m/s^3.
    difference: mean joint distance between random 4-s stretches of the real takes, metres.
    """

    seconds: float
    speed: float
    travel: float
    slide_rate: float
    plant_speed: float
    skate_ratio: float
    jerk: float
    jerk_p99: float
    jerk_p95: float
    pfc: float
    penetration: float
    spread: float
    repetition: float
    f1: float
    f1_margin: float
    f1_half: float
    difference: float


Reference = dict[str, StyleReference]


def measure(
    motion: Motion,
    music: Array,
    reference: StyleReference | None = None,
    segment: int | None = SEGMENT,
) -> dict[str, float]:
    """Every figure of one dance against the music's beats (seconds from the motion's start).

    segment: frames between the joins of the rollout, None for real or retimed motion. With a
    reference also the ratios to it, the speed of each 10-s block against it (`block_speed_N`), the
    lowest, first and last of them, the longest freeze in seconds, how much deeper than real feet
    are in the floor, millimetres, and the joins (`body.seams`).
    """
    motion = motion.resampled(30.0)
    positions, fps = motion.positions(), motion.fps
    speed = signals.mean_speed(positions, fps)
    beats = signals.kinematic_beats(positions, fps)
    plain = signals.plain_minima(positions, fps)
    poses = signals.centred(motion, positions)
    figures = {
        "seconds": motion.seconds,
        "speed": float(signals.joint_speeds(positions, fps).mean()),
        "travel": float(signals.travel(positions, fps).mean()),
        "beats_per_beat": len(beats) / max(1, len(music)),
    }
    figures |= sync.sync_scores(beats, music)
    figures["bas_music"] = sync.beat_alignment(plain, music, "music")
    figures["bas_motion"] = sync.beat_alignment(plain, music, "motion")
    figures |= sync.coherence(speed, fps, music)
    figures |= body.feet(positions, fps) | body.smoothness(positions, fps, segment)
    figures |= body.stage(motion.root)
    figures["pfc"] = physics.pfc(positions, fps)
    figures["spread"] = body.pose_spread(poses)
    figures["repetition"] = body.repetition(poses, fps)
    if reference is not None:
        figures |= _against(figures, speed, fps, reference)
        if segment is not None and len(motion) > segment:
            figures |= body.seams(positions, fps, segment, reference.jerk_p95)
    return figures


def build_reference(clips: Sequence[Clip]) -> Reference:
    """References of each style present in the clips, and of all of them under the key ""."""
    return pooled([(clip, measure(clip.motion, clip.beats, segment=None)) for clip in clips])


def pooled(measured: Sequence[tuple[Clip, dict[str, float]]]) -> Reference:
    """References of what was measured of each clip already."""
    styles = [style for style in STYLES if any(clip.style == style for clip, _ in measured)]
    result = {s: _pool([pair for pair in measured if pair[0].style == s]) for s in styles}
    return result | {"": _pool(measured)}


def reference_from_shards(
    shards: Path, splits: Sequence[str] = ("train", "validation", "test")
) -> Reference:
    """The reference of the real takes in a shard folder's motion.npz."""
    return build_reference(read_clips(shards, splits=splits))


def as_json(reference: Reference) -> dict[str, dict[str, float]]:
    """Plain numbers for a JSON file."""
    return {style: asdict(figures) for style, figures in reference.items()}


def _against(
    figures: dict[str, float], speed: Array, fps: float, reference: StyleReference
) -> dict[str, float]:
    usual = asdict(reference)
    result = {f"{key}_ratio": figures[key] / max(usual[key], 1e-9) for key in RATIOS}
    shares = body.blocks(speed, fps) / max(reference.speed, 1e-9)
    result |= {f"block_speed_{i}": float(share) for i, share in enumerate(shares)}
    result["block_speed_min"] = float(shares.min())
    result["block_speed_first"] = float(shares[0])
    result["block_speed_last"] = float(shares[-1])
    result["penetration_mm"] = 1000 * figures["penetration"]
    result["penetration_more_mm"] = 1000 * (figures["penetration"] - reference.penetration)
    result["freeze"] = body.longest_freeze(speed, fps, reference.speed)
    return result


def _pool(measured: Sequence[tuple[Clip, dict[str, float]]]) -> StyleReference:
    weights = np.array([clip.motion.seconds for clip, _ in measured])
    keys = [key for key in StyleReference.__dataclass_fields__ if key in measured[0][1]]
    means = {key: _mean([figures[key] for _, figures in measured], weights) for key in keys}
    means["seconds"] = float(weights.sum())
    # What comes back can be told only where there is time for it.
    long = [pair for pair in measured if pair[0].motion.seconds >= LONG] or measured
    means["repetition"] = float(np.mean([figures["repetition"] for _, figures in long]))
    clips = [clip for clip, _ in measured]
    jerk = body.usual_jerk([clip.motion.positions() for clip in clips], FPS)
    return StyleReference(**means, jerk_p95=jerk, difference=_real_difference(clips))


def _mean(values: Sequence[float], weights: Array) -> float:
    """Weighted mean of what is known."""
    known = np.isfinite(values)
    return (
        float(np.average(np.array(values)[known], weights=weights[known])) if known.any() else 0.0
    )


def _real_difference(clips: Sequence[Clip], seconds: float = 4.0, pairs: int = 200) -> float:
    rng = np.random.default_rng(0)
    size = round(seconds * 30)
    poses = [signals.centred(clip.motion) for clip in clips if len(clip.motion) >= size]
    windows = [p[s : s + size] for p in poses for s in range(0, len(p) - size + 1, size)]
    if len(windows) < 2:
        return 0.0
    drawn = [rng.choice(len(windows), 2, replace=False) for _ in range(pairs)]
    return float(np.mean([body.difference(windows[a], windows[b]) for a, b in drawn]))
