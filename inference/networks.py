# SPDX-License-Identifier: GPL-3.0-or-later
"""The three dance networks as functions on arrays: encode, predict, decode."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .motion import Floats
from .providers import open_session
from .weights import FOLDER, Card, network, read_card

#: Frames a latent token stands for, tokens a segment, and the music that a segment looks ahead.
TOKEN = 4
TOKENS = 15
SEGMENT = TOKEN * TOKENS
LOOK_AHEAD = 16
#: On the CPU a batch is shared out to so many cores.
CORES = 2
#: Names how many threads may really do so; the dance is the same.
VARIABLE = "TWOSTEP_CORES"
#: How far, in tokens to either side, the decoder sees.
REACH = 8


class Networks:
    """Warm ONNX sessions of the dance networks.

    candidates: how many continuations are always predicted at once, if that is known.
    """

    def __init__(self, card: Card, provider: str = "auto", candidates: int | None = None) -> None:
        self.card = card
        encoder = open_session(network(card, "encoder.onnx"), provider)
        self._sessions = {"encoder": encoder.session}
        predictor = open_session(network(card, "predictor.onnx"), provider, self._part(candidates))
        decoder = open_session(network(card, "decoder.onnx"), provider)
        self._sessions |= {"predictor": predictor.session, "decoder": decoder.session}

    @property
    def provider(self) -> str:
        """What they run on now."""
        return self._sessions["encoder"].provider

    @property
    def note(self) -> str:
        """Why it is that, or ""."""
        return self._sessions["encoder"].note

    def encode(self, features: Floats) -> Floats:
        """Latents (15, D) of pose features (60, 152)."""
        return self._run("encoder", {"motion": features[None]})[0]

    def predict(
        self,
        context: Floats | None,
        music: Floats,
        style: int | None,
        energy: float,
        noise: Floats,
    ) -> Floats:
        """Latents (K, 15, D) of the segment after `context` (15, D), one for each noise (K, 15, D).

        music: (76, 48), the segment and 16 frames of look-ahead; style: index of the card's styles
        or None; energy: 0..1.
        """
        count, tokens, width = noise.shape
        present = np.zeros((count, tokens), np.float32)
        before = np.zeros((count, tokens, width), np.float32)
        if context is not None:
            present[:], before[:] = 1.0, context
        styles = np.zeros((count, len(self.card.styles)), np.float32)
        if style is not None:
            styles[:, style] = 1.0
        return self._share(
            "predictor",
            {
                "context": before,
                "context_mask": present,
                "music": np.repeat(music[None], count, axis=0),
                "style": styles,
                "energy": np.full((count, 1), energy, np.float32),
                "noise": noise,
                "guidance": np.array([self.card.guidance], np.float32),
            },
            count,
        )

    def decode(self, latents: Floats) -> Floats:
        """Pose features (K, 4N, 152) of latents (K, N, D)."""
        return self._share("decoder", {"latents": latents}, len(latents))

    @property
    def _shares(self) -> bool:
        """Whether a batch is shared out: on the CPU, be it because a device was lost."""
        return self.provider == "CPU"

    @cached_property
    def _cores(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(threads())

    def _part(self, count: int | None) -> int | None:
        """How many of a batch of `count` run at once, if it is always the same."""
        if count is None or count == 1 or not self._shares:
            return count
        return count // CORES if count % CORES == 0 else None

    def _share(self, name: str, inputs: dict[str, NDArray[np.float32]], count: int) -> Floats:
        """Run a batch of `count`, in equal parts side by side where that is faster."""
        if not self._shares or count == 1:
            return self._run(name, inputs)
        parts = [slice(count * core // CORES, count * (core + 1) // CORES) for core in range(CORES)]
        feeds = [
            {key: value[part] if len(value) == count else value for key, value in inputs.items()}
            for part in parts
        ]
        return np.concatenate(list(self._cores.map(self._run, [name] * CORES, feeds)))

    def _run(self, name: str, inputs: dict[str, NDArray[np.float32]]) -> Floats:
        feed = {key: np.ascontiguousarray(value, np.float32) for key, value in inputs.items()}
        result: Floats = self._sessions[name].run(None, feed)[0]
        return result


def threads() -> int:
    """How many runs go side by side on the CPU."""
    named = os.environ.get(VARIABLE, "")
    return min(CORES, max(1, int(named))) if named.isdecimal() else CORES


@lru_cache(maxsize=1)
def warm(provider: str = "auto", folder: Path = FOLDER, candidates: int | None = None) -> Networks:
    """The networks of a folder, kept open. Raises TwostepError when they cannot be opened."""
    return Networks(read_card(folder), provider, candidates)
