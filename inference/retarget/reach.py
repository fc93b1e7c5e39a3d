# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the reach of the hands: where they are to hips and floor, not only how the arms are turned.

On a figure with longer arms hands that clap would cross, on one with shorter arms they would not
meet. Hands are drawn to where the source has them, on a body scaled by the length of its legs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..limbs import ARMS, LEGS, Limb, limb, reach
from ..motion import Motion, forward_kinematics
from ..pose_features import continuous
from ..skeleton import PARENTS
from .figure import Figure

Doubles = NDArray[np.float64]

#: A place this near to the shoulder is not reached for, one beyond the second is; shares of the
#: arm's length. An arm that passes its own shoulder would flip.
NEAR, CLEAR = 0.2, 0.45
#: A place this far from where the arm points is reached for, one beyond the second is not, rad.
ASIDE, BEHIND = np.radians(90.0), np.radians(150.0)
#: An elbow folds to this share of the arm's length between shoulder and wrist, if not by itself.
FOLDED = 0.3
#: Up to this share of its length an arm stretches as asked (more if it does so by itself).
STRETCH = 0.93


def reached(fitted: Motion, source: Motion, figure: Figure, share: float) -> Motion:
    """A motion that was `fit` to the figure with its wrists drawn to those of the source.

    source: the motion on our own body, as many frames. share: 0 leaves the arms turned as in the
    source, 1 has the wrists where the source has them, as far as the arms reach. Elbows keep their
    plane, hands their rotation in the world. A figure without legs stands nowhere to reach from.
    """
    sides = [side for side in (0, 1) if figure.present[ARMS[side, :3]].all()]
    if share <= 0.0 or not sides or not figure.legs:
        return fitted
    local = fitted.matrices()
    places, world = forward_kinematics(local, fitted.root, figure.proportions.offsets)
    aims = _aims(places.astype(np.float64), source.positions().astype(np.float64))
    rotations = fitted.rotations.copy()
    for side in sides:
        chain = ARMS[side]
        base = PARENTS[chain[0]]
        arm = limb(chain, places[:, base].astype(np.float64), world[:, base].astype(np.float64),
                   local[:, chain[:3]].astype(np.float64), figure.proportions)  # fmt: skip
        stretch = np.maximum(STRETCH, np.linalg.norm(arm.end - arm.start, axis=1) / arm.length)
        turned = reach(arm, arm.start, _drawn(arm, aims[:, side], share), stretch=stretch)
        flat = Rotation.from_matrix(turned.reshape(-1, 3, 3)).as_quat(scalar_first=True)
        rotations[:, chain[:3]] = flat.reshape(len(fitted), 3, 4)
    return replace(fitted, rotations=continuous(rotations))


def _aims(own: Doubles, source: Doubles) -> Doubles:
    """Where the figure's wrists are to go, (T, 2, 3), from both bodies' joints (T, 24, 3).

    As far from the hips as in the source, but hands at the floor stay there.
    """
    hips, ours = (places[:, LEGS[:, 0]].mean(axis=1) for places in (own, source))
    wrists = source[:, ARMS[:, 2]]
    away = np.repeat((hips - ours)[:, None], 2, axis=1)
    away[..., 2] *= np.clip(wrists[..., 2] / np.maximum(ours[:, None, 2], 1e-6), 0.0, 1.0)
    return wrists + away


def _drawn(arm: Limb, aim: Doubles, share: float) -> Doubles:
    """Where the wrist goes, (T, 3): from its own place part of the way, around the shoulder."""
    own, there = arm.end - arm.start, aim - arm.start
    far, wanted = np.linalg.norm(own, axis=1), np.linalg.norm(there, axis=1)
    across = np.cross(own, there)
    sine = np.linalg.norm(across, axis=1)
    angle = np.arctan2(sine, (own * there).sum(axis=1))
    part = share * _rise(wanted / arm.length, NEAR, CLEAR) * _rise(-angle, -BEHIND, -ASIDE)
    turn = Rotation.from_rotvec(across * (part * angle / np.maximum(sine, 1e-9))[:, None])
    # Softly no nearer than an elbow folds.
    least = np.minimum(FOLDED * arm.length, far)
    wanted = least + np.logaddexp(0.0, (wanted - least) / (0.02 * arm.length)) * 0.02 * arm.length
    length = far + part * (wanted - far)
    return arm.start + turn.apply(own) * (length / np.maximum(far, 1e-9))[:, None]


def _rise(values: Doubles, low: float, high: float) -> Doubles:
    """0 below low, 1 above high, smoothly between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
