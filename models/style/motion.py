# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains what tells a dance's style, motion.json; judges it on takes that are held back."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ...inference.motion import FPS
from ...inference.pose_features import decode
from ...inference.score.auto_genre import CARD, PART, Weights, traits
from ...inference.styles import STYLES

_STEPS = 400
#: Weight decay of the fit: 60 takes of a few dancers must not be learned by heart.
_DECAY = 1.0
_NOISE = 1.0
#: Parts of a take start so many seconds apart, and stand for themselves and mirrored.
_STRIDE = 4.0
#: Parts with less of them valid are left out.
_VALID = 0.5
_FOLDS = 6
#: Sources that hold lead and follow of the same dances.
_COUPLES = ("cmu_60", "cmu_61")

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """A take: its style, split and the traits (N, D) of its valid parts. dance: what takes of the
    same couple share."""

    name: str
    dance: str
    style: str
    split: str
    rows: Floats


def read_takes(path: Path) -> list[Seen]:
    """The takes of motion.npz whose style is known."""
    with np.load(path, allow_pickle=False) as stored:
        features, valid = stored["features"], stored["valid"]
        takes = json.loads(str(stored["takes"]))
    found = []
    for take in takes:
        if take["style"] is None:
            continue
        here = slice(take["start"], take["stop"])
        rows = _rows(features[here], valid[here])
        if len(rows):
            name = take["name"]
            dance = "couple_" + name.split("_")[1] if take["source"] in _COUPLES else name
            found.append(Seen(name, dance, take["style"], take["split"], rows))
    return found


def _rows(features: Floats, valid: NDArray[np.bool_]) -> Floats:
    """Traits (N, D) of the parts of a take that are mostly valid, also mirrored."""
    size, stride = round(PART * FPS), round(_STRIDE * FPS)
    rows, last = [], max(0, len(features) - size)
    for start in sorted({*range(0, last, stride), last}):
        part = slice(start, start + size)
        if valid[part].mean() < _VALID or len(features[part]) < size // 2:
            continue
        motion = decode(features[part])
        rows += [traits(motion), traits(motion.mirrored())]
    return np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)


def fit(takes: Sequence[Seen], seed: int = 0) -> Weights:
    """Logistic regression on the traits of takes, every style counting as much as any other."""
    torch.manual_seed(seed)
    rows = np.concatenate([take.rows for take in takes])
    styles = [take.style for take in takes for _ in take.rows]
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 0.05
    seen = torch.from_numpy(np.clip((rows - mean) / spread, -3, 3).astype(np.float32))
    wanted = torch.tensor([STYLES.index(style) for style in styles])
    count = torch.bincount(wanted, minlength=len(STYLES)).clamp(min=1)
    layer = torch.nn.Linear(rows.shape[1], len(STYLES))
    torch.nn.init.zeros_(layer.weight)
    optimiser = torch.optim.AdamW(layer.parameters(), lr=0.02, weight_decay=_DECAY)
    for _ in range(_STEPS):
        noisy = seen + _NOISE * torch.randn_like(seen)
        loss = torch.nn.functional.cross_entropy(
            layer(noisy), wanted, weight=1 / count, label_smoothing=0.05
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    matrix, bias = (part.detach().numpy() for part in (layer.weight, layer.bias))
    return Weights(mean.astype(np.float32), spread.astype(np.float32), matrix, bias)


def confusion(weights: Weights, takes: Sequence[Seen]) -> NDArray[np.int64]:
    """How many takes of each style (row) are told as which (column), (5, 5)."""
    table = np.zeros((len(STYLES), len(STYLES)), np.int64)
    for take in takes:
        told = int(weights.odds(take.rows).mean(axis=0).argmax())
        table[STYLES.index(take.style), told] += 1
    return table


def crossed(takes: Sequence[Seen], seed: int = 0) -> NDArray[np.int64]:
    """`confusion` of every take by a classifier that saw neither it nor its partner, (5, 5)."""
    dances = sorted({take.dance for take in takes})
    np.random.default_rng(seed).shuffle(dances)
    table = np.zeros((len(STYLES), len(STYLES)), np.int64)
    for number in range(_FOLDS):
        out = set(dances[number::_FOLDS])
        weights = fit([take for take in takes if take.dance not in out], seed)
        table += confusion(weights, [take for take in takes if take.dance in out])
    return table


def write(weights: Weights, facts: dict[str, object], out: Path) -> Path:
    """Write motion.json into `out`, whole or not at all."""
    stored: dict[str, object] = {"styles": list(STYLES), **facts}
    for name in ("mean", "spread", "matrix", "bias"):
        stored[name] = np.round(getattr(weights, name).astype(float), 4).tolist()
    out.mkdir(parents=True, exist_ok=True)
    partial = out / f"{CARD}.part"
    partial.write_text(json.dumps(stored) + "\n", encoding="utf-8")
    os.replace(partial, out / CARD)
    return out / CARD


def learn(shards: Path, out: Path, seed: int) -> str:
    """Trains on the training takes of `shards`, writes motion.json into `out`; a report."""
    takes = read_takes(shards / "motion.npz")
    held_out = [take for take in takes if take.split != "train"]
    weights = fit([take for take in takes if take.split == "train"], seed)
    tables = {"held out": confusion(weights, held_out), "cross-validated": crossed(takes, seed)}
    write(weights, {name: table.tolist() for name, table in tables.items()}, out)
    lines = []
    for name, table in tables.items():
        lines += [f"{name}: {table.trace()} of {table.sum()} takes right", ""]
        lines += [f"| | {' | '.join(STYLES)} |", "|---" * (len(STYLES) + 1) + "|"]
        for style, row in zip(STYLES, table.tolist(), strict=True):
            lines.append(f"| **{style}** | {' | '.join(map(str, row))} |")
        lines.append("")
    return "\n".join(lines)
