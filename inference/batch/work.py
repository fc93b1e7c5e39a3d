# SPDX-License-Identifier: GPL-3.0-or-later
"""One unit of work: what a farm's machine is handed, as JSON.

{"kind": "dance", "name": "song_pop_1_hero", "out": "/dances", "rig": "/hero.blend",
 "formats": ["fbx"], "preset": "unity", "dance": {"song": "/song.mp3", "seed": 1, ...},
 "landing": {"limbs": "IK", ...}, "music": {"genre": "house", ...}}
{"kind": "score", "name": "walk_auto_0", "out": "/music", "score": {"motion": "/walk.bvh", ...}}
{"kind": "export", "name": "hero_wave", "out": "/files", "rig": "/hero.blend", "action": "Wave"}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ..errors import WrongField, shown
from ..jobs import DanceJob, ScoreJob
from ..retarget.options import AS_IS, Options
from . import landing, names

#: What each kind can be written as, its usual form first.
FORMATS: dict[str, tuple[str, ...]] = {
    "dance": ("fbx", "glb", "bvh", "usd", "abc", "npz"),
    "score": ("wav",),
    "export": ("fbx", "glb", "bvh", "usd", "abc", "npz"),
}
KINDS = tuple(FORMATS)
PRESETS = ("generic", "unity", "unreal")
RIGS = (".blend", ".fbx", ".glb")
#: The networks that a unit may be made for.
MODELS = ("dance", "score", "style")
FASTEST = 1000.0  # fps
#: Stands for the motion of a score that is still to come: a rig's action, or the dance made first.
LATER = Path("(later)")
_SHA256 = re.compile("[0-9a-f]{64}")
_OUT = Path("(later).wav")


@dataclass(frozen=True)
class Work:
    """A unit of work. All that its files are made of is in it and in the files that it names.

    kind: one of KINDS. name: of its files, without a suffix; out: their folder. rig: the .blend
    with the armature (or a RIGS file to import), None: Twostep's own dancer. armature: which of the
    file's armatures, "" when it has but one. action: what of it is exported or scored, "" what it
    plays. contents: where the rig is open in Blender and no file, SHA-256 of what it is. fps: of
    the files, None: the rig file's, else 30. preset: whom the files are for. formats: of FORMATS.
    meshes: whether they come along. models: SHA-256 of the networks' cards (see `stamp.models`)
    that this was made for; with others it fails.
    dance: without `out`. landing: how it lands on the rig. score: the music; its `out` is
    meaningless and its motion LATER where the rig's action is scored. music: a new soundtrack of
    the dance, likewise.
    Raises WrongField, whose field is dotted ("dance.seed") within a part.
    """

    kind: str
    name: str
    out: Path
    rig: Path | None = None
    armature: str = ""
    action: str = ""
    contents: str = ""
    fps: float | None = None
    preset: str = PRESETS[0]
    formats: tuple[str, ...] = ()
    meshes: bool = True
    models: Mapping[str, str] = field(default_factory=dict)
    dance: DanceJob | None = None
    landing: Options = AS_IS
    score: ScoreJob | None = None
    music: ScoreJob | None = None

    def __post_init__(self) -> None:
        _check("kind", self.kind in KINDS, f"one of {', '.join(KINDS)}", self.kind)
        for name in ("name", "armature", "action"):
            value = getattr(self, name)
            _check(name, isinstance(value, str), "a text", value)
        good = self.name == names.safe(self.name) != ""
        _check("name", good, "a name that every system takes for a file", self.name)
        for name in ("out", "rig"):
            self._settle_path(name)
        if self.rig is not None:
            good = self.rig.suffix.lower() in RIGS
            _check("rig", good, f"a file that ends in {', '.join(RIGS)}", str(self.rig))
        good = isinstance(self.contents, str) and bool(_SHA256.fullmatch(self.contents))
        _check("contents", good or self.contents == "", "64 hex digits or nothing", self.contents)
        _check("fps", self.fps is None or _is_rate(self.fps),
               f"frames a second, more than 0 and at most {FASTEST:g}", self.fps)  # fmt: skip
        _check("preset", self.preset in PRESETS, f"one of {', '.join(PRESETS)}", self.preset)
        _check("meshes", isinstance(self.meshes, bool), "true or false", self.meshes)
        self._settle_formats()
        self._check_models()
        self._check_parts()

    @property
    def stages(self) -> tuple[str, ...]:
        """What has to be done, in order; the last of them writes the files and the report.

        "read" and "apply" need Blender, "sample" does not.
        """
        if self.kind == "export":
            return ("apply",)
        if self.score is not None:
            return ("read", "sample") if self.score.motion == LATER else ("sample",)
        return ("sample",) if self.formats == ("npz",) else ("sample", "apply")

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that it is made of."""
        named = [self.rig]
        if self.dance is not None:
            named += [self.dance.song, self.dance.context]
        if self.score is not None and self.score.motion != LATER:
            named.append(self.score.motion)
        return tuple(path for path in named if path is not None)

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> Work:
        """The unit of JSON fields. Raises WrongField for unknown, missing or wrong ones."""
        known = [each.name for each in fields(cls)]
        for name in values:
            if name not in known:
                raise WrongField(name, f"is no field of a unit; there are {', '.join(known)}.")
        for name in ("kind", "name", "out"):
            if name not in values:
                raise WrongField(name, "is missing.")
        parts = {name: value for name, value in values.items() if name not in _PARTS}
        for name, read in _PARTS.items():
            lands = name == "landing" and values["kind"] == "dance"
            value = values.get(name, {} if lands else None)
            if value is None:
                continue
            if not isinstance(value, Mapping):
                raise WrongField(name, f"must be a table of fields, not {shown(value)}.")
            parts[name] = _within(name, read, _completed(name, value, values))
        return cls(**parts)

    def to_fields(self) -> dict[str, Any]:
        """What `from_fields` reads, fit for JSON: all that is not as it usually is."""
        plain: dict[str, Any] = {
            "kind": self.kind,
            "name": self.name,
            "out": str(self.out),
            "rig": None if self.rig is None else str(self.rig),
            "armature": self.armature,
            "action": self.action,
            "contents": self.contents,
            "fps": self.fps,
            "preset": self.preset,
            "formats": list(self.formats),
            "meshes": self.meshes,
            "models": dict(self.models),
        }
        if self.dance is not None:
            plain["dance"] = {k: v for k, v in self.dance.to_fields().items() if k != "out"}
            plain["landing"] = self.landing.to_fields()
        for name, job in (("score", self.score), ("music", self.music)):
            if job is not None:
                plain[name] = _scored(job)
        return plain

    def _settle_path(self, name: str) -> None:
        value = getattr(self, name)
        needed = name == "out"
        if value in ("", None) and not needed:
            object.__setattr__(self, name, None)
            return
        _check(name, isinstance(value, (str, Path)) and value != "", "a path", value)
        object.__setattr__(self, name, Path(value))

    def _settle_formats(self) -> None:
        value, known = self.formats, FORMATS[self.kind]
        good = isinstance(value, (list, tuple)) and all(each in known for each in value)
        _check("formats", good, f"some of {', '.join(known)}", value)
        object.__setattr__(self, "formats", tuple(dict.fromkeys(value or known[:1])))

    def _check_models(self) -> None:
        good = isinstance(self.models, Mapping) and all(
            name in MODELS and isinstance(value, str) for name, value in self.models.items()
        )
        _check("models", good, f"a table of SHA-256 sums of {', '.join(MODELS)}", self.models)

    def _check_parts(self) -> None:
        for kind in ("dance", "score"):
            if (getattr(self, kind) is not None) != (self.kind == kind):
                told = "is missing." if self.kind == kind else f"is no part of a {self.kind}."
                raise WrongField(kind, told)
        if self.kind != "dance" and self.landing != AS_IS:
            raise WrongField("landing", f"is no part of a {self.kind}.")
        if self.dance is not None and self.dance.out is not None:
            raise WrongField("dance.out", "is chosen by name and formats; leave it away.")
        if self.music is not None and (self.kind != "dance" or self.music.motion != LATER):
            raise WrongField("music", "is made for a dance of this unit; use a score instead.")
        rigged = self.rig is not None or self.contents != ""
        if self.score is not None and (self.score.motion == LATER) != rigged:
            told = "or rig must be named, and not both, for there to be something to score."
            raise WrongField("score.motion", told)
        if self.kind == "export" and not rigged:
            raise WrongField("rig", "is missing: name the file whose action shall be exported.")


