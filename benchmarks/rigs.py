# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it takes until a dance of a minute is on a rig: recognised, fitted, planted, keyed.

    python benchmarks/rigs.py [--motion FILE] [--seconds 60] [--repeat 3]

Runs inside Blender (its Python, or one with the bpy wheel). Each line: stage, best time, how much
faster than real time, and time over budget (below 1 is good). The exit code is 1 when a budget is
broken. A dance that is made up has more in it than a real one.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path

import bpy
import numpy as np
from lines import Line, best, report, verdict
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.demo.rigs.families import everyone
from twostep.inference.motion import FPS, Motion
from twostep.inference.pose_features import continuous
from twostep.inference.readers import read_motion
from twostep.inference.retarget.options import Options
from twostep.inference.skeleton import JOINT_COUNT, STANDING_HEIGHT
from twostep.scene import armature, puppets
from twostep.scene.apply import Landed, apply_dance
from twostep.scene.keys import Placement

#: Seconds that a minute may take: every frame keyed, and as few keys as will do.
EVERY, FEW, RECOGNISING, STRINGING = 1.0, 4.0, 0.1, 0.1
#: The rigs that are measured: one of 24 bones, one of 73, one of 706 that Rigify generates.
RIGS = ("dancer", "auto_rig_pro", "rigify_fk")


def main() -> int:
    """Measure, print, and say by the exit code whether all budgets are kept."""
    asked = _arguments()
    motion = _made_up(asked.seconds)
    if asked.motion:
        motion = read_motion(asked.motion).resampled(FPS)[: round(asked.seconds * FPS)]
    lines = [line for name in RIGS for line in _measured(name, motion, asked.repeat)]
    return verdict(report(lines, motion.seconds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long it takes to key a dance on a rig.")
    parser.add_argument("--motion", type=Path, help="else a dance is made up")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--repeat", type=int, default=3)
    return parser.parse_args()


def _measured(name: str, motion: Motion, repeat: int) -> list[Line]:
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.render.fps = round(motion.fps)
    ob = everyone()[name].build(bpy.context)
    title, share = f"{len(ob.data.bones)} bones", motion.seconds / 60

    def recognise() -> None:
        armature._known.clear()  # as if it were seen for the first time
        armature.recognition(ob)

    recognising, _ = best(recognise, repeat)
    found = armature.recognition(ob)
    stringing, _ = best(lambda: puppets.puppet(ob, found, "IK", root=True), repeat)
    lines = [
        Line(f"{title}: recognising", recognising, RECOGNISING),
        Line(f"{title}: what to key", stringing, STRINGING),
    ]
    for options, stage, budget in (
        (Options(), f"{len(motion)} frames", EVERY),
        (Options(keys="FEW", tolerance_mm=2.0, tolerance_deg=0.5), "within 2 mm, 0.5 deg", FEW),
        (Options(keys="FEW", tolerance_mm=5.0, tolerance_deg=1.0), "within 5 mm, 1 deg", FEW),
    ):
        seconds, landed = best(partial(_danced, ob, motion, options), repeat)
        if options.keys == "FEW":
            stage += f", {_density(landed, motion):.1f}/s"
        lines.append(Line(f"{title}: {stage}", seconds, budget * share))
    return lines


def _danced(ob: bpy.types.Object, motion: Motion, options: Options) -> Landed:
    return apply_dance(ob, motion, Placement(1.0, motion.fps), "benchmark", {}, options)


def _density(landed: Landed, motion: Motion) -> float:
    """Keys a second of a bone."""
    recognised = armature.recognition(bpy.context.view_layer.objects.active)
    return landed.written.keys / motion.seconds / len(recognised.bones)


def _made_up(seconds: float) -> Motion:
    """Every joint swinging to and fro, the hips swaying."""
    random, frames = np.random.default_rng(0), round(seconds * FPS)
    vectors = gaussian_filter1d(random.normal(size=(frames, JOINT_COUNT, 3)), 5, axis=0)
    turns = Rotation.from_rotvec((vectors * 0.3 / vectors.std()).reshape(-1, 3))
    quaternions = turns.as_quat(scalar_first=True).reshape(frames, JOINT_COUNT, 4)
    sway = gaussian_filter1d(random.normal(size=(frames, 3)), 10, axis=0) * 0.3
    root = sway + np.array([0, 0, STANDING_HEIGHT - 0.05])
    return Motion(FPS, root, continuous(quaternions), np.zeros((frames, 4)))


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Panels of generated Rigify rigs stay registered; with such a class some Blenders never end.
    os._exit(code)
