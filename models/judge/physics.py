# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the body push itself off its feet? EDGE's physical foot contact score (Tseng et al., 2023).

A body can speed up only while a foot stands, so the slower of ankle and toe of both feet are
multiplied with the pelvis's acceleration. Skating feet, `body.feet` measures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...inference.skeleton import CONTACT_JOINTS
from .features import cut
from .signals import Array

#: What the score is defined on: rate, and seconds of a window.
PFC_FPS = 30.0
PFC_SECONDS = 5.0
#: The largest acceleration is taken to be this percentile (a glitch of one frame is in three
#: differences of a window's 148), and never under this many m/s^2.
TOP = 95.0
LEAST = 1.0


def pfc(positions: NDArray[np.floating], fps: float = PFC_FPS, *, published: bool = False) -> float:
    """Physical foot contact score (10^4 m^2 a frame, less is better) of positions (T, 24, 3).

    The mean over windows of 5 s at 30 fps (one shorter window when there is no whole one) of the
    way each foot makes over the floor in a frame (the lesser of ankle and toe), left times right
    times the share of the pelvis's acceleration in its largest of the window; falling is no push
    and counts as none.

    published: the share is in the maximum, as in the public code: a single glitch then makes a
    window good, and a clip whose pelvis stands still has no score (NaN). Without it the largest is
    the 95th percentile and at least 1 m/s^2; a frozen figure scores 0, so read this beside motion
    magnitude.
    """
    windows = cut(resampled(positions, fps, PFC_FPS), PFC_FPS, PFC_SECONDS, whole=False)
    scores = [_window(window, published) for window in windows if len(window) >= 3]
    return float(np.mean(scores)) * 1e4 if scores else float("nan")


def resampled(positions: NDArray[np.floating], fps: float, wanted: float) -> Array:
    """Positions (T, J, 3) at another rate, linear between frames."""
    places = np.asarray(positions, dtype=np.float64)
    if fps == wanted or len(places) < 2:
        return places
    count = int(np.floor((len(places) - 1) / fps * wanted + 1e-6)) + 1
    at = np.clip(np.arange(count) * fps / wanted, 0, len(places) - 1)
    low = np.minimum(at.astype(int), len(places) - 2)
    share = (at - low)[:, None, None]
    return places[low] * (1 - share) + places[low + 1] * share


def _window(places: Array, published: bool) -> float:
    push = np.diff(places[:, 0], n=2, axis=0) * PFC_FPS**2
    push[:, 2] = np.maximum(push[:, 2], 0.0)
    size = np.linalg.norm(push, axis=1)
    way = np.linalg.norm(np.diff(places[1:, list(CONTACT_JOINTS), :2], axis=0), axis=-1)
    both = way[:, :2].min(1) * way[:, 2:].min(1)
    if published:
        top = float(size.max())
        return float((both * size / top).mean()) if top else float("nan")
    top = max(float(np.percentile(size, TOP)), LEAST)
    return float((both * np.minimum(size / top, 1.0)).mean())
