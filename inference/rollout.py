# SPDX-License-Identifier: GPL-3.0-or-later
"""The autoregressive rollout: segment after segment of latents, each answering its music.

For every segment of 60 frames a few candidates are sampled, decoded together with the end of what
is there already, and the best is kept (`candidates`). A frame is settled when the decoder has seen
all the tokens that it reaches on both sides, so decoding piece by piece gives exactly what decoding
everything at once would, and a dance of any length needs the same memory for its latents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from . import placing, pose_features
from .candidates import Wish, costs
from .jobs import DanceJob
from .motion import FPS, Floats, Motion
from .networks import LOOK_AHEAD, REACH, SEGMENT, TOKEN, TOKENS, Networks
from .placing import Place

#: Where the section level of the music is in its features.
SECTION_LEVEL = 46
#: How far the energy is from the style's usual one where the section level is 0 and where it is 1;
#: there is little motion at the very ends.
ENERGY_RANGE = (-0.35, 0.35)
#: What the user's energy adds on its way from 1 to 2.
ENERGY_SHIFT = 0.5

#: How many frames before a new segment are looked at when its candidates are weighed.
BEFORE_SEAM = 10

#: Told after each segment how much is done, 0..1; may raise to stop.
Tell = Callable[[float], None]


@dataclass(frozen=True)
class Score:
    """The music as the rollout reads it.

    features: (T + look-ahead, 48), at least `padded_length(frames)` rows; beats: (B,) seconds;
    frames: how many to dance.
    """

    features: Floats
    beats: NDArray[np.float64]
    frames: int


@dataclass(frozen=True)
class Direction:
    """What the user asks for. style: one of the card's, or None; energy: 0..2, 1 = as the music;
    seed and fingerprint (of the song): not negative, together they draw the noise."""

    style: str | None
    energy: float = 1.0
    seed: int = 0
    fingerprint: int = 0
    candidates: int = DanceJob.candidates


@dataclass(frozen=True)
class Piece:
    """Settled features (T, 152), and the latents (15, D) chosen for the segment."""

    features: Floats
    latents: Floats


def padded_length(frames: int) -> int:
    """How many rows of music features a dance of so many frames reads."""
    return -(-frames // SEGMENT) * SEGMENT + LOOK_AHEAD


def energy_at(level: float, wanted: float, usual: float) -> float:
    """The energy condition 0..1 of a section level 0..1 under the user's energy 0..2.

    usual: the energy at which the style has its mean speed; an average section asks for that.
    """
    low, high = ENERGY_RANGE
    music = usual + low + (high - low) * level
    return float(np.clip(music + ENERGY_SHIFT * (wanted - 1.0), 0.0, 1.0))


def rollout(
    networks: Networks,
    score: Score,
    direction: Direction,
    context: Motion | None = None,
    tell: Tell | None = None,
) -> Motion:
    """The dance, `score.frames` long at 30 fps.

    context: the motion (30 fps) that it goes on from, standing where that ends; without one it
    starts from rest at the origin. Raises whatever `tell` raises.
    """
    place = _start(context)
    parts = []
    for piece in pieces(networks, score, direction, context, tell):
        if len(piece.features):
            parts.append(placing.motion(place, piece.features))
            place = placing.advance(place, piece.features)
    return placing.joined(parts)[: score.frames]


def pieces(
    networks: Networks,
    score: Score,
    direction: Direction,
    context: Motion | None = None,
    tell: Tell | None = None,
) -> Iterator[Piece]:
    """The dance as it settles: one piece a segment, and one for what is left at the end."""
    noise = np.random.default_rng([direction.seed, direction.fingerprint])
    place = _start(context)
    centre = place.position
    latents = np.zeros((0, networks.card.width), np.float32)
    if context is not None:
        latents = networks.encode(_last_segment(context))
    pending = 0  # tokens at the end of `latents` whose frames are not settled yet
    segments = -(-score.frames // SEGMENT)
    usual = networks.card.usual(direction.style)
    for number in range(segments):
        energy = _energy(score, number, direction.energy, usual)
        drawn = _sample(networks, score, direction, latents, number, energy, noise)
        known = latents[-(REACH + pending) :]
        together = [np.broadcast_to(known, (len(drawn), *known.shape)), drawn]
        window = networks.decode(np.concatenate(together, axis=1))
        window = window[:, (len(known) - pending) * TOKEN :]
        wish = _wish(networks, score, direction, number, pending, energy, centre, place)
        best = _choose(window, place, wish)
        settled = (pending + TOKENS - REACH) * TOKEN
        yield Piece(window[best, :settled], drawn[best])
        place = placing.advance(place, window[best, :settled])
        latents = np.concatenate([latents, drawn[best]])[-2 * REACH :]
        pending = REACH
        if tell is not None:
            tell((number + 1) / segments)
    yield Piece(window[best, settled:], drawn[best, :0])


def _sample(
    networks: Networks,
    score: Score,
    direction: Direction,
    latents: Floats,
    number: int,
    energy: float,
    noise: np.random.Generator,
) -> Floats:
    """Candidates (K, 15, D) for the segment `number` after `latents` (N, D)."""
    shape = (direction.candidates, TOKENS, networks.card.width)
    start = number * SEGMENT
    style = None
    if direction.style is not None:
        style = networks.card.styles.index(direction.style)
    return networks.predict(
        latents[-TOKENS:] if len(latents) else None,
        score.features[start : start + SEGMENT + LOOK_AHEAD],
        style,
        energy,
        noise.standard_normal(shape, dtype=np.float32),
    )


def _energy(score: Score, number: int, wanted: float, usual: float) -> float:
    rows = slice(number * SEGMENT, min((number + 1) * SEGMENT, score.frames))
    return energy_at(float(score.features[rows, SECTION_LEVEL].mean()), wanted, usual)


def _wish(
    networks: Networks,
    score: Score,
    direction: Direction,
    number: int,
    pending: int,
    energy: float,
    centre: NDArray[np.float64],
    place: Place,
) -> Wish:
    first = pending * TOKEN + (place.features is not None)
    beats = score.beats * FPS - number * SEGMENT + first
    inside = beats[(beats >= 0) & (beats < first + SEGMENT)]
    speed, pace = networks.card.speed(direction.style, energy), networks.card.pace(direction.style)
    return Wish(first, inside, speed, centre, pace)


def _choose(window: Floats, place: Place, wish: Wish) -> int:
    if len(window) == 1:
        return 0
    whole = place.preceded(window)
    skip = max(0, wish.first - BEFORE_SEAM)
    positions = placing.joint_positions(place, whole, skip)
    contacts = whole[:, skip:, pose_features.CONTACT]
    wish = replace(wish, first=wish.first - skip, beats=wish.beats - skip)
    return int(np.argmin(costs(positions, contacts, wish)))


def _start(context: Motion | None) -> Place:
    """Where the first frame of the dance stands."""
    if context is None:
        return Place(np.zeros(2), 0.0)
    yaw = pose_features.heading(context[-1:].matrices()[:, 0])[0]
    return Place(context.root[-1, :2].astype(np.float64), float(yaw))


def _last_segment(context: Motion) -> Floats:
    """Features (60, 152) of the end of a motion; what is shorter stood still before."""
    missing = max(0, SEGMENT - len(context))
    frames = np.clip(np.arange(-missing, len(context)), 0, None)
    return pose_features.encode(context.sampled(frames.astype(np.float64)))[-SEGMENT:]
