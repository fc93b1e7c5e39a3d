# SPDX-License-Identifier: GPL-3.0-or-later
"""The curves of one bone, with just enough keys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import turns
from .hermite import Spline, fitted, slopes
from .walk import walk

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: A change of slope is a corner when it is so many tolerances a frame, and so many times as large
#: as those of the frames around it.
_CORNER, _SHARP = 6.0, 4.0
#: The first guess is made at a tolerance so much wider, because fitting improves it.
_GUESS = 2.0


class Curve:
    """What one bone does, (T, D): its rotation as its mode keys it, then its location, if any.

    angle, length: how far it may be off in every frame, (T,), radians and armature units. seam: the
    last frame is the first again. keyed: the frames with a key, (T,), at first the corners and both
    ends. `refine` makes the `spline` and what it comes to, `fit` (T, D).
    """

    def __init__(
        self,
        mode: str,
        rotation: Doubles | None,
        location: Doubles | None,
        angle: float,
        length: float,
        seam: bool = False,
    ) -> None:
        parts = [part for part in (rotation, location) if part is not None]
        self.values = np.hstack(parts).astype(np.float64)
        frames = len(self.values)
        self.mode, self.seam = mode, seam
        self.turning = 0 if rotation is None else rotation.shape[1]
        self.angle, self.length = np.full(frames, angle), np.full(frames, length)
        self.weights = self._weights()
        self.corners = self._corners()
        self.into, self.out = slopes(self.values, self.corners, self._turnover() if seam else None)
        self.keyed = self.corners.copy()
        self.keyed[[0, -1]] = True
        self.fit = self.values
        self.spline: Spline

    def refine(self) -> None:
        """Fit the keyed frames, and key more of them until it is near enough everywhere."""
        held = self.corners.copy()
        held[[0, -1]] = True
        if len(held) == 1:
            self.spline = Spline(np.zeros(1, dtype=np.int64), self.values, self.into, self.out)
            return
        while True:
            keys = np.flatnonzero(self.keyed)
            self.spline = fitted(
                self.values, keys, self.into, self.out, held, self.corners, self.seam
            )
            self.fit = self.spline.sampled()
            error = self.error()
            off = error > 1.0
            if not off.any():
                return
            # A key that is off itself is held on to; elsewhere there is one more in the gap.
            held |= off & self.keyed
            error[self.keyed] = 0.0
            for gap in np.flatnonzero(np.maximum.reduceat(error, keys[:-1]) > 1.0):
                first, last = keys[gap], keys[gap + 1]
                quarter = (last - first) // 4
                worst = first + int(np.argmax(error[first:last]))
                self.keyed[np.clip(worst, first + quarter, last - quarter)] = True

    def error(self) -> Doubles:
        """How far the fit is off in every frame, in tolerances, (T,)."""
        return np.maximum(self.turned() / self.angle, self.moved() / self.length)

    def moved(self) -> Doubles:
        """How far the fit's location is off in every frame, (T,), armature units."""
        return np.linalg.norm((self.fit - self.values)[:, self.turning :], axis=1)

    def turned(self) -> Doubles:
        """By what angle the fit is off in every frame, as Blender shows it, (T,), radians."""
        if not self.turning:
            return np.zeros(len(self.values))
        return turns.apart(*(
            turns.as_quaternions(self.mode, each[:, : self.turning])
            for each in (self.values, self.fit)
        ))  # fmt: skip

    def _weights(self) -> Doubles:
        """What makes errors in tolerances of differences of values, (T, 6, D); see `walk`."""
        made = np.zeros((len(self.values), 6, self.values.shape[1]))
        if self.turning:
            rates = turns.rates(self.mode, self.values[:, : self.turning])
            made[:, :3, : self.turning] = rates / self.angle[:, None, None]
        if self.turning < made.shape[2]:
            made[:, 3:, self.turning :] = np.eye(3) / self.length[:, None, None]
        return made

    def _turnover(self) -> Doubles:
        """The signs (D,) that slopes change at the seam: the same turn may be keyed in two ways."""
        signs = np.ones(self.values.shape[1])
        if self.turning:
            signs[: self.turning] = turns.signs(
                self.mode, self.values[0, : self.turning], self.values[-1, : self.turning]
            )
        return signs

    def _corners(self) -> Bools:
        found = np.zeros(len(self.values), dtype=bool)
        if len(found) < 7:
            return found
        bent = np.diff(self.values, n=2, axis=0)
        error = np.linalg.norm(np.einsum("ted,td->te", self.weights[1:-1], bent), axis=1)
        around = np.max([error[2 + by : len(error) - 2 + by] for by in (-2, -1, 1, 2)], axis=0)
        found[3:-3] = (error[2:-2] > _CORNER) & (error[2:-2] > _SHARP * around)
        return found


def guess(curves: list[Curve]) -> None:
    """Key the frames that are likely to be needed."""
    count, width = len(curves), max(curve.values.shape[1] for curve in curves)
    frames = len(curves[0].values)
    values, into, out = (np.zeros((count, frames, width)) for _ in range(3))
    weights = np.zeros((count, frames, 6, width))
    for row, curve in enumerate(curves):
        own = slice(curve.values.shape[1])
        values[row, :, own], into[row, :, own] = curve.values, curve.into
        out[row, :, own], weights[row, :, :, own] = curve.out, curve.weights / _GUESS
    keyed = walk(values, into, out, weights, np.array([curve.keyed for curve in curves]))
    for curve, frames_keyed in zip(curves, keyed, strict=True):
        curve.keyed = frames_keyed