def _within(name: str, read: Callable[[dict[str, Any]], Any], values: dict[str, Any]) -> Any:
    """A part read; what is wrong in it is told by its dotted name."""
    try:
        return read(values)
    except WrongField as error:
        raise WrongField(f"{name}.{error.field}", error.told) from error


def _read_dance(values: dict[str, Any]) -> DanceJob:
    return DanceJob.from_fields(_known(DanceJob, values, "song"))


def _read_score(values: dict[str, Any]) -> ScoreJob:
    known = _known(ScoreJob, values)
    return ScoreJob.from_fields({"motion": LATER, **known, "out": _OUT})


_PARTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "dance": _read_dance,
    "landing": landing.options,
    "score": _read_score,
    "music": _read_score,
}


def _completed(part: str, values: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """What lands and what is heard closes when the dance does, unless it says otherwise."""
    dance = whole.get("dance")
    if part in ("landing", "music") and isinstance(dance, Mapping) and "loop" in dance:
        return {"loop": dance["loop"], **values}
    return dict(values)


def _known(job: type[DanceJob | ScoreJob], values: dict[str, Any], *needed: str) -> dict[str, Any]:
    names_ = [each.name for each in fields(job) if each.name != "out"]
    for name in values:
        if name not in names_:
            raise WrongField(name, f"is not known here; there are {', '.join(names_)}.")
    for name in needed:
        if name not in values:
            raise WrongField(name, "is missing.")
    return values


def _scored(job: ScoreJob) -> dict[str, Any]:
    left = {"out"} if job.motion != LATER else {"out", "motion"}
    return {name: value for name, value in job.to_fields().items() if name not in left}


def _is_rate(value: object) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return 0 < value <= FASTEST


def _check(name: str, good: bool, expected: str, value: object) -> None:
    if not good:
        raise WrongField(name, f"must be {expected}, not {shown(value)}.")
