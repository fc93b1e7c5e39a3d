# SPDX-License-Identifier: GPL-3.0-or-later
"""Job files of batches in TOML and JSON, and units as farms hand them on."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from twostep.inference.batch import jobfile
from twostep.inference.batch.work import Work

from .. import mutate
from .form import Format

_JOBS: dict[str, Any] = {
    "target": "dances",
    "pattern": "{song}_{style}_{seed}_{rig}",
    "defaults": {"preset": "unity", "energy": 1.2, "loop": True},
    "jobs": [
        {"songs": ["a.mp3", "songs/*.mp3"], "rigs": ["hero.blend"], "seeds": "1-5", "limbs": "IK"},
        {"song": "b.wav", "seed": 3, "music": {"genre": "house"}, "formats": ["fbx", "npz"],
         "fps": 24, "context": "c.npz", "models": {"dance": "0" * 64}},
        {"kind": "score", "motions": ["a.bvh", "b.npz"], "genre": "auto", "bpm": 120.0},
        {"kind": "export", "rig": "hero.blend", "actions": ["Wave", "Walk"],
         "pattern": "{rig}_{action}"},
    ],
}  # fmt: skip
_UNITS: list[dict[str, Any]] = [
    {"kind": "dance", "name": "a", "out": "/dances", "rig": "/hero.blend", "formats": ["fbx"],
     "preset": "unity", "dance": {"song": "/song.mp3", "seed": 1, "length": 10.0, "energy": 1},
     "landing": {"limbs": "IK", "reach": 0.5, "blend_in": 3}, "music": {"genre": "house"}},
    {"kind": "score", "name": "b", "out": "/music", "score": {"motion": "/walk.bvh", "seed": 3}},
    {"kind": "export", "name": "c", "out": "/files", "rig": "/hero.blend", "action": "Wave"},
]  # fmt: skip
_NAMES = ("kind", "name", "out", "rig", "song", "songs", "seed", "seeds", "style", "fps", "music",
          "dance", "score", "motion", "pattern", "formats", "models", "length", "start", "bpm",
          "limbs", "keys", "tolerance_mm", "candidates", "context", "first_downbeat",
          "contents", "meshes", "armature", "target", "defaults", "jobs")  # fmt: skip
_PATTERNS = ("{seed:999999999d}", "{seed:>2000000000}", "{energy:.999999999f}", "{seed:c}",
             "{n!r}",
             "{seed:{n}}", "{song.name}", "{song[0]}", "{", "}", "{}", "{0}", "{n:%}", "{n:,}",
             "{n:\0}", "{song:\n}", "../{n}", "con", "{n:x<99}", "{energy:e}",
             "{style:d}")  # fmt: skip


def _value(rng: Random) -> dict[str, Any] | list[Any]:
    value = mutate.some_value(rng, _JOBS, _NAMES)
    if isinstance(value, dict) and rng.random() < 0.2:
        value["pattern"] = rng.choice(_PATTERNS)
    return value


def _make_toml(rng: Random) -> tuple[str, bytes]:
    value = _value(rng)
    text = mutate.as_toml(value if isinstance(value, dict) else {"jobs": value})
    return "jobs.toml", mutate.often_whole(rng, text, _NAMES)


def _make_json(rng: Random) -> tuple[str, bytes]:
    units = rng.random() < 0.5
    text = mutate.as_json(mutate.some_value(rng, _UNITS, _NAMES) if units else _value(rng))
    return "jobs.json", mutate.often_whole(rng, text, _NAMES)


def _read(path: Path) -> None:
    works = jobfile.read(path).works
    jobfile.missing(works[:1000])
    for work in works[:20]:
        assert Work.from_fields(json.loads(json.dumps(work.to_fields()))) == work


def _prepare() -> None:
    """Songs that the jobs name by a pattern."""
    folder = Path("case/songs")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "one.mp3").touch()


FORMS = (
    Format("jobs toml", _make_toml, _read, _prepare),
    Format("jobs json", _make_json, _read, _prepare),
)
