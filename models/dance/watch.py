# SPDX-License-Identifier: GPL-3.0-or-later
"""What the training log says beside the losses: collapse, freezing, and whether music is obeyed.

The half-beat test dances to held-out music, then to the same music shifted by half a beat; a model
that listens loses its beats in the second. Numbers are of the averaged weights, before any choice
among candidates and before retiming.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...inference import pose_features
from ...inference.motion import FPS
from ...inference.styles import STYLES
from ..judge.live import quick
from ..judge.metrics import reference_from_shards
from .config import LOOKAHEAD, SEGMENT, STYLE_COUNT
from .network import DanceModel
from .pairing import Dances, Library, Pairing
from .rollout import rollout
from .steps import Tensors

ROLLOUT_SEGMENTS = 10
GUIDANCE = 3.0
ITEMS = 10
KEYS = ("f1_margin", "f1", "speed", "last_speed", "slide", "jerk", "seam", "drift")


class Watch:
    """Holds the validation takes and pieces of music."""

    def __init__(self, shards: Path, device: str) -> None:
        self.device = torch.device(device)
        self.dances = Dances(shards / "motion.npz", "validation", 2)
        self.library = Library.load(shards / "music.npz", "validation")
        pairing = Pairing(self.dances, self.library, seed=1)
        self.batch = Tensors(pairing.draw(64), self.device)
        self.reference = reference_from_shards(shards, splits=("train",))
        self.music, self.beats = self._music()
        self.style = torch.eye(STYLE_COUNT, device=self.device)[torch.arange(ITEMS) % STYLE_COUNT]

    @torch.no_grad()
    def look(self, model: DanceModel, stage: int) -> dict[str, float]:
        """Everything worth a line in the log, for the averaged model in `stage`: the dances are the
        JEPA's in the first and the flow's afterwards."""
        latents = self.batch.encoded(model)
        flat = latents.flatten(0, 2)
        spectrum = torch.linalg.svdvals(flat - flat.mean(0)).pow(2)
        share = spectrum / spectrum.sum()
        rank = float(torch.exp(-(share * share.clamp_min(1e-9).log()).sum()))
        decoded = model.decoder(latents.flatten(1, 2))
        std = model.encoder.std
        pose = pose_features.POSE
        error = ((decoded - self.batch.motion) / std)[..., pose].pow(2).mean().sqrt()
        report = {
            "std_min": float(flat.std(0).min()),
            "rank": rank,
            "decoded_rms": float(error),
        }
        if stage == 0:
            return report | self._dance(model, latents, "jepa", deterministic=True)
        return report | self._dance(model, latents, "flow", deterministic=False)

    def _dance(
        self, model: DanceModel, truth: Tensor, name: str, deterministic: bool
    ) -> dict[str, float]:
        energy = torch.full((ITEMS, ROLLOUT_SEGMENTS), 0.6, device=self.device)
        report: dict[str, float] = {}
        for label, shift in (("", 0.0), ("_half", 0.5)):
            music = torch.stack([self._shifted(i, shift) for i in range(ITEMS)])
            latents = rollout(
                model, music, self.style, energy, GUIDANCE,
                torch.Generator().manual_seed(0), deterministic,
            )  # fmt: skip
            features = model.decoder(latents).cpu().numpy()
            numbers = [
                quick(pose_features.decode(f), b, self.reference[STYLES[int(s)]])
                for f, b, s in zip(features, self.beats, self.style.argmax(1), strict=True)
            ]
            for key in KEYS if not shift else KEYS[:1]:
                report[f"{name}_{key}{label}"] = float(np.nanmean([n[key] for n in numbers]))
            if not shift:
                report[f"{name}_std"] = float(latents[:, -30:].std() / truth.std())
        return report

    def _music(self) -> tuple[Tensor, list[np.ndarray]]:
        """Features (ITEMS, T, 48) of held-out music and beat times (s) of each."""
        frames = ROLLOUT_SEGMENTS * SEGMENT + LOOKAHEAD + 60
        random = np.random.default_rng(2)
        pieces, beats = [], []
        for item in range(ITEMS):
            piece = item % len(self.library.count)
            own = self.library.beats[self.library.first[piece] :][: self.library.count[piece]]
            latest = max(own[-1] - frames, own[0] + 1)
            start = int(random.uniform(own[0], latest))
            pieces.append(self.library.features[start : start + frames])
            inside = own[(own >= start) & (own < start + ROLLOUT_SEGMENTS * SEGMENT)]
            beats.append((inside - start) / FPS)
        return torch.from_numpy(np.stack(pieces)).to(self.device), beats

    def _shifted(self, item: int, beats: float) -> Tensor:
        """The item's music, starting `beats` beats later."""
        period = float(np.median(np.diff(self.beats[item]))) * FPS
        start = round(beats * period)
        return self.music[item, start : start + ROLLOUT_SEGMENTS * SEGMENT + LOOKAHEAD]
