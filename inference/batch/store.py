# SPDX-License-Identifier: GPL-3.0-or-later
"""What a batch has made: where it lies, whether it is whole, and how it gets there.

OUT/NAME.fbx ...             the files of a unit, and when they are all there
OUT/NAME.twostep.json        its report
OUT/.twostep/STAMP.npz       dances, .wav music, that units share; each with a .json
OUT/.twostep/NAME.XXXX/      a unit on its way
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import TwostepError
from ..files import make_folder, replaced, sentence
from . import stamp as stamps
from .work import Work

CACHE = ".twostep"
SUFFIX = ".twostep.json"
#: So much of a unit's name is in that of its parcel.
PREFIX = 40


@dataclass(frozen=True)
class Sample:
    """What the networks made of a unit.

    motion: the .npz of a dance; music: the .wav of a score, or of a dance that got new music.
    warnings: sentences for the user. facts: style, bpm, seconds, provider ... of the dance or the
    score; those of a dance's music under "music".
    """

    motion: Path | None
    music: Path | None
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What is known of a finished unit.

    files: their names in the unit's folder and SHA-256 sums. seconds: how long the last stage took.
    versions: of what made them, by name. work: the unit's fields. facts: see `Sample`.
    """

    stamp: str
    files: dict[str, str]
    seconds: float
    warnings: tuple[str, ...]
    versions: dict[str, str]
    work: dict[str, Any]
    facts: dict[str, Any]


@dataclass
class Parcel:
    """A unit on its way: put its files into `folder` as NAME.SUFFIX, and say what is to be told.

    made: the report, once the delivery has ended.
    """

    folder: Path
    warnings: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    made: Report | None = None


def cache(work: Work) -> Path:
    """The folder of what units share, made if need be. Raises TwostepError when it cannot be."""
    folder = work.out / CACHE
    make_folder(folder, "; choose another target.")
    return folder


def place(work: Work) -> Path:
    """Where the unit's sample is kept: a dance's .npz, a score's .wav."""
    suffix = ".npz" if work.dance is not None else ".wav"
    return work.out / CACHE / f"{stamps.sample_stamp(work)}{suffix}"


def music_place(work: Work) -> Path:
    """Where a dance's new music is kept."""
    return work.out / CACHE / f"{stamps.music_stamp(work)}.wav"


def motion_place(work: Work) -> Path:
    """Where the motion is kept that Blender reads off a rig, to be scored."""
    return work.out / CACHE / f"{stamps.read_stamp(work)}.npz"


def report_path(work: Work) -> Path:
    """Where the report of the unit is when it is finished."""
    return work.out / f"{work.name}{SUFFIX}"


def keep(path: Path, warnings: tuple[str, ...], facts: dict[str, Any]) -> None:
    """Vouch for a sample that has just been written. Raises TwostepError."""
    told = {"sha256": stamps.digest(path), "warnings": warnings, "facts": facts}
    _write(path.with_suffix(".json"), told)


def kept(path: Path) -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """Warnings and facts of a sample, None when it is not there or not whole."""
    told = _read(path.with_suffix(".json"))
    try:
        if told is None or not path.is_file() or stamps.digest(path) != told["sha256"]:
            return None
        return tuple(map(str, told["warnings"])), dict(told["facts"])
    except (KeyError, TypeError, ValueError):
        return None


def sampled(work: Work) -> Sample | None:
    """What the networks have made of the unit already; None when something of it is to be made.

    Raises TwostepError when a file that it is made of cannot be read.
    """
    path = place(work)
    found = kept(path)
    if found is None:
        return None
    if work.score is not None:
        return Sample(None, path, *found)
    if work.music is None:
        return Sample(path, None, *found)
    music = music_place(work)
    heard = kept(music)
    if heard is None:
        return None
    facts = {**found[1], "music": heard[1]}
    return Sample(path, music, (*found[0], *heard[0]), facts)


def finished(work: Work) -> Report | None:
    """The report of the unit if all its files are there as they were made, else None.

    Raises TwostepError when a file that it is made of cannot be read.
    """
    told = _read(report_path(work))
    if told is None or told.get("stamp") != stamps.stamp(work):
        return None
    try:
        report = Report(**{**told, "warnings": tuple(map(str, told["warnings"]))})
        whole = all(
            known and _sum(work.out / name) == known for name, known in report.files.items()
        )
    except (KeyError, TypeError, AttributeError):
        return None
    return report if whole and report.files else None


@contextmanager
def delivery(work: Work) -> Iterator[Parcel]:
    """A parcel for the files of the unit; when this ends well they are all in its folder.

    The sample, where it is asked for, and the new music of a dance are added; the report is written
    last. When anything fails no file is left. Raises TwostepError when the disk fails.
    """
    began = time.perf_counter()
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{work.name[:PREFIX]}.", dir=cache(work)))
    except OSError as error:
        raise TwostepError(sentence(work.out / work.name, error)) from error
    try:
        parcel = Parcel(folder)
        yield parcel
        _add_sample(work, parcel)
        files = _moved(work, folder)
        report = Report(
            stamp=stamps.stamp(work),
            files=files,
            seconds=round(time.perf_counter() - began, 3),
            warnings=tuple(dict.fromkeys(parcel.warnings)),
            versions={"twostep": stamps.version(), **parcel.versions},
            work=work.to_fields(),
            facts=parcel.facts,
        )
        _write(report_path(work), asdict(report))
        parcel.made = report
    except OSError as error:
        raise TwostepError(sentence(work.out / work.name, error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _add_sample(work: Work, parcel: Parcel) -> None:
    """Put what the networks made into the parcel, as far as it is part of the unit."""
    if "sample" not in work.stages:
        return
    sample = sampled(work)
    if sample is None:
        raise TwostepError(f"“{work.name}” has not been sampled; run that stage first.")
    if sample.music is not None:
        shutil.copyfile(sample.music, parcel.folder / f"{work.name}.wav")
    if sample.motion is not None and "npz" in work.formats:
        shutil.copyfile(sample.motion, parcel.folder / f"{work.name}.npz")
    parcel.warnings[:0] = sample.warnings
    parcel.facts = {**sample.facts, **parcel.facts}


def _moved(work: Work, folder: Path) -> dict[str, str]:
    """Move the files of a parcel to where they belong; their names and sums."""
    made = sorted(path for path in folder.iterdir() if path.is_file())
    if not made:
        raise TwostepError(f"Nothing was made of “{work.name}”.")
    sums = {path.name: _sum(path) or "" for path in made}
    # What was there before is finished no longer, even if this is killed half-way.
    report_path(work).unlink(missing_ok=True)
    moved: list[Path] = []
    try:
        for path in made:
            target = work.out / path.name
            path.replace(target)
            moved.append(target)
    except BaseException:
        for target in moved:
            target.unlink(missing_ok=True)
        raise
    return sums


def _sum(path: Path) -> str | None:
    return stamps.digest(path) if path.is_file() else None


def _read(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None when it is not there or damaged."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _write(path: Path, told: dict[str, Any]) -> None:
    text = json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    with replaced(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
