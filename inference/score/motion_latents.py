# SPDX-License-Identifier: GPL-3.0-or-later
"""What the music network is told of the dance itself: the dance encoder's latents."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..motion import FPS, Floats, Motion
from ..networks import SEGMENT, TOKEN
from ..pose_features import TURN, VELOCITY, encode
from ..providers import open_session
from ..weights import network, read_card
from . import mel
from .networks import TOKEN as MUSIC_TOKEN


def motion_latents(motion: Motion, tokens: int | None = None, provider: str = "cpu") -> Floats:
    """The latents of a motion at the middles of the music's tokens, (tokens, D).

    The encoder reads the motion in segments of 60 frames from its first; the last one stands still
    where the motion ends. tokens: as many as cover the motion unless given; beyond the motion the
    last latent holds. Raises TwostepError when the dance networks are missing or damaged.
    """
    features = encode(motion.resampled(FPS))
    missing = -len(features) % SEGMENT
    still = np.repeat(features[-1:], missing, axis=0)
    still[:, VELOCITY] = still[:, TURN] = 0.0
    segments = np.concatenate([features, still]).reshape(-1, SEGMENT, features.shape[1])
    encoder = _encoder(provider)
    latents = np.concatenate([encoder(segment[None])[0] for segment in segments])
    if tokens is None:
        tokens = token_count(motion.seconds)
    return _read(latents, token_times(tokens) * FPS / TOKEN - 0.5)


def token_count(seconds: float) -> int:
    """How many tokens of music cover some seconds."""
    return int(np.ceil(seconds * mel.FPS / MUSIC_TOKEN - 1e-6))


def token_times(count: int) -> NDArray[np.float64]:
    """Seconds of the middles of the music's tokens, (N,)."""
    return (np.arange(count) + 0.5) * MUSIC_TOKEN / mel.FPS


@lru_cache(maxsize=1)
def _encoder(provider: str) -> Callable[[Floats], Floats]:
    """The dance encoder, (1, 60, 152) -> (1, 15, D), opened once."""
    session = open_session(network(read_card(), "encoder.onnx"), provider).session

    def encode_segment(features: Floats) -> Floats:
        latents: Floats = session.run(None, {"motion": features})[0]
        return latents

    return encode_segment


def _read(rows: Floats, at: NDArray[np.float64]) -> Floats:
    """Rows (N, D) at fractional numbers (M,), linear in between, held at both ends."""
    at = np.clip(at, 0, len(rows) - 1)
    low = np.minimum(at.astype(int), max(len(rows) - 2, 0))
    share = (at - low)[:, None].astype(np.float32)
    return rows[low] * (1 - share) + rows[np.minimum(low + 1, len(rows) - 1)] * share
