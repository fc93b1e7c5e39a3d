# SPDX-License-Identifier: GPL-3.0-or-later
"""A Blender that works through units of a batch: rigs opened, dances put on them, files written.

It talks as Twostep's worker does (see `inference.worker`), about other work:

    in    {"id": 1, "type": "apply", "work": {...}}     the fields of `inference.batch.work.Work`
          {"id": 1, "type": "read", "work": {...}}      its rig's action becomes a motion to score
    out   {"id": 1, "event": "result", "files": [...], "seconds": {"fbx": 0.4, ...}, ...}
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy

from ..inference import worker
from ..inference.batch import memory, stamp, store
from ..inference.batch.work import Work
from ..inference.errors import Cancelled, TwostepError
from ..inference.files import replaced
from ..inference.motion import Motion
from ..inference.progress import Asked, Progress
from . import armature, bake, exporters, poses, versions
from .apply import apply_dance
from .characters import Character, fresh, open_character
from .keys import Placement, scene_fps
from .staging import dance_range

#: 23.976 and 29.97 mean 24 and 30 frames in 1.001 seconds.
_NTSC = 1.001
#: Blender's time remapping counts up to this.
_LARGEST = 900


@dataclass
class Desk:
    """A unit while it is worked on. seconds: how long each part of it took."""

    work: Work
    progress: Progress
    stopped: Asked
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def at(self, share: float, stage: str, name: str) -> Iterator[None]:
        """Do a part of it, `share` being done. Raises Cancelled when nobody wants it any more."""
        if self.stopped():
            raise Cancelled("Stopped.")
        self.progress(share, stage)
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 4)


def perform(work: Work, progress: Progress, stopped: Asked) -> tuple[store.Report, Desk]:
    """Put the unit's dance on its rig, or take its action, and write its files and its report.

    What was open in this Blender is lost. Raises TwostepError, no file left; Cancelled.
    """
    stamp.check_models(work)
    desk = Desk(work, progress, stopped)
    with store.delivery(work) as parcel:
        with desk.at(0.0, "Opening the character", "open"):
            sample = _sampled(work)
            character = open_character(work.rig, work.armature)
        parcel.warnings += character.warnings
        parcel.versions["blender"] = bpy.app.version_string
        if sample is not None and work.dance is not None:
            with desk.at(0.1, "Putting the dance on", "apply"):
                _set_fps(work.fps)
                parcel.warnings += _dance(work, character.ob, sample)
            frames = _own_frames(character.ob)
        else:
            _choose_action(character.ob, work.action)
            frames = _remapped(dance_range(character.ob), work.fps)
        _export(desk, character.ob, frames, parcel.folder)
        desk.progress(0.95, "Delivering")
    assert parcel.made is not None
    return parcel.made, desk


def read(work: Work, progress: Progress, stopped: Asked) -> tuple[Path, Character]:
    """Read what the rig of a score plays, as a motion where the next stage looks for it."""
    desk = Desk(work, progress, stopped)
    with desk.at(0.0, "Opening the character", "open"):
        character = open_character(work.rig, work.armature)
    _choose_action(character.ob, work.action)
    target = store.cache(work) / store.motion_place(work).name
    with desk.at(0.2, "Reading the motion", "read"):
        motion = _motion(character.ob, _remapped(dance_range(character.ob), work.fps))
        with replaced(target) as temporary:
            motion.save(temporary)
    return target, character


def _sampled(work: Work) -> store.Sample | None:
    """What the networks made of the unit; None when it is exported as it is."""
    if "sample" not in work.stages:
        return None
    sample = store.sampled(work)
    if sample is None or sample.motion is None:
        raise TwostepError(f"“{work.name}” has not been sampled; run that stage first.")
    return sample


def _set_fps(fps: float | None) -> None:
    """Let the scene have so many frames a second, as near as Blender can; None: as it is."""
    if fps is None:
        return
    render, ntsc = bpy.context.scene.render, round(fps * _NTSC)
    if ntsc > 0 and abs(ntsc / _NTSC - fps) < 1e-3 and abs(fps - round(fps)) > 1e-3:
        render.fps, render.fps_base = ntsc, _NTSC
    else:
        render.fps = max(round(fps), 1)
        render.fps_base = render.fps / fps


def _remapped(frames: tuple[int, int], fps: float | None) -> tuple[int, int]:
    """Give the scene another frame rate without playing its animation faster; frames as then."""
    render = bpy.context.scene.render
    before = scene_fps(bpy.context.scene)
    _set_fps(fps)
    ratio = Fraction(scene_fps(bpy.context.scene) / before).limit_denominator(_LARGEST)
    if ratio == 1 or max(ratio.numerator, ratio.denominator) > _LARGEST:
        return frames
    render.frame_map_old, render.frame_map_new = ratio.denominator, ratio.numerator
    first, last = (float(frame * ratio) for frame in frames)
    return math.ceil(first - 1e-6), max(math.floor(last + 1e-6), math.ceil(first - 1e-6))


def _dance(work: Work, ob: bpy.types.Object, sample: store.Sample) -> tuple[str, ...]:
    """Let the armature dance from the scene's first frame on; tells what the user should know."""
    assert work.dance is not None and sample.motion is not None
    scene = bpy.context.scene
    recipe = {k: v for k, v in work.dance.to_fields().items() if k not in ("out", "context")}
    try:
        motion = Motion.load(sample.motion)
    except ValueError as error:
        raise TwostepError(f"The sample of “{work.name}” is damaged; sample it again.") from error
    landed = apply_dance(
        ob,
        motion,
        Placement(scene.frame_start, scene_fps(scene)),
        work.name,
        {**recipe, **{key: sample.facts[key] for key in ("bpm", "weights") if key in sample.facts}},
        work.landing,
    )
    if work.landing.onto != "NLA":
        _play_alone(ob.animation_data)
    return landed.warnings


