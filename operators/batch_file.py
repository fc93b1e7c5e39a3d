# SPDX-License-Identifier: GPL-3.0-or-later
"""The batch of a scene as a job file, for the command line and for farms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ..inference.batch import jobfile
from ..inference.errors import TwostepError
from ..inference.files import replaced
from ..inference.retarget.options import AS_IS
from ..scene import batches
from .batch_plan import landing_of

#: Of a landing, what a job file has from the dance itself.
_DANCED = ("loop", "onto", "blend_in", "blend_out")


def save(scene: bpy.types.Scene, path: Path) -> int:
    """Write the batch as TOML; returns how many units it has.

    Raises TwostepError when something is lacking, or this file was never saved: whoever reads the
    job file opens it.
    """
    if not bpy.data.filepath:
        raise TwostepError("Save this file first: the job file names it as the rig.")
    text = "\n".join(_lines(scene, path.parent)) + "\n"
    with replaced(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return len(jobfile.read(path).works)


def _lines(scene: bpy.types.Scene, folder: Path) -> Iterator[str]:
    batch = scene.twostep.batch
    yield "# A batch of Twostep: python -m twostep batch THIS_FILE"
    yield _line("target", _told(batches.place_of(batch.folder), folder))
    yield _line("pattern", batches.pattern_of(batch, "dance"))
    yield ""
    yield "[defaults]"
    yield _line("rig", _told(Path(bpy.data.filepath), folder))
    yield _line("preset", batch.preset)
    yield _line("formats", list(batches.formats(batch)))
    yield _line("meshes", batch.use_meshes)
    found = batches.choices(scene)
    for name, value in _dance(scene.twostep, found).items():
        yield _line(name, value)
    used = [job for job in batch.jobs if job.use]
    for job, choice in zip(used, found, strict=True):
        yield from _job(batch, job, choice, folder)


def _dance(settings: Any, found: list[batches.Choice]) -> dict[str, Any]:
    """What the Dance panel says of all dances, as far as it is not as usual."""
    dancing = [choice.armatures[0] for choice in found if choice.songs]
    if not dancing:
        return {}
    values: dict[str, Any] = {"energy": round(settings.energy, 4)}
    values |= {"retime": settings.use_retime, "loop": settings.use_loop}
    usual = AS_IS.to_fields()
    landing = landing_of(settings, dancing[0]).to_fields()
    return values | {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in landing.items()
        if name not in _DANCED and value != usual[name]
    }


def _job(batch: Any, job: Any, choice: batches.Choice, folder: Path) -> Iterator[str]:
    if choice.actions:
        for ob in choice.armatures:
            made = [action.name for other, action in choice.actions if other == ob]
            if made:
                yield from ("", "[[jobs]]", _line("kind", "export"), _line("armature", ob.name))
                yield _line("actions", made)
                yield _line("pattern", batches.pattern_of(batch, "export"))
        return
    yield from ("", "[[jobs]]", _line("armatures", [ob.name for ob in choice.armatures]))
    paths = [Path(bpy.path.abspath(song.path)) for song in job.songs if song.path]
    yield _line("songs", [_told(path, folder) for path in paths])
    yield _line("styles", list(choice.styles))
    yield _line("seeds", list(choice.seeds))


def _told(path: Path, folder: Path) -> str:
    """A path from the job file's folder on, where it lies within, so that both may move."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _line(name: str, value: Any) -> str:
    """A line of TOML, whose texts, numbers and lists are written as JSON's."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"
