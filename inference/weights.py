# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the trained networks that ship with Twostep and makes sure that they are whole."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from .errors import TwostepError
from .styles import STYLES

#: The folder of the dance networks: what this variable names, else what ships in the package.
VARIABLE = "TWOSTEP_WEIGHTS"
SHIPPED = Path(__file__).resolve().parent.parent / "models" / "weights" / "dance"
FOLDER = Path(os.environ.get(VARIABLE) or SHIPPED)
CARD = "dance.json"
NETWORKS = ("encoder.onnx", "predictor.onnx", "decoder.onnx")
#: Guidance towards the music when the card names none.
GUIDANCE = 3.0


@dataclass(frozen=True)
class Card:
    """What dance.json tells about the networks beside it.

    width: numbers a latent token; speeds: mean joint speed (m/s) at even quantiles, by style.
    """

    folder: Path
    version: str
    width: int
    styles: tuple[str, ...]
    sha256: dict[str, str]
    speeds: dict[str, tuple[float, ...]]
    guidance: float = GUIDANCE
    facts: dict[str, Any] = field(default_factory=dict, compare=False)

    def speed(self, style: str | None, energy: float) -> float:
        """Mean joint speed (m/s) of real dancing at this energy quantile 0..1."""
        names = [style] if style in self.speeds else list(self.speeds)
        values = [
            np.interp(energy, np.linspace(0, 1, len(self.speeds[name])), self.speeds[name])
            for name in names
        ]
        return float(np.mean(values))

    def usual(self, style: str | None) -> float:
        """The energy quantile 0..1 at which a style moves with its own mean speed."""
        quantiles = np.linspace(0, 1, 101)
        speeds = np.array([self.speed(style, quantile) for quantile in quantiles])
        return float(np.interp(speeds.mean(), speeds, quantiles))


def read_card(folder: Path = FOLDER) -> Card:
    """The card of the networks in `folder`. Raises TwostepError when missing or unreadable."""
    path = folder / CARD
    if not path.is_file():
        raise TwostepError(
            f"The dance networks are missing ({path}); reinstall Twostep, or export them with "
            "python -m twostep.models.dance."
        )
    try:
        facts = json.loads(path.read_text("utf-8"))
        return Card(
            folder=folder,
            version=str(facts["version"]),
            width=int(facts["latent"]),
            styles=tuple(facts["styles"]),
            sha256=dict(facts["sha256"]),
            speeds={
                name: tuple(map(float, speeds)) for name, speeds in facts["speed_quantiles"].items()
            },
            guidance=float(facts.get("guidance", GUIDANCE)),
            facts=facts,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TwostepError(f"The file {path} is damaged; reinstall Twostep.") from error


def network(card: Card, name: str) -> Path:
    """The path of one ONNX file, its checksum verified once a process.

    Raises TwostepError when the file is missing, damaged, or not of this card.
    """
    path = card.folder / name
    try:
        stat = path.stat()
        digest = _digest(path, (stat.st_mtime_ns, stat.st_size))
    except OSError as error:
        raise TwostepError(f"The network {path} is missing; reinstall Twostep.") from error
    if digest != card.sha256.get(name):
        raise TwostepError(
            f"The network {path} is damaged (its checksum is wrong); reinstall Twostep."
        )
    return path


def available_styles(folder: Path = FOLDER) -> tuple[str, ...]:
    """The styles that these networks know, or all that the project knows when there are none."""
    return read_card(folder).styles if (folder / CARD).is_file() else STYLES


@lru_cache(maxsize=16)
def _digest(path: Path, _version: tuple[int, int]) -> str:
    """SHA-256 of a file, remembered until its time of change or its size is another."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
