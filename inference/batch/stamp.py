# SPDX-License-Identifier: GPL-3.0-or-later
"""Stamps: SHA-256 sums of all that shapes a unit's files, the same on every machine.

What counts is what is in the files that a unit names, not where they lie; and neither where the
results go nor what computes them.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from .. import weights
from ..errors import TwostepError
from ..jobs import DanceJob, ScoreJob
from .work import LATER, MODELS, Work

#: Counts up whenever the same unit becomes other files without a new version of Twostep.
FORMAT = 1
_ROOT = Path(__file__).resolve().parents[2]
#: The networks that have a say in each kind of sample.
_NETWORKS = {"dance": ("dance", "style"), "score": ("dance", "score", "style")}


@cache
def version() -> str:
    """Twostep's own."""
    text = (_ROOT / "blender_manifest.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["version"])


def stamp(work: Work) -> str:
    """Of the unit's files. Raises TwostepError when a file that it names cannot be read."""
    fields = work.to_fields()
    for name in ("out", "models", "contents", "dance", "score", "music"):
        fields.pop(name, None)
    fields["rig"] = _rig(work)
    if "sample" in work.stages:
        fields["sample"] = sample_stamp(work)
    if work.music is not None:
        fields["music"] = music_stamp(work)
    return _sum(fields)


def sample_stamp(work: Work) -> str:
    """Of what the networks make: of the dance or the music alone, whoever dances it.

    Raises TwostepError when a file that it is made of cannot be read.
    """
    if work.dance is not None:
        return _sum(_sampled("dance", work.dance, song=_of(work.dance.song)))
    if work.score is None:
        raise ValueError("nothing of an export is sampled")
    later = work.score.motion == LATER
    return _sum(
        _sampled("score", work.score, motion=read_stamp(work) if later else _of(work.score.motion))
    )


def music_stamp(work: Work) -> str:
    """Of the new music of a dance."""
    if work.music is None:
        raise ValueError("the unit has no music")
    return _sum(_sampled("score", work.music, motion=sample_stamp(work)))


def read_stamp(work: Work) -> str:
    """Of the motion that Blender reads off a rig."""
    where = {"armature": work.armature, "rig": _rig(work), "fps": work.fps}
    return _sum({"read": work.action, **where})


def models() -> dict[str, str]:
    """SHA-256 of the cards of each kind of networks, which hold the networks' own sums."""
    return {kind: _cards(kind) for kind in MODELS}


def check_models(work: Work) -> None:
    """Raises TwostepError when the unit was made for other networks than are here."""
    present = models()
    other = [kind for kind, value in work.models.items() if present[kind] != value]
    if other:
        raise TwostepError(
            f"“{work.name}” was made for other {' and '.join(other)} networks than this Twostep "
            "has; use the same version, or take “models” out of the job."
        )


def digest(path: Path) -> str:
    """SHA-256 of a file, remembered until its time of change or its size is another.

    Raises TwostepError when it cannot be read.
    """
    try:
        stat = path.stat()
        return _digest(path, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError as error:
        raise TwostepError(f"There is no file {path}; choose another.") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", error)
        raise TwostepError(f"{path} cannot be read ({why}); choose another.") from error


@lru_cache(maxsize=4096)
def _digest(path: Path, _changed: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rig(work: Work) -> str | None:
    return work.contents or _of(work.rig)


def _of(path: Path | None) -> str | None:
    return None if path is None else digest(path)


def _cards(kind: str) -> str:
    folder = weights.FOLDER if kind == "dance" else weights.folder(kind)
    cards = sorted(folder.glob("*.json"))
    if kind == "dance":  # the meter is always heard by what ships
        cards.append(weights.SHIPPED / "metre.json")
    return _sum({"cards": [digest(card) for card in cards]})


def _sampled(kind: str, job: DanceJob | ScoreJob, **contents: str | None) -> dict[str, Any]:
    fields = job.to_fields()
    del fields["out"], fields["provider"]
    if isinstance(job, DanceJob):
        fields["context"] = _of(job.context)
    present = models()
    return {
        kind: {**fields, **contents},
        "models": {each: present[each] for each in _NETWORKS[kind]},
    }


def _sum(values: Mapping[str, Any]) -> str:
    told = {**values, "twostep": version(), "format": FORMAT}
    text = json.dumps(_plain(told), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:
    """The same for numbers that are the same: 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
