# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as they are written down: in the worker's messages, on a farm, in an action's recipe."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from .errors import TwostepError
from .providers import CHOICES
from .styles import STYLES

AUTO = "auto"
SUFFIXES = (".npz", ".bvh")
#: Each sampled continuation costs time; beyond this many they gain nothing.
MOST_CANDIDATES = 32
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class DanceJob:
    """A dance to be made.

    song: the audio file; out: the .npz or .bvh to write, or None to keep the dance in memory.
    start, length: seconds of the song, length None = to its end. style: one of STYLES or "auto".
    energy: 0 calm .. 1 as the music .. 2 wild. context: a motion .npz that the dance goes on from.
    Raises TwostepError that names the field that is wrong.
    """

    song: Path
    out: Path | None = None
    start: float = 0.0
    length: float | None = None
    style: str = AUTO
    energy: float = 1.0
    seed: int = 0
    retime: bool = True
    context: Path | None = None
    provider: str = AUTO
    candidates: int = 2

    def __post_init__(self) -> None:
        self._settle_paths()
        _check(
            "start", _is_number(self.start) and self.start >= 0, "seconds, 0 or more", self.start
        )
        good = self.length is None or (_is_number(self.length) and self.length > 0)
        _check("length", good, "seconds, more than 0, or nothing", self.length)
        _check("style", self.style in (AUTO, *STYLES), _one_of(AUTO, *STYLES), self.style)
        good = _is_number(self.energy) and 0 <= self.energy <= 2
        _check("energy", good, "a number from 0 to 2", self.energy)
        good = _is_whole(self.seed) and 0 <= self.seed <= LARGEST_SEED
        _check("seed", good, "a whole number, 0 or more", self.seed)
        _check("retime", isinstance(self.retime, bool), "true or false", self.retime)
        _check("provider", self.provider in CHOICES, _one_of(*CHOICES), self.provider)
        good = _is_whole(self.candidates) and 1 <= self.candidates <= MOST_CANDIDATES
        _check("candidates", good, f"a whole number from 1 to {MOST_CANDIDATES}", self.candidates)

    def _settle_paths(self) -> None:
        for name in ("song", "out", "context"):
            value = getattr(self, name)
            good = isinstance(value, (str, Path)) and str(value) != ""
            _check(name, good or (value is None and name != "song"), "the path of a file", value)
            object.__setattr__(self, name, None if value is None else Path(value))
        if self.out is not None:
            good = self.out.suffix.lower() in SUFFIXES
            _check("out", good, f"a file that ends in {' or '.join(SUFFIXES)}", self.out)

    @staticmethod
    def from_fields(values: dict[str, Any]) -> DanceJob:
        """The job of JSON fields. Raises TwostepError for unknown, missing or wrong ones."""
        known = {field.name for field in fields(DanceJob)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise TwostepError(
                f"The job has a field “{unknown[0]}” that Twostep does not know; its fields are "
                f"{', '.join(sorted(known))}."
            )
        if "song" not in values:
            raise TwostepError("The job names no song; give the path of a sound file as “song”.")
        return DanceJob(**values)

    def to_fields(self) -> dict[str, Any]:
        """What `from_fields` reads, fit for JSON."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _one_of(*names: str) -> str:
    return f"one of {', '.join(names)}"


def _check(name: str, good: bool, expected: str, value: object) -> None:
    if not good:
        raise TwostepError(f"“{name}” must be {expected}, not {value!r}.")
