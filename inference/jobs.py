# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as they are written down: in the worker's messages, on a farm, in an action's recipe."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

from . import genres
from .errors import TwostepError, WrongField, named, shown
from .provider_names import CHOICES
from .styles import STYLES

AUTO = "auto"
SUFFIXES = (".npz", ".bvh")
#: Each sampled continuation costs time; beyond this many they gain nothing.
MOST_CANDIDATES = 32
LARGEST_SEED = 2**63 - 1
_LARGEST = 1e300
#: Nobody's paths are longer, characters; a sentence about one is still one to be read.
_LONGEST_PATH = 900
#: Tempi that a user may ask for, bpm.
SLOWEST, FASTEST = 40, 240
#: Fewest and most beats of a bar.
METRES = (3, 4)


@dataclass(frozen=True)
class Job:
    """What all jobs share: they are read from JSON fields and written as such."""

    #: The fields that no job goes without, and what they are.
    NEEDED: ClassVar[dict[str, str]] = {}

    @classmethod
    def from_fields(cls, values: dict[str, Any]) -> Self:
        """The job of JSON fields. Raises TwostepError for unknown, missing or wrong ones."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise TwostepError(
                f"The job has a field “{named(unknown[0])}” that Twostep does not know; its fields "
                f"are {', '.join(sorted(known))}."
            )
        for name, what in cls.NEEDED.items():
            if name not in values:
                raise TwostepError(f"The job names no {name}; give the path of {what} as “{name}”.")
        return cls(**values)

    def to_fields(self) -> dict[str, Any]:
        """What `from_fields` reads, fit for JSON."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }

    def _settle_path(self, name: str, *, needed: bool) -> None:
        value = getattr(self, name)
        good = isinstance(value, (str, Path)) and 0 < len(str(value)) <= _LONGEST_PATH
        _check(name, good or (value is None and not needed), "the path of a file", value)
        object.__setattr__(self, name, None if value is None else Path(value))

    def _check_common(self, start: object, length: object, seed: object, provider: object) -> None:
        """Check what every job has: a range in seconds, a seed and a provider."""
        _check("start", _is_number(start, 0), "seconds, 0 or more", start)
        good = length is None or (_is_number(length, 0) and length != 0)
        _check("length", good, "seconds, more than 0, or nothing", length)
        good = _is_whole(seed, 0, LARGEST_SEED)
        _check("seed", good, "a whole number, 0 or more", seed)
        _check("provider", provider in CHOICES, _one_of(*CHOICES), provider)


@dataclass(frozen=True)
class DanceJob(Job):
    """A dance to be made.

    song: the audio file; out: the .npz or .bvh to write, or None to keep the dance in memory.
    start, length: seconds of the song, length None = to its end. style: one of STYLES or "auto".
    energy: 0 calm .. 1 as the music .. 2 wild. context: a motion .npz that the dance goes on from.
    loop: the dance lasts as many whole bars as there are and closes: its last frame is its first
    one, so it leaves the pose of the context.
    Raises TwostepError that names the field that is wrong.
    """

    NEEDED: ClassVar[dict[str, str]] = {"song": "a sound file"}

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
    loop: bool = False

    def __post_init__(self) -> None:
        for name in ("song", "out", "context"):
            self._settle_path(name, needed=name == "song")
        if self.out is not None:
            good = self.out.suffix.lower() in SUFFIXES
            _check("out", good, f"a file that ends in {' or '.join(SUFFIXES)}", self.out)
        self._check_common(self.start, self.length, self.seed, self.provider)
        _check("style", self.style in (AUTO, *STYLES), _one_of(AUTO, *STYLES), self.style)
        _check("energy", _is_number(self.energy, 0, 2), "a number from 0 to 2", self.energy)
        for name in ("retime", "loop"):
            value = getattr(self, name)
            _check(name, isinstance(value, bool), "true or false", value)
        good = _is_whole(self.candidates, 1, MOST_CANDIDATES)
        _check("candidates", good, f"a whole number from 1 to {MOST_CANDIDATES}", self.candidates)


@dataclass(frozen=True)
class ScoreJob(Job):
    """Music to be made for a motion.

    motion: the .npz, .bvh or .pkl file; out: the .wav to write. genre: one of GENRES or "auto".
    start, length: seconds of the motion, length None = to its end. loop: the music ends so that it
    can go on at its beginning, after whole bars. bpm, beats_per_bar and first_downbeat (seconds
    from the start of the music) are estimated from the motion where they are None.
    Raises TwostepError that names the field that is wrong.
    """

    NEEDED: ClassVar[dict[str, str]] = {"motion": "a motion", "out": "the .wav to write"}

    motion: Path
    out: Path
    genre: str = AUTO
    seed: int = 0
    start: float = 0.0
    length: float | None = None
    loop: bool = False
    bpm: float | None = None
    beats_per_bar: int | None = None
    first_downbeat: float | None = None
    provider: str = AUTO

    def __post_init__(self) -> None:
        for name in ("motion", "out"):
            self._settle_path(name, needed=True)
        _check("out", self.out.suffix.lower() == ".wav", "a file that ends in .wav", self.out)
        self._check_common(self.start, self.length, self.seed, self.provider)
        names = (AUTO, *genres.NAMES)
        _check("genre", self.genre in names, _one_of(*names), self.genre)
        _check("loop", isinstance(self.loop, bool), "true or false", self.loop)
        good = self.bpm is None or _is_number(self.bpm, SLOWEST, FASTEST)
        _check("bpm", good, f"beats a minute from {SLOWEST} to {FASTEST}, or nothing", self.bpm)
        good = self.beats_per_bar is None or _is_whole(self.beats_per_bar, *METRES)
        _check("beats_per_bar", good, "3, 4 or nothing", self.beats_per_bar)
        good = self.first_downbeat is None or _is_number(self.first_downbeat, 0)
        _check("first_downbeat", good, "seconds, 0 or more, or nothing", self.first_downbeat)


def _is_number(value: object, least: float, most: float = math.inf) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    # A whole number may be larger than any float, and then is no seconds either.
    return least <= value <= min(most, _LARGEST)


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _one_of(*names: str) -> str:
    return f"one of {', '.join(names)}"


def _check(name: str, good: bool, expected: str, value: object) -> None:
    if not good:
        raise WrongField(name, f"must be {expected}, not {shown(value)}.")
