# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns as angles about given axes, one after the other: Davenport's, of which Euler's are some."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import turns

Doubles = NDArray[np.float64]


def angles(turn: Doubles, axes: Doubles) -> Doubles:
    """Angles (N, T), rad, about axes (N, 3) whose turns, in that order, make up `turn` (4, T).

    Three axes, each at right angles to the next: exactly, and continuous over time. One: as nearly
    as can be. Else, nearly: axes are taken as if they were at right angles, and those beyond the
    third not at all.
    """
    found = np.zeros((len(axes), turn.shape[-1]))
    if len(axes) == 1:
        found[0] = np.unwrap(2 * np.arctan2(axes[0] @ turn[1:], turn[0]))
    elif len(axes) > 1:
        found[:3] = _three(turn, _square(axes))[: len(axes)]
    # As many whole turns as there are, but none to begin with.
    return found - 2 * np.pi * np.round(np.median(found, axis=1, keepdims=True) / (2 * np.pi))


def _square(axes: Doubles) -> Doubles:
    """The first three axes, the second made square to the first, the third to the second."""
    first = axes[0] / np.linalg.norm(axes[0])
    second = axes[1] - (axes[1] @ first) * first
    if np.linalg.norm(second) < 1e-3:
        second = np.cross(first, np.eye(3)[np.argmin(np.abs(first))])
    second /= np.linalg.norm(second)
    third = axes[2] if len(axes) > 2 else np.cross(first, second)
    third = third - (third @ second) * second
    if np.linalg.norm(third) < 1e-3:
        third = np.cross(first, second)
    return np.array([first, second, third / np.linalg.norm(third)])


def _three(turn: Doubles, axes: Doubles) -> Doubles:
    first, second, third = axes
    across = np.cross(first, second)
    lean = np.arctan2(third @ across, third @ first)
    side = 1.0 if lean >= 0 else -1.0
    there = turns.turned(turn, third[:, None])
    middle = lean - side * np.arccos(np.clip(first @ there, -1.0, 1.0))
    # sin(lean - middle) has the sign of `side`.
    before = np.arctan2(-side * (second @ there), side * (across @ there))
    undone = turns.product(
        turns.about(second, -middle), turns.product(turns.about(first, -before), turn)
    )
    rest = turns.turned(undone, second[:, None])
    after = np.arctan2(np.cross(third, second) @ rest, second @ rest)
    return _continuous(np.stack([before, middle, after]), lean)


def _continuous(found: Doubles, lean: float) -> Doubles:
    """The same turns by angles (3, T) that go on from frame to frame.

    Of every turn there are two such triples; which of them is nearer to the last frame's does not
    depend on which that one was.
    """
    other = np.stack([found[0] + np.pi, 2 * lean - found[1], found[2] + np.pi])
    stay = (_wrapped(np.diff(found)) ** 2).sum(axis=0)
    leave = (_wrapped(other[:, 1:] - found[:, :-1]) ** 2).sum(axis=0)
    swapped = np.concatenate([[False], np.cumsum(leave < stay) % 2 == 1])
    ways = np.where(swapped, other, found), np.where(swapped, found, other)
    nearest = min(ways, key=lambda way: float((_wrapped(way) ** 2).sum()))
    return np.unwrap(nearest, axis=1)


def _wrapped(values: Doubles) -> Doubles:
    return (values + np.pi) % (2 * np.pi) - np.pi
