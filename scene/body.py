# SPDX-License-Identifier: GPL-3.0-or-later
"""The dancer's figure: clothes, head, hands and shoes around the rest pose. Knows numpy only.

Every part is a closed surface of its own (a sleeve overlaps the hand that comes out of it), so that
the borders between materials are clean and each part has the mesh density that it needs. Metres,
z up, facing -y, soles at z = 0; see `inference.skeleton` for the joints that the shapes surround.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..inference.skeleton import INDEX, JOINT_COUNT, MIRROR
from .sculpt import (
    Field,
    Points,
    Quads,
    Vector,
    cone,
    ellipsoid,
    grown,
    half_space,
    intersection,
    loft,
    polygonise,
    smoothed,
    symmetric,
    union,
)
from .skin import rest_weights

X, Y, Z = 0, 1, 2


@dataclass(frozen=True)
class Part:
    """One closed piece of the figure.

    solid: its field; box: two corners around it, m; cell: size of its quads, m; bones: the joints
    that may move it, none meaning all.
    """

    name: str
    material: str
    solid: Field
    box: tuple[Vector, Vector]
    cell: float
    bones: tuple[str, ...] = ()
    mirrored: bool = False
    mirror_material: str = ""


@dataclass(frozen=True)
class Body:
    """vertices (V, 3), m; quads (F, 4) and the material of each (F,); weights (V, 24)."""

    vertices: NDArray[np.float32]
    quads: Quads
    materials: tuple[str, ...]
    face_materials: NDArray[np.int64]
    weights: NDArray[np.float32]


@lru_cache(maxsize=1)
def build() -> Body:
    """Polygonise the whole figure and weigh it. Takes a fraction of a second."""
    pieces = []
    for part in PARTS:
        vertices, quads = polygonise(part.solid, *part.box, part.cell)
        vertices[vertices[:, 2] < 1.5e-3, 2] = 0.0
        weights = _limited(smoothed(rest_weights(vertices), quads, 4), part.bones)
        pieces.append((vertices, quads, part.material, weights))
        if part.mirrored:
            material = part.mirror_material or part.material
            flipped = weights[:, list(MIRROR)]
            pieces.append((vertices * (-1, 1, 1), quads[:, ::-1], material, flipped))
    return _joined(pieces)


def _joined(pieces: list[tuple[Points, Quads, str, NDArray[np.float64]]]) -> Body:
    materials = tuple(dict.fromkeys(material for _, _, material, _ in pieces))
    starts = np.cumsum([0] + [len(vertices) for vertices, *_ in pieces])
    return Body(
        np.concatenate([p[0] for p in pieces]).astype(np.float32),
        np.concatenate([p[1] + start for p, start in zip(pieces, starts, strict=False)]),
        materials,
        np.repeat([materials.index(p[2]) for p in pieces], [len(p[1]) for p in pieces]),
        np.concatenate([p[3] for p in pieces]).astype(np.float32),
    )


def _limited(weights: NDArray[np.float64], bones: tuple[str, ...]) -> NDArray[np.float64]:
    """At most four bones a vertex, only the allowed ones, summing to one."""
    if bones:
        allowed = np.zeros(JOINT_COUNT, dtype=bool)
        allowed[[INDEX[bone] for bone in bones]] = True
        weights = np.where(allowed, weights, 0)
        weights[weights.sum(axis=1) < 1e-3, INDEX[bones[0]]] = 1
        weights /= weights.sum(axis=1, keepdims=True)
    fourth = np.sort(weights, axis=1)[:, -4:-3]
    weights = np.where((weights >= fourth) & (weights > 5e-3), weights, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def _torso(extra: float = 0.0) -> Field:
    rows = [
        (0.930, 0, 0.012, 0.158, 0.114),
        (1.000, 0, 0.012, 0.152, 0.108),
        (1.080, 0, 0.012, 0.143, 0.100),
        (1.180, 0, 0.010, 0.150, 0.104),
        (1.280, 0, 0.006, 0.165, 0.113),
        (1.350, 0, 0.006, 0.171, 0.113),
        (1.410, 0, 0.014, 0.158, 0.098),
        (1.450, 0, 0.020, 0.126, 0.080),
        (1.480, 0, 0.024, 0.088, 0.068),
        (1.502, 0, 0.024, 0.066, 0.062),
    ]
    return grown(extra, loft(Z, rows, 0.012, 2.3))


def _jacket() -> Field:
    sleeve = loft(
        X,
        [
            (0.090, 0.022, 1.404, 0.072, 0.060),
            (0.150, 0.024, 1.414, 0.068, 0.060),
            (0.200, 0.025, 1.423, 0.062, 0.057),
            (0.260, 0.025, 1.428, 0.056, 0.053),
            (0.350, 0.025, 1.430, 0.052, 0.051),
            (0.440, 0.026, 1.430, 0.048, 0.048),
            (0.520, 0.026, 1.430, 0.048, 0.047),
            (0.620, 0.025, 1.430, 0.042, 0.041),
            (0.676, 0.025, 1.430, 0.038, 0.036),
        ],
        0.008,
    )
    return symmetric(union(0.06, _torso(), sleeve))


def _trousers() -> Field:
    hips = loft(
        Z,
        [
            (0.830, 0, 0.010, 0.120, 0.090),
            (0.880, 0, 0.013, 0.148, 0.107),
            (0.930, 0, 0.012, 0.146, 0.104),
            (1.000, 0, 0.010, 0.130, 0.090),
        ],
        0.03,
        2.3,
    )
    leg = loft(
        Z,
        [
            (0.112, 0.085, 0.010, 0.043, 0.047),
            (0.200, 0.085, 0.011, 0.047, 0.051),
            (0.330, 0.086, 0.013, 0.055, 0.062),
            (0.420, 0.086, 0.006, 0.056, 0.061),
            (0.490, 0.086, -0.003, 0.056, 0.062),
            (0.560, 0.087, -0.003, 0.060, 0.067),
            (0.680, 0.089, 0.002, 0.068, 0.078),
            (0.790, 0.092, 0.008, 0.074, 0.092),
            (0.860, 0.090, 0.014, 0.073, 0.097),
            (0.930, 0.084, 0.012, 0.062, 0.088),
        ],
        0.010,
    )
    return symmetric(union(0.035, hips, leg))


def _cranium() -> Field:
    return ellipsoid((0, 0.004, 1.672), (0.080, 0.098, 0.101))


def _skull() -> Field:
    return union(0.05, _cranium(), ellipsoid((0, -0.026, 1.612), (0.060, 0.066, 0.070)))


def _head() -> Field:
    neck = loft(
        Z,
        [
            (1.430, 0, 0.024, 0.056, 0.056),
            (1.500, 0, 0.022, 0.050, 0.052),
            (1.550, 0, 0.014, 0.048, 0.052),
            (1.620, 0, 0.010, 0.048, 0.052),
        ],
    )
    nose = cone((0, -0.093, 1.655), (0, -0.102, 1.628), 0.007, 0.011)
    ear = ellipsoid((0.080, 0.008, 1.640), (0.012, 0.020, 0.030))
    return symmetric(union(0.012, union(0.016, union(0.03, _skull(), neck), nose), ear))


def _hair() -> Field:
    cap = grown(0.013, _cranium())
    tuft = ellipsoid((0, -0.045, 1.750), (0.072, 0.060, 0.042))
    hairline = half_space((0, -0.052, 1.700), (0, -0.80, -0.60))
    nape = half_space((0, 0, 1.615), (0, 0, -1))
    return intersection(0.015, union(0.04, cap, tuft), hairline, nape)


def _visor() -> Field:
    front = half_space((0, -0.008, 0), (0, 1, 0))
    top, bottom = half_space((0, 0, 1.686), (0, 0, 1)), half_space((0, 0, 1.650), (0, 0, -1))
    shell = grown(0.010, _skull())
    return intersection(0.008, shell, front, top, bottom)


def _hand() -> Field:
    palm = loft(
        X,
        [
            (0.660, 0.025, 1.430, 0.026, 0.022),
            (0.692, 0.025, 1.430, 0.026, 0.020),
            (0.725, 0.023, 1.430, 0.036, 0.019),
            (0.765, 0.022, 1.429, 0.043, 0.018),
            (0.800, 0.022, 1.426, 0.042, 0.016),
            (0.840, 0.022, 1.420, 0.038, 0.014),
            (0.868, 0.023, 1.414, 0.033, 0.012),
            (0.885, 0.024, 1.410, 0.026, 0.011),
        ],
        0.0095,
        2.2,
    )
    thumb = union(
        0.01,
        cone((0.700, 0.006, 1.426), (0.740, -0.036, 1.418), 0.017, 0.0135),
        cone((0.740, -0.036, 1.418), (0.782, -0.056, 1.411), 0.0140, 0.0115),
    )
    return union(0.014, palm, thumb)


def _band(axis: int, rows: list[tuple[float, ...]], exponent: float = 2.0) -> Field:
    return loft(axis, rows, 0.007, exponent)


def _shoe() -> Field:
    upper = loft(
        Y,
        [
            (-0.196, 0.110, 0.022, 0.022, 0.020),
            (-0.175, 0.109, 0.026, 0.038, 0.028),
            (-0.125, 0.104, 0.033, 0.046, 0.037),
            (-0.075, 0.096, 0.042, 0.043, 0.046),
            (-0.025, 0.089, 0.052, 0.038, 0.058),
            (0.025, 0.085, 0.056, 0.037, 0.064),
            (0.055, 0.084, 0.050, 0.032, 0.060),
            (0.072, 0.084, 0.044, 0.020, 0.044),
        ],
        0.012,
        2.4,
    )
    collar = _band(Z, [(0.05, 0.085, 0.012, 0.037, 0.052), (0.122, 0.085, 0.016, 0.041, 0.050)])
    return intersection(0.006, union(0.03, upper, collar), half_space((0, 0, 0.014), (0, 0, -1)))


def _sole() -> Field:
    outline = loft(
        Y,
        [
            (-0.204, 0.110, 0.010, 0.034, 0.05),
            (-0.178, 0.109, 0.010, 0.045, 0.05),
            (-0.125, 0.104, 0.010, 0.051, 0.05),
            (-0.070, 0.096, 0.010, 0.046, 0.05),
            (-0.010, 0.088, 0.010, 0.042, 0.05),
            (0.045, 0.085, 0.010, 0.040, 0.05),
            (0.080, 0.084, 0.010, 0.032, 0.05),
        ],
        0.026,
        3.0,
    )
    top = half_space((0, 0, 0.028), (0, 0, 1))
    return intersection(0.008, outline, top, half_space((0, 0, 0), (0, 0, -1)))


def _headphones() -> Field:
    cup = loft(X, [(0.079, 0.006, 1.648, 0.030, 0.038), (0.113, 0.006, 1.648, 0.030, 0.038)], 0.010)

    def arch(points: Points) -> NDArray[np.float64]:
        around = np.hypot(points[:, 0] / 0.98, np.maximum(points[:, 2] - 1.672, 0) / 1.16) - 0.101
        return np.hypot(around, 0.6 * (points[:, 1] - 0.006)) - 0.009

    above = half_space((0, 0, 1.660), (0, 0, -1))
    return symmetric(union(0.01, intersection(0.01, arch, above), cup))


_HEAD = ("head",)
_ARM = ("left_elbow", "left_wrist")
_FOOT = ("left_ankle", "left_foot")


PARTS: tuple[Part, ...] = (
    Part("jacket", "jacket", _jacket(), ((-0.72, -0.18, 0.90), (0.72, 0.20, 1.54)), 0.0215),
    Part("trousers", "trousers", _trousers(), ((-0.2, -0.15, 0.08), (0.2, 0.17, 1.03)), 0.0210),
    Part("head", "skin", _head(), ((-0.12, -0.15, 1.40), (0.12, 0.14, 1.82)), 0.0145,
         ("head", "neck", "spine3")),
    Part("hair", "hair", _hair(), ((-0.13, -0.15, 1.55), (0.13, 0.15, 1.84)), 0.0170, _HEAD),
    Part("visor", "visor", _visor(), ((-0.13, -0.15, 1.62), (0.13, 0.05, 1.72)), 0.0115, _HEAD),
    Part("headphones", "accent", _headphones(), ((-0.15, -0.06, 1.58), (0.15, 0.08, 1.84)), 0.0115,
         _HEAD),
    Part("hand", "skin", _hand(), ((0.62, -0.09, 1.37), (0.92, 0.10, 1.48)), 0.0110,
         ("left_wrist", "left_hand", "left_elbow"), True),
    Part("cuff", "accent", _band(X, [(0.650, 0.025, 1.43, 0.048, 0.046),
         (0.697, 0.025, 1.43, 0.043, 0.040)]), ((0.63, -0.04, 1.36), (0.71, 0.09, 1.50)), 0.0140,
         _ARM, True, "trim"),
    Part("sock", "trim", _band(Z, [(0.07, 0.085, 0.012, 0.033, 0.040),
         (0.13, 0.085, 0.010, 0.036, 0.041)]), ((0.03, -0.05, 0.04), (0.14, 0.08, 0.16)), 0.018,
         ("left_ankle", "left_knee"), True),
    Part("shoe", "shoe", _shoe(), ((0.02, -0.23, 0.0), (0.18, 0.10, 0.15)), 0.0130, _FOOT, True),
    Part("sole", "trim", _sole(), ((0.02, -0.24, -0.02), (0.20, 0.12, 0.05)), 0.0125, _FOOT, True),
    Part("hem", "trim", symmetric(_band(Z, [(0.898, 0, 0.012, 0.166, 0.123),
         (0.955, 0, 0.012, 0.164, 0.120)], 2.3)), ((-0.2, -0.14, 0.88), (0.2, 0.17, 0.99)), 0.0180),
    Part("collar", "trim", symmetric(_band(Z, [(1.475, 0, 0.024, 0.074, 0.068),
         (1.512, 0, 0.022, 0.066, 0.064)])), ((-0.1, -0.08, 1.45), (0.1, 0.12, 1.54)), 0.0160),
)  # fmt: skip
