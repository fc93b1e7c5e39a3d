# SPDX-License-Identifier: GPL-3.0-or-later
"""Job files: what a batch is asked for, in TOML or JSON (the schema is in docs/batch.md).

    target = "dances"
    pattern = "{song}_{style}_{seed}_{rig}"
    [defaults]
    preset = "unity"
    [[jobs]]
    songs = "songs/*.mp3"
    rigs = ["hero.blend", "villain.blend"]
    seeds = "1-5"

A JSON file may also hold one unit (see `work.Work`) or a list of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..errors import TwostepError, WrongField, named, shown
from ..jobs import DanceJob, ScoreJob
from . import expand, landing, lines, names, naming
from .expand import Given
from .lines import Where
from .work import KINDS, Work

#: Fields of a unit itself that a job has, whatever its kind.
_COMMON = ("kind", "pattern", "rig", "armature", "fps", "models")
_WRITTEN = ("preset", "formats", "meshes")
_LANDING = tuple(each for each in landing.NAMES if each != "loop")
_DANCE = tuple(each.name for each in fields(DanceJob) if each.name != "out")
_SCORE = tuple(each.name for each in fields(ScoreJob) if each.name != "out")
#: Which fields each kind of job has.
FIELDS: dict[str, tuple[str, ...]] = {
    "dance": (
        *_COMMON,
        *_WRITTEN,
        *_DANCE,
        *(each for each in landing.NAMES if each != "loop"),
        "music",
    ),
    "score": (*_COMMON, "action", *_SCORE),
    "export": (*_COMMON, *_WRITTEN, "action"),
}
#: The parts of a unit that they go into, where it is not the unit itself.
_PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "dance": {"dance": _DANCE, "landing": landing.NAMES},
    "score": {"score": _SCORE},
    "export": {},
}
_ALL = tuple(dict.fromkeys(itertools.chain(*FIELDS.values())))
#: May be written in the plural.
_PLURALS = {f"{each}s": each for each in
            ("song", "motion", "style", "genre", "seed", "rig", "armature", "action")}  # fmt: skip
#: What changes slowest comes first; what is not named here changes between seeds and rigs.
_SLOW = ("song", "motion", "style", "genre", "seed")
_FAST = ("rig", "armature", "action", "fps", "preset")
_TOP = ("target", "pattern", "defaults", "jobs")
#: Paths in a unit.
_PATHS = (("out",), ("rig",), ("dance", "song"), ("dance", "context"), ("score", "motion"))


@dataclass(frozen=True)
class Batch:
    """What a job file asks for. target: the folder of the files. works: in the file's order."""

    target: Path
    works: tuple[Work, ...]


def read(path: Path, target: Path | None = None, preset: str | None = None) -> Batch:
    """The units that a job file asks for; target and preset take the place of the file's.

    Raises TwostepError that names the line and the field that is wrong. Single files that are not
    there are no error here, see `missing`.
    """
    values, found = lines.parsed(path)
    return _File(path, values, found).batch(target, preset)


def missing(works: tuple[Work, ...]) -> list[str]:
    """A sentence for every file that units need and that is not there."""
    needing: dict[Path, list[str]] = {}
    for work in works:
        for path in work.inputs:
            needing.setdefault(path, []).append(work.name)
    told = []
    for path in sorted(path for path in needing if not expand.there(path)):
        first, *others = needing[path]
        more = f" and {len(others)} more" if others else ""
        told.append(f"There is no file {path}, which “{first}”{more} cannot be made without.")
    return told


