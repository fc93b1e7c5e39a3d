# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline dances: the exported networks on ONNX Runtime, as the shipped ones run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...inference import pose_features
from ...inference.dance import score
from ...inference.motion import Motion
from ...inference.networks import threads
from ...inference.providers import open_session
from ...inference.rollout import SECTION_LEVEL, energy_at
from ...inference.weights import Card, damaged, network, read_bundle
from ..judge.performances import Heard
from .sampling import GUIDANCE, Floats, joined, sample

FRAMES = 150
HALF = FRAMES // 2
#: Windows that are denoised in one run; a longer dance takes more runs, not more memory.
TOGETHER = 8


class EdgeDancer:
    """Dances with the networks of an exported folder (listener.onnx, denoiser.onnx, edge.json).

    joins: frames from one join of two windows to the next. Raises TwostepError when the folder is
    not whole.
    """

    name = "edge"
    joins = HALF

    def __init__(self, folder: Path, provider: str = "auto", guidance: float = GUIDANCE) -> None:
        self.card = _card(folder)
        self.guidance = guidance
        mean, std, low, high = (
            np.array(self.card.facts[name], np.float32) for name in ("mean", "std", "low", "high")
        )
        self._mean, self._std, self._bounds = mean, std, (low, high)
        listener = open_session(network(self.card, "listener.onnx"), provider)
        denoiser = open_session(network(self.card, "denoiser.onnx"), provider)
        self._listener, self._denoiser = listener.session, denoiser.session
        self.provider = denoiser.provider
        self._cores = ThreadPoolExecutor(threads() if self.provider == "CPU" else 1)

    def dance(self, heard: Heard, style: str, seed: int) -> Motion:
        """The dance to a song, 30 fps and as long, as the networks make it."""
        frames = score(heard.song).frames
        windows = max(1, -(-frames // HALF) - 1)
        music = score(heard.song, HALF * (windows + 1)).features
        told = self._told(music, frames, windows, style if style in self.card.styles else None)
        random = np.random.default_rng([seed, heard.fingerprint])
        noise = random.standard_normal((windows, FRAMES, pose_features.SIZE), dtype=np.float32)
        memory, vector = self._listen(*told)
        clean = sample(
            lambda x, step: self._guess(x, step, memory, vector),
            noise, random, self._bounds, self.guidance,
        )  # fmt: skip
        return pose_features.decode((joined(clean) * self._std + self._mean)[:frames])

    def _told(
        self, music: Floats, frames: int, windows: int, style: str | None
    ) -> tuple[Floats, Floats, Floats]:
        """Music (N, 150, 48), style (N, 5) and energy (N, 1) of every window."""
        starts = np.arange(windows) * HALF
        heard = np.stack([music[start : start + FRAMES] for start in starts])
        usual = self.card.usual(style)
        levels = [music[start : min(start + FRAMES, frames), SECTION_LEVEL] for start in starts]
        energy = [[energy_at(float(level.mean()), 1.0, usual)] for level in levels]
        styles = np.array([name == style for name in self.card.styles], np.float32)
        return heard, np.tile(styles, (windows, 1)), np.array(energy, np.float32)

    def _listen(self, music: Floats, style: Floats, energy: Floats) -> tuple[Floats, Floats]:
        """Memory (2N, 150, W) and vector (2N, W): of all windows told, then of all untold."""
        found = [
            self._listener.run(
                None,
                {
                    "music": music[part], "style": style[part], "energy": energy[part],
                    "heard": np.full_like(energy[part], heard),
                },
            )
            for heard in (1.0, 0.0)
            for part in _parts(len(music))
        ]  # fmt: skip
        memories, vectors = zip(*found, strict=True)
        return np.concatenate(memories), np.concatenate(vectors)

    def _guess(self, x: Floats, step: int, memory: Floats, vector: Floats) -> tuple[Floats, Floats]:
        """What is guessed of all windows with music and without: `sampling.Guess`."""
        count = len(x)

        def run(part: NDArray[np.intp]) -> list[Floats]:
            both = np.concatenate([part, part + count])
            inputs = {
                "noised": np.concatenate([x[part], x[part]]),
                "time": np.full(len(both), step, np.float32),
                "memory": memory[both],
                "vector": vector[both],
            }
            return np.split(self._denoiser.run(None, inputs)[0], 2)

        told, untold = zip(*self._cores.map(run, _parts(count)), strict=True)
        return np.concatenate(told), np.concatenate(untold)


def _parts(count: int) -> list[NDArray[np.intp]]:
    """The windows that run together, in parts as equal as can be, an even number of them."""
    parts = max(1, -(-count // TOGETHER))
    even = parts if parts == 1 and count == 1 else parts + parts % 2
    return np.array_split(np.arange(count), even)


def _card(folder: Path) -> Card:
    bundle = read_bundle(folder, "edge")
    try:
        speeds = {name: tuple(row) for name, row in bundle.facts["speed_quantiles"].items()}
        return Card(
            bundle.folder, bundle.version, bundle.sha256, bundle.facts,
            styles=tuple(bundle.facts["styles"]), speeds=speeds,
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise damaged(folder / "edge.json") from error
