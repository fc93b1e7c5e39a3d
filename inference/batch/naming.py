# SPDX-License-Identifier: GPL-3.0-or-later
"""What a unit's files are called, by a pattern such as {song}_{style}_{seed}_{rig}."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from string import Formatter
from typing import Any

from ..errors import TwostepError, shown
from ..jobs import DanceJob, ScoreJob
from .landing import NAMES
from .names import safe
from .work import LATER, Work

#: What Twostep's own dancer is called, who has no file.
OWN = "twostep"
_OF_UNIT = ("rig", "armature", "action", "fps", "preset", "kind")
_OF_JOBS = tuple(
    each.name
    for each in (*fields(DanceJob), *fields(ScoreJob))
    if each.name not in ("out", "provider", "context")
)
#: All that may stand in braces.
KNOWN: tuple[str, ...] = tuple(dict.fromkeys((*_OF_JOBS, *_OF_UNIT, *NAMES, "n")))
#: How values are written where the pattern says nothing of it.
_FORMS = {float: "g"}
#: Names of a thousand characters and more, which would only fill the memory.
_WIDE = re.compile(r"\d{4}")
_USUAL = {
    "dance": "{song}_{style}_{seed}_{rig}",
    "score": "{motion}_{action}_{genre}_{seed}",
    "export": "{rig}_{armature}_{action}",
}


def usual(work: Work) -> str:
    """The pattern of units for which none is given."""
    return _USUAL[work.kind]


def check(pattern: Any) -> None:
    """Raises TwostepError, told as what follows “pattern”, when it is no pattern."""
    if not isinstance(pattern, str) or not pattern:
        raise TwostepError(f"must be a text such as “{_USUAL['dance']}”, not {shown(pattern)}.")
    if "/" in pattern or "\\" in pattern:
        raise TwostepError("must be the name of a file, without folders; those go into target.")
    try:
        for _, field, form, conversion in Formatter().parse(pattern):
            if field is None:
                continue
            if _WIDE.search(form or ""):
                raise TwostepError(f"must not write {{{field}}} so wide.")
            if field not in KNOWN or conversion:
                known = ", ".join(f"{{{each}}}" for each in KNOWN)
                raise TwostepError(f"has {{{field}}} in it, which is not known; there are {known}.")
    except ValueError as error:
        raise TwostepError(f"is no pattern ({error}): {shown(pattern)}.") from error


def name(pattern: str, work: Work, number: int) -> str:
    """The unit's name, fit for every system; number: the unit's in its batch, from 1.

    What the unit has not leaves no gap. Raises TwostepError, told as what follows “pattern”, when
    nothing is left, or a value cannot be written as the pattern says.
    """
    values = _values(work, number)
    made, gap = "", False
    for text, field, form, _ in Formatter().parse(pattern):
        made += text
        if field is None:
            continue
        value = values[field]
        gap = gap or value == ""
        try:
            made += format(value, form or _FORMS.get(type(value), "")) if value != "" else ""
        except (ValueError, OverflowError) as error:
            raise TwostepError(f"cannot write {{{field}}} so ({error}).") from error
    if gap:
        made = re.sub(r"([_. -])[_. -]+", r"\1", made).strip("_. -")
    if not safe(made):
        raise TwostepError(f"makes an empty name ({shown(pattern)}); put {{n}} into it.")
    return safe(made)


def lacking(pattern: str, one: Work, other: Work) -> str:
    """What the pattern has to have so that these two have two names, in braces."""
    first, second = _values(one, 1), _values(other, 1)
    there = {field for _, field, _, _ in Formatter().parse(pattern)}
    telling = [
        each for each in KNOWN
        if each not in there and each != "n" and first[each] != second[each]
    ]  # fmt: skip
    return " or ".join(f"{{{each}}}" for each in (*telling[:2], "n"))


def _values(work: Work, number: int) -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(KNOWN, "")
    for job in (work.music, work.score, work.dance):
        for each in fields(job) if job is not None else ():
            if each.name in values:
                values[each.name] = getattr(job, each.name)
    if work.dance is not None:
        values |= {each: getattr(work.landing, each) for each in NAMES if each != "loop"}
        values["motion"] = values["song"]
    if work.score is not None:
        values["motion"] = work.rig if work.score.motion == LATER else work.score.motion
        values["song"] = values["motion"]
    values |= {each: getattr(work, each) for each in _OF_UNIT}
    if work.rig is None and work.kind == "dance":
        values["rig"] = OWN
    values["n"] = number
    return {each: _told(value) for each, value in values.items()}


def _told(value: Any) -> Any:
    if value is None:
        return ""
    return value.stem if isinstance(value, Path) else value
