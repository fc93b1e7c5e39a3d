# SPDX-License-Identifier: GPL-3.0-or-later
"""Solids as signed fields, and the quad meshes of their surfaces. Knows numpy only.

A `Field` maps points (N, 3) in metres to roughly signed distances (N,), negative inside. Surfaces
are found by naive surface nets (Gibson 1998): one vertex in every grid cell that the surface
crosses, one quad around every grid edge that it cuts; then the vertices are spread evenly and
pulled onto the surface.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.sparse import csr_array, diags_array

Points = NDArray[np.float64]
Quads = NDArray[np.int64]
Field = Callable[[Points], NDArray[np.float64]]
Vector = tuple[float, float, float]


def loft(
    axis: int,
    stations: Sequence[Sequence[float]],
    rounding: float = 0.01,
    exponent: float = 2.0,
) -> Field:
    """A tube along a world axis whose cross-section is a (super-)ellipse.

    stations: rows (position on the axis, centre u, centre v, half size u, half size v) in metres,
    where u and v are the other two axes in x, y, z order. rounding: radius of the end edges, m.
    """
    table = np.asarray(stations, dtype=float)
    profile = PchipInterpolator(table[:, 0], table[:, 1:])
    first, last = table[0, 0], table[-1, 0]
    across = [i for i in range(3) if i != axis]

    def field(points: Points) -> NDArray[np.float64]:
        along = points[:, axis]
        centre_u, centre_v, half_u, half_v = profile(np.clip(along, first, last)).T
        u = np.abs(points[:, across[0]] - centre_u) / half_u
        v = np.abs(points[:, across[1]] - centre_v) / half_v
        side = ((u**exponent + v**exponent) ** (1 / exponent) - 1) * np.minimum(half_u, half_v)
        end = np.maximum(first + rounding - along, along - (last - rounding))
        corner = np.hypot(np.maximum(side + rounding, 0), np.maximum(end, 0))
        return corner + np.minimum(np.maximum(side + rounding, end), 0) - rounding

    return field


def ellipsoid(centre: Vector, radii: Vector) -> Field:
    """An ellipsoid along the axes, metres."""

    def field(points: Points) -> NDArray[np.float64]:
        scaled = (points - centre) / radii
        near = np.linalg.norm(scaled, axis=1)
        steep = np.linalg.norm(scaled / radii, axis=1)
        return near * (near - 1) / np.maximum(steep, 1e-9)

    return field


def cone(start: Vector, end: Vector, first: float, last: float) -> Field:
    """A capsule from start to end (m) whose radius runs from first to last (m)."""
    a, axis = np.array(start), np.subtract(end, start)

    def field(points: Points) -> NDArray[np.float64]:
        share = np.clip((points - a) @ axis / (axis @ axis), 0, 1)
        return np.linalg.norm(points - a - share[:, None] * axis, axis=1) - (
            first + share * (last - first)
        )

    return field


def half_space(point: Vector, outward: Vector) -> Field:
    """Everything behind the plane through a point (m) that looks outward."""
    normal = np.asarray(outward) / np.linalg.norm(outward)
    return lambda points: (points - point) @ normal


def union(smooth: float, *fields: Field) -> Field:
    """Union whose seams are rounded over `smooth` metres (polynomial smooth minimum)."""

    def field(points: Points) -> NDArray[np.float64]:
        result = fields[0](points)
        for other in fields[1:]:
            value = other(points)
            share = np.clip(0.5 + 0.5 * (value - result) / smooth, 0, 1)
            result = value + (result - value) * share - smooth * share * (1 - share)
        return result

    return field


def intersection(smooth: float, *fields: Field) -> Field:
    """What all fields share; edges are rounded over `smooth` metres."""
    flipped = union(smooth, *(_negated(f) for f in fields))
    return _negated(flipped)


def grown(by: float, field: Field) -> Field:
    """The solid with `by` metres more on every side."""
    return lambda points: field(points) - by


def symmetric(field: Field) -> Field:
    """The left half (x > 0) of a field, mirrored onto the right."""
    return lambda points: field(np.abs(points) * (1, 0, 0) + points * (0, 1, 1))


def polygonise(field: Field, low: Vector, high: Vector, cell: float) -> tuple[Points, Quads]:
    """The surface of a field inside a box: vertices (V, 3) in metres and outward quads (F, 4).

    cell: edge length of the quads, m. Grid lines pass through x = 0, so that a symmetric field has
    a symmetric mesh.
    """
    axes = [
        cell * np.arange(np.floor(a / cell), np.ceil(b / cell) + 1)
        for a, b in zip(low, high, strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = field(grid.reshape(-1, 3)).reshape(grid.shape[:3])
    vertices, quads = _surface_net(grid, values)
    spread = _neighbour_mean(len(vertices), quads)
    for _ in range(4):
        vertices = _pulled(field, vertices, cell)
        vertices = 0.5 * vertices + 0.5 * (spread @ vertices)
    for _ in range(2):
        vertices = _pulled(field, vertices, cell)
    return vertices, quads


def smoothed(values: NDArray[np.float64], quads: Quads, rounds: int) -> NDArray[np.float64]:
    """Values (V, K) at the vertices, averaged with their neighbours some times."""
    spread = _neighbour_mean(len(values), quads)
    for _ in range(rounds):
        values = 0.5 * values + 0.5 * (spread @ values)
    return values


def _negated(field: Field) -> Field:
    return lambda points: -field(points)


def _surface_net(grid: Points, values: NDArray[np.float64]) -> tuple[Points, Quads]:
    inside = values < 0
    cells = tuple(n - 1 for n in inside.shape)
    total, count = np.zeros((*cells, 3)), np.zeros(cells)
    cuts = []
    for axis in range(3):
        low, high = _ends(values, axis)
        cut = (low < 0) != (high < 0)
        share = np.where(cut, low / np.where(cut, low - high, 1), 0)
        a, b = _ends(grid, axis)
        points = np.where(cut[..., None], a + share[..., None] * (b - a), 0)
        for u in (slice(None, -1), slice(1, None)):
            for v in (slice(None, -1), slice(1, None)):
                window = [u, v]
                window.insert(axis, slice(None))
                total += points[tuple(window)]
                count += cut[tuple(window)]
        cuts.append((cut, low < 0))
    active = count > 0
    index = np.full(cells, -1)
    index[active] = np.arange(active.sum())
    quads = [_quads(axis, index, *cuts[axis]) for axis in range(3)]
    return total[active] / count[active][:, None], np.concatenate(quads)


def _quads(
    axis: int, index: NDArray[np.int64], cut: NDArray[np.bool_], leaving: NDArray[np.bool_]
) -> Quads:
    """The quads around the cut grid edges of one axis; `leaving`: the lower end is inside."""
    u, v = (axis + 1) % 3, (axis + 2) % 3
    edges = np.argwhere(cut)
    step_u, step_v = np.eye(3, dtype=int)[[u, v]]
    ring = [edges - step_u - step_v, edges - step_v, edges, edges - step_u]
    quads = np.stack([index[tuple(cells.T)] for cells in ring], axis=1)
    flip = ~leaving[tuple(edges.T)]
    quads[flip] = quads[flip, ::-1]
    return quads


def _ends(array: NDArray[np.float64], axis: int) -> tuple[NDArray, NDArray]:
    low = [slice(None)] * 3
    high = [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    return array[tuple(low)], array[tuple(high)]


def _neighbour_mean(count: int, quads: Quads) -> csr_array:
    rows = np.concatenate([quads, np.roll(quads, 1, axis=1)]).ravel()
    columns = np.concatenate([np.roll(quads, 1, axis=1), quads]).ravel()
    links = csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, count))
    return csr_array(diags_array(1 / np.maximum(links.sum(axis=1), 1)) @ links)


def _pulled(field: Field, points: Points, reach: float) -> Points:
    """Points moved along the gradient onto the surface, by no more than `reach` metres."""
    tiny = 5e-4
    value = field(points)
    slope = np.stack(
        [(field(points + d) - field(points - d)) / (2 * tiny) for d in np.eye(3) * tiny], axis=1
    )
    step = value / np.maximum(np.einsum("ni,ni->n", slope, slope), 0.05)
    move = slope * step[:, None]
    length = np.linalg.norm(move, axis=1, keepdims=True)
    return points - move * np.minimum(1, reach / np.maximum(length, 1e-12))
