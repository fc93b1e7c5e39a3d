# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the trained networks that ship with Twostep and makes sure that they are whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from .errors import TwostepError
from .styles import STYLES

#: Names a folder of dance networks, or the folder that the folders of all kinds lie in.
VARIABLE = "TWOSTEP_WEIGHTS"
#: What ships: a folder for each kind of networks ("dance", "score", "style"), with KIND.json in it.
ALL_SHIPPED = Path(__file__).resolve().parent.parent / "models" / "weights"


def folder(kind: str) -> Path:
    """The folder of the networks of one kind: where `VARIABLE` leads to, else what ships.

    The variable may name the folder of dance networks itself; other kinds are then looked for
    beside it. A kind that is not found is the one that ships.
    """
    named = Path(os.environ.get(VARIABLE) or ALL_SHIPPED)
    for place in (named / kind, named.parent / kind):
        if (place / f"{kind}.json").is_file():
            return place
    alone = not any(named.glob("*/*.json"))
    return named if kind == "dance" and alone else ALL_SHIPPED / kind


CARD = "dance.json"
SHIPPED = ALL_SHIPPED / "dance"
FOLDER = folder("dance")
NETWORKS = ("encoder.onnx", "predictor.onnx", "decoder.onnx")
#: Guidance towards the music when the card names none.
GUIDANCE = 3.0


@dataclass(frozen=True)
class Bundle:
    """Networks that belong together: KIND.json and the files that it vouches for by checksum."""

    folder: Path
    version: str
    sha256: dict[str, str]
    facts: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


def read_bundle(folder: Path, kind: str) -> Bundle:
    """What KIND.json in `folder` tells. Raises TwostepError when it is missing or unreadable."""
    path = folder / f"{kind}.json"
    if not path.is_file():
        raise TwostepError(
            f"The {kind} networks are missing ({path}); reinstall Twostep, or export them with "
            f"python -m twostep.models.{kind}."
        )
    try:
        facts = json.loads(path.read_text("utf-8"))
        return Bundle(folder, str(facts["version"]), dict(facts["sha256"]), facts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(path) from error


def damaged(path: Path) -> TwostepError:
    """What to tell when a card cannot be understood."""
    return TwostepError(f"The file {path} is damaged; reinstall Twostep.")


@dataclass(frozen=True)
class Card(Bundle):
    """What dance.json tells about the networks beside it.

    width: numbers a latent token; speeds: mean joint speed (m/s) at even quantiles, by style;
    paces: mean speed of the pelvis up and down and over the floor (m/s), by style.
    """

    width: int = 0
    styles: tuple[str, ...] = ()
    speeds: dict[str, tuple[float, ...]] = field(default_factory=dict)
    guidance: float = GUIDANCE
    paces: dict[str, tuple[float, float]] = field(default_factory=dict)

    def pace(self, style: str | None) -> tuple[float, float] | None:
        """How fast (m/s) the pelvis of a real dancer goes up and down, and over the floor; None
        when the card does not know."""
        found = [self.paces[style]] if style in self.paces else list(self.paces.values())
        if not found:
            return None
        bounce, travel = np.mean(found, axis=0)
        return float(bounce), float(travel)

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
    """The card of dance networks. Raises TwostepError when it is missing or unreadable."""
    bundle = read_bundle(folder, "dance")
    facts = bundle.facts
    try:
        card = Card(
            folder=folder,
            version=bundle.version,
            sha256=bundle.sha256,
            facts=facts,
            width=int(facts["latent"]),
            styles=tuple(map(str, facts["styles"])),
            speeds={
                name: tuple(map(float, speeds)) for name, speeds in facts["speed_quantiles"].items()
            },
            guidance=float(facts.get("guidance", GUIDANCE)),
            paces={
                name: (float(bounce), float(travel))
                for name, (bounce, travel) in facts.get("paces", {}).items()
            },
        )
        numbers = [*card.speeds.values(), *card.paces.values(), (card.guidance,)]
        if not (card.speeds and all(map(_whole, numbers))):
            raise ValueError("speeds must be numbers")
        if not isinstance(facts["styles"], list) or len(card.styles) > 100:
            raise ValueError("styles must be a list of names")
        return card
    except (ArithmeticError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(folder / CARD) from error


def _whole(values: Sequence[float]) -> bool:
    """Whether there are any, and all of them are such as speeds (m/s) and guidance have."""
    return len(values) > 0 and bool((np.abs(values) < 1000).all())


def network(card: Bundle, name: str) -> Path:
    """The path of one of a bundle's files, its checksum verified once a process.

    Raises TwostepError when the file is missing, damaged, or not of this bundle.
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
    """The styles that these networks know, or all that the project knows when they don't tell."""
    try:
        return read_card(folder).styles
    except TwostepError:  # told when they are to dance
        return STYLES


@lru_cache(maxsize=16)
def _digest(path: Path, _version: tuple[int, int]) -> str:
    """SHA-256 of a file, remembered until its time of change or its size is another."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