def _own_frames(ob: bpy.types.Object) -> tuple[int, int]:
    """The frames of the dance that was put on last."""
    data = ob.animation_data
    if data.action is None:
        strip = data.nla_tracks[-1].strips[-1]
        return math.floor(strip.frame_start), math.ceil(strip.frame_end)
    first, last = data.action.frame_range
    return math.floor(first), math.ceil(last)


def _choose_action(ob: bpy.types.Object, name: str) -> None:
    """Let the armature play an action of the file, and nothing else; "": what it plays."""
    if not name:
        return
    action = bpy.data.actions.get(name)
    if action is None:
        some = ", ".join(sorted(bpy.data.actions.keys())[:6]) or "none"
        raise TwostepError(f"The rig's file has no action {name}; it has {some}.")
    data = ob.animation_data or ob.animation_data_create()
    if not versions.play_action(data, action):
        raise TwostepError(f"The action {name} does not move {ob.name}; choose another.")
    _play_alone(data)


def _play_alone(data: bpy.types.AnimData) -> None:
    data.use_nla = False
    data.action_blend_type, data.action_extrapolation = "REPLACE", "HOLD"
    data.action_influence = 1.0


def _export(desk: Desk, ob: bpy.types.Object, frames: tuple[int, int], folder: Path) -> None:
    """Write the files of all formats but those of the networks themselves."""
    work, context = desk.work, bpy.context
    forms = [form for form in work.formats if form in exporters.FORMATS]
    with desk.at(0.2, "Reading the pose", "bake"):
        taken = bake.take(context, ob, frames) if forms else None
    for place, form in enumerate(forms):
        label = exporters.FORMATS[form].label
        with desk.at(0.3 + 0.65 * place / len(forms), f"Writing {label}", form):
            path = folder / f"{work.name}.{form}"
            exporters.export(context, ob, path, form, work.preset, work.meshes, frames, taken)
    if "npz" in work.formats and work.kind == "export":
        with desk.at(0.9, "Reading the motion", "npz"):
            _motion(ob, frames).save(folder / f"{work.name}.npz")


def _motion(ob: bpy.types.Object, frames: tuple[int, int]) -> Motion:
    """The armature's motion between two of the scene's frames. Raises TwostepError."""
    bones = armature.readable_bones(ob)
    span = (float(frames[0]), float(frames[1]))
    reader = poses.Reader(bpy.context.scene, ob, bones, span)
    while not reader.done:
        reader.read(bpy.context, 60.0)
    return reader.motion()


@contextmanager
def _emptied() -> Iterator[None]:
    """The memory of a unit is given back when it is over, however that was."""
    try:
        yield
    finally:
        fresh()
        gc.collect()


def _apply(
    values: worker.Message, progress: Progress, stopped: Asked
) -> tuple[worker.Message, Sequence[str]]:
    work = Work.from_fields(_fields(values))
    with _emptied():
        report, desk = perform(work, progress, stopped)
    told = {"files": list(report.files), "seconds": desk.seconds, "memory": memory.resident()}
    return told, report.warnings


def _read(
    values: worker.Message, progress: Progress, stopped: Asked
) -> tuple[worker.Message, Sequence[str]]:
    with _emptied():
        path, character = read(Work.from_fields(_fields(values)), progress, stopped)
        warnings = character.warnings
    return {"path": str(path), "memory": memory.resident()}, warnings


def _fields(values: worker.Message) -> Mapping[str, Any]:
    work = values.get("work")
    if not isinstance(work, Mapping):
        raise TwostepError("The message names no “work”; give the fields of a unit.")
    return work


def main() -> int:
    """Serve on this process's own stdin and stdout."""
    return worker.main({"apply": _apply, "read": _read})