class _File:
    """A job file that has been parsed: its values and the lines that they stand in."""

    def __init__(self, path: Path, values: Any, found: dict[Where, int]) -> None:
        self._path, self._values, self._lines = path, values, found
        self._folder = path.absolute().parent

    def batch(self, target: Path | None, preset: str | None) -> Batch:
        if isinstance(self._values, list):
            works = tuple(
                self._unit(each, (number,), target, preset)
                for number, each in enumerate(self._values)
            )
            places: list[Where] = [(number,) for number in range(len(works))]
        elif isinstance(self._values, dict) and "kind" in self._values:
            works, places = (self._unit(self._values, (), target, preset),), [()]
        else:
            return self._jobs(target, preset)
        self._differ(works, places, None)
        if not works:
            raise TwostepError(f"{self._path.name} holds no unit of work.")
        return Batch(works[0].out, works)

    def _unit(self, values: Any, where: Where, target: Path | None, preset: str | None) -> Work:
        """A unit as it is, its paths taken from the file's folder."""
        if not isinstance(values, dict):
            raise self._wrong(where, f"must be a table of fields, not {shown(values)}.")
        values = {k: dict(v) if isinstance(v, dict) else v for k, v in values.items()}
        for *outer, name in _PATHS:
            part = values.get(outer[0]) if outer else values
            if isinstance(part, dict) and isinstance(part.get(name), str) and part[name]:
                part[name] = str(expand.absolute(part[name], self._folder))
        values |= {"out": str(target.absolute())} if target else {}
        values |= {"preset": preset} if preset else {}
        try:
            return Work.from_fields(values)
        except WrongField as error:
            raise self._wrong((*where, *error.field.split(".")), error.told) from error

    def _jobs(self, target: Path | None, preset: str | None) -> Batch:
        values = self._table(self._values, ())
        for name in values:
            if name not in _TOP:
                raise self._wrong((name,), f"is not known; there are {', '.join(_TOP)}.")
        place = self._target(values) if target is None else target.absolute()
        defaults = self._named(self._table(values.get("defaults", {}), ("defaults",)), "defaults")
        if "pattern" in values:
            defaults.setdefault("pattern", (values["pattern"], ("pattern",)))
        jobs = values.get("jobs")
        if not isinstance(jobs, list) or not jobs:
            raise self._wrong(("jobs",), "must be a list of one table or more, each a [[jobs]].")
        works: list[Work] = []
        places: list[Where] = []
        patterns: list[str] = []
        for number, job in enumerate(jobs):
            where = ("jobs", number)
            given = self._merged(self._named(self._table(job, where), *where), defaults, where)
            if preset and "preset" in FIELDS[given["kind"][0]]:
                given["preset"] = (preset, (*where, "preset"))
            for work, pattern in self._made(given, where, place, len(works)):
                works.append(work)
                places.append(where)
                patterns.append(pattern)
        self._differ(tuple(works), places, patterns)
        return Batch(place, tuple(works))

    def _target(self, values: dict[str, Any]) -> Path:
        value = values.get("target")
        if not isinstance(value, str) or not value:
            raise self._wrong(("target",), "must be the folder that the files go to.")
        return expand.absolute(value, self._folder)

    def _table(self, value: Any, where: Where) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(where, f"must be a table of fields, not {shown(value)}.")
        return value

    def _named(self, table: dict[str, Any], *where: str | int) -> dict[str, Given]:
        """The fields of a table by their names in the singular, and where they stand."""
        given: dict[str, Given] = {}
        for written, value in table.items():
            name = _PLURALS.get(written, written)
            if name not in _ALL:
                raise self._wrong((*where, written), f"is not known; there are {', '.join(_ALL)}.")
            if name in given:
                raise self._wrong((*where, written), f"is the same as “{given[name][1][-1]}”.")
            given[name] = (value, (*where, written))
        return given

    def _merged(
        self, own: dict[str, Given], defaults: dict[str, Given], where: Where
    ) -> dict[str, Given]:
        """What a job says, and what the defaults say of things that its kind has."""
        kind, place = own.get("kind") or defaults.get("kind") or ("dance", where)
        if kind not in KINDS:
            raise self._wrong(place, f"must be one of {', '.join(KINDS)}, not {shown(kind)}.")
        for name, (_, at) in own.items():
            if name not in FIELDS[kind]:
                told = f"is no field of a {kind}; there are {', '.join(FIELDS[kind])}."
                raise self._wrong(at, told)
        left = {name: each for name, each in defaults.items() if name in FIELDS[kind]}
        if kind == "score":  # one of them is scored: the job's own
            for one, other in (("motion", "rig"), ("rig", "motion")):
                if one in own:
                    left.pop(other, None)
        return {**left, **own, "kind": (kind, place)}

    def _made(
        self, given: dict[str, Given], where: Where, target: Path, count: int
    ) -> list[tuple[Work, str]]:
        """The units of a job: of each field's alternatives, every one with every other's."""
        pattern, at = given.pop("pattern", (None, where))
        if pattern is not None:
            self._checked_pattern(pattern, at)
        choices: dict[str, list[Given]] = {}
        for name in sorted(given, key=_order):
            value, place = given[name]
            try:
                choices[name] = expand.alternatives(name, value, place, self._folder)
            except TwostepError as error:
                raise self._wrong(place, str(error)) from error
            except OSError as error:
                told = f"names what cannot be looked at ({error.strerror})."
                raise self._wrong(place, told) from error
            except (ValueError, RecursionError) as error:  # digits by thousands, lists in lists
                raise self._wrong(place, "is more than can be read.") from error
        total = math.prod(map(len, choices.values())) + count
        if total > expand.MOST:
            raise self._wrong(where, f"makes {total} units in all; {expand.MOST} are the most.")
        made: list[tuple[Work, str]] = []
        for chosen in itertools.product(*choices.values()):
            work = self._work(dict(zip(choices, chosen, strict=True)), where, target)
            kept = pattern or naming.usual(work)
            try:
                name = naming.name(kept, work, count + len(made) + 1)
            except TwostepError as error:
                raise self._wrong(at, str(error)) from error
            made.append((replace(work, name=name), kept))
        return made

    def _checked_pattern(self, pattern: Any, at: Where) -> None:
        try:
            naming.check(pattern)
        except TwostepError as error:
            raise self._wrong(at, str(error)) from error

    def _work(self, chosen: Mapping[str, Given], where: Where, target: Path) -> Work:
        """One unit, still without its name."""
        parts = _PARTS[chosen["kind"][0]]
        unit: dict[str, Any] = {"name": "unit", "out": target, **{part: {} for part in parts}}
        for name, (value, _) in chosen.items():
            part = next((part for part, names_ in parts.items() if name in names_), None)
            (unit if part is None else unit[part])[name] = value
        try:
            return Work.from_fields(unit)
        except WrongField as error:
            raise self._wrong(*self._explained(error, chosen, where)) from error

    def _explained(
        self, error: WrongField, chosen: Mapping[str, Given], where: Where
    ) -> tuple[Where, str]:
        """Where the field that a unit complains about was written, and what to tell."""
        part, _, rest = error.field.rpartition(".")
        if part == "music":
            return (*chosen["music"][1], rest), error.told
        if rest in chosen:
            return chosen[rest][1], error.told
        return (*where, rest), error.told

    def _differ(
        self, works: tuple[Work, ...], places: list[Where], patterns: list[str] | None
    ) -> None:
        """Raises TwostepError when two units would write the same files."""
        seen: dict[tuple[Path, str], int] = {}
        for number, work in enumerate(works):
            first = seen.setdefault((work.out, names.same(work.name)), number)
            if first == number:
                continue
            here, there = places[number], self._called(places[first])
            if patterns is None:
                told = f"is called “{work.name}” as {there} is; give it another name."
            elif here == places[first]:
                lacking = naming.lacking(patterns[number], works[first], work)
                told = f"makes “{work.name}” twice; put {lacking} into the pattern."
            else:
                told = f"makes “{work.name}” as {there} does; give it a pattern of its own."
            raise self._wrong(here, told)

    def _wrong(self, where: Where, told: str) -> TwostepError:
        """The error of what stands there: file, line, field, what is wrong."""
        near = where
        while near and near not in self._lines:
            near = near[:-1]
        line = self._lines.get(near, 1)
        name = self._called(where)
        return TwostepError(f"{self._path.name}, line {line}: {name}{' ' if name else ''}{told}")

    def _called(self, where: Where) -> str:
        """Such as jobs[2].seeds[1]: people count from 1."""
        told = "".join(
            f"[{each + 1}]" if isinstance(each, int) else f".{named(each)}" for each in where
        )
        return f"units{told}" if isinstance(self._values, list) else told.removeprefix(".")


def _order(name: str) -> tuple[int, int]:
    if name in _SLOW:
        return (0, _SLOW.index(name))
    return (2, _FAST.index(name)) if name in _FAST else (1, _ALL.index(name))
