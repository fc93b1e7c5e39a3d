# SPDX-License-Identifier: GPL-3.0-or-later
"""Who dances in the report: networks that ship, networks to set them against, and nulls."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from ...inference.dance import score
from ...inference.jobs import DanceJob
from ...inference.motion import Motion
from ...inference.networks import SEGMENT, Networks
from ...inference.rollout import Direction, rollout
from ...inference.weights import CARD, NETWORKS, read_card
from .performances import Heard


class Dancer(Protocol):
    """Dances a song in a style: raw (before retiming and foot lock), 30 fps, as long as the
    song's range. The same seed gives the same dance."""

    name: str

    def dance(self, heard: Heard, style: str, seed: int) -> Motion: ...


@dataclass(frozen=True)
class Row:
    """A row of the report. kind: one of KINDS; folder: of its networks or its shards.

    joins: frames between the joins of its dances, None where they are not at even distances.
    generated: made by networks, so that it counts among those that are to be beaten. seeded:
    another seed gives another dance. slow: it dances less than the others. finish: also judged as
    the user gets it.
    """

    name: str
    kind: str
    folder: Path
    joins: int | None = SEGMENT
    generated: bool = True
    seeded: bool = True
    slow: bool = False
    finish: bool = False

    @property
    def fingerprint(self) -> str:
        """A checksum of all that its dances depend on besides song, style and seed."""
        whole = hashlib.sha256(self.kind.encode())
        for path in sorted(p for p in self.folder.iterdir() if p.name in FILES[self.kind]):
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        return whole.hexdigest()


class Shipped:
    """Exported networks, as the user's dance is made but for retiming and foot lock."""

    def __init__(self, folder: Path, name: str = "", candidates: int | None = None) -> None:
        self.name = name or folder.name
        self.candidates = candidates or DanceJob.candidates
        self.networks = Networks(read_card(folder), "cpu", self.candidates)

    def dance(self, heard: Heard, style: str, seed: int) -> Motion:
        direction = Direction(
            style, seed=seed, fingerprint=heard.fingerprint, candidates=self.candidates
        )
        return rollout(self.networks, score(heard.song), direction)


def export_jepa(checkpoint: Path, card: Path, out: Path) -> Path:
    """Write the deterministic JEPA of a checkpoint as networks whose predictor it is.

    card: a folder with a dance.json, for the styles and their speeds. Returns `out`.
    """
    # Only here: judging networks that are exported already needs no torch.
    import torch
    from torch import Tensor, nn

    from ..dance.export import export
    from ..dance.network import Conditions
    from ..dance.train import load_average

    class Expected(nn.Module):
        """The JEPA in the place of the flow: it asks for noise, and lets it be."""

        steps = 1

        def __init__(self, jepa: nn.Module) -> None:
            super().__init__()
            self.jepa = jepa

        def sample(self, noise: Tensor, told: Conditions, guidance: Tensor, *_: float) -> Tensor:
            expected: Tensor = self.jepa(told)
            return expected + 0 * (noise * guidance)

    model = load_average(checkpoint)
    model.flow = Expected(model.jepa)
    with torch.no_grad():
        paths = export(model, out)
    facts = json.loads((card / CARD).read_text("utf-8"))
    facts["sha256"] = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
    facts |= {"version": "jepa", "latent": model.config.latent}
    (out / CARD).write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return out


@lru_cache(maxsize=8)
def dancer(row: Row) -> Dancer:
    """The dancer of a row, kept warm."""
    if row.kind == "shipped":
        return Shipped(row.folder, row.name)
    if row.kind == "jepa":
        return Shipped(row.folder, row.name, candidates=1)
    if row.kind == "edge":
        from ..edge.dancer import EdgeDancer

        return EdgeDancer(row.folder, "cpu")
    from . import copied

    return copied.COPIED[row.kind](row.folder)


_SHARDS = ("motion.npz", "music.npz")
#: What the dances of each kind are made of.
FILES: dict[str, tuple[str, ...]] = {
    "shipped": (CARD, *NETWORKS),
    "jepa": (CARD, *NETWORKS),
    "edge": ("listener.onnx", "denoiser.onnx", "edge.json"),
    "retrieval": _SHARDS,
    "random": _SHARDS[:1],
    "statue": _SHARDS[:1],
}
KINDS = tuple(FILES)
