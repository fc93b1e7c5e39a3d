# SPDX-License-Identifier: GPL-3.0-or-later
"""One dance being made: reads the scene, asks the worker, writes the scene when all is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..inference.errors import TwostepError
from ..inference.files import make_folder, remove_folder, replaced
from ..inference.jobs import DanceJob
from ..inference.keys import Reduced
from ..inference.motion import Motion
from ..inference.retarget import Figure
from ..inference.retarget.options import Options
from ..inference.rigs import Recognition
from ..scene import apply, armature, channels, keys, puppets, strips
from . import session
from .aside import Aside
from .session import state
from .work import Work, meant

#: How each style is written.
LABELS = {"hiphop": "hip-hop"}


@dataclass(frozen=True)
class Plan:
    """Everything that a dance needs to know of the scene, read when it was asked for.

    The armature and the scene are remembered by their session uid: the user may rename things,
    undo, and delete while the worker works. bones: those that may be keyed; None: all of them.
    folder: of the job's own files.
    """

    armature: int
    scene: int
    recognition: Recognition
    clip: strips.Clip
    placement: keys.Placement
    options: Options
    bones: frozenset[str] | None
    job: DanceJob
    context: Motion | None
    folder: Path
    figure: Figure


def plan(context: bpy.types.Context) -> Plan:
    """Read the scene; changes nothing. Raises TwostepError that says what the user has to do."""
    settings, scene = context.scene.twostep, context.scene
    ob = armature.check(armature.character(context))
    found = armature.recognition(ob)
    options = options_of(settings, ob)
    strings = puppets.puppet(ob, found, options.limbs, options.travel == "ROOT")
    wanted = channels.chosen(ob, strings.puppet, options.bones)
    bones = None if wanted is None else frozenset(wanted)
    clip = _clip(context)
    pose = armature.present_pose(context, ob, found.bones) if settings.use_present_pose else None
    folder = new_folder()
    job = DanceJob(
        song=clip.path,
        out=folder / "dance.npz",
        start=clip.start,
        length=clip.seconds,
        style=settings.style,
        energy=settings.energy,
        seed=settings.seed,
        retime=settings.use_retime,
        loop=settings.use_loop,
        context=folder / "pose.npz" if pose else None,
        provider=session.provider(),
    )
    placement = keys.Placement(clip.frame, keys.scene_fps(scene))
    return Plan(
        ob.session_uid, scene.session_uid, found, clip, placement, options, bones, job, pose,
        folder, strings.puppet.figure,
    )  # fmt: skip


def new_folder() -> Path:
    """For a job's own files: a folder that no other job has; `Dancing` makes and removes it."""
    return Path(bpy.app.tempdir) / f"twostep-dance-{session.next_number()}"


class Dancing(Work):
    """A dance on its way through the worker; what is derived from it says where it lands.

    folder: of the job's own files, to be made and removed. scene: the session uid of the scene that
    it was asked for in.
    """

    SAID, MOVE = "A dance is being made", "dance"

    def __init__(self, job: DanceJob, folder: Path, scene: int) -> None:
        super().__init__()
        self.job, self.scene = job, scene
        self._folder = folder

    def start(self) -> None:
        """Hand the job to the worker. Raises TwostepError when there is none to be had."""
        self._prepare()
        self._ask("dance", self.job.to_fields())
        super().start()

    def close(self) -> None:
        """Tidy up, however it ended; a job that still runs is stopped."""
        self._drop()
        super().close()
        # With its folder: the worker may have heard too late that nobody waits for what it writes.
        remove_folder(self._folder)

    def _prepare(self) -> None:
        """Make the files that the worker reads or writes, and their folder."""
        make_folder(self._folder, "; see to it that it may be written.")

    def _scene(self) -> bpy.types.Scene:
        scene = armature.by_uid(bpy.data.scenes, self.scene)
        if scene is None:
            raise TwostepError("The scene was deleted while the dance was made.")
        return scene

    def _title(self, song: str) -> str:
        """What the dance's action is called."""
        style = self.result["style"]
        return f"{song} - {LABELS.get(style, style)}"

    def _recipe(self, *, present_pose: bool) -> dict[str, Any]:
        """What the dance's action tells of how it was made."""
        job = self.job.to_fields()
        recipe = {key: value for key, value in job.items() if key not in ("out", "context")}
        return {
            **recipe,
            "danced_style": self.result["style"],
            "bpm": self.result["bpm"],
            "present_pose": present_pose,
            "weights": self.result["weights"],
        }

    def _summary(self, result: str) -> str:
        """What to tell the user. result: what was written."""
        style, bpm, seconds = (self.result[name] for name in ("style", "bpm", "seconds"))
        return f"{style_label(style)} at {bpm:.0f} bpm for {seconds:.0f} s: {result}"


class Run(Dancing):
    """A dance for the character that is there, to the song that is there."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.job, plan.folder, plan.scene)
        self.plan = plan
        self._fitting: Aside[tuple[Motion, apply.Fitted]] | None = None
        self._reducing: Aside[tuple[keys.Draft, Reduced]] | None = None

    @property
    def done(self) -> bool:
        """When it is danced, and reckoned what takes long to reckon."""
        last = self._reducing if self._few else self._fitting
        return last is not None and last.done

    @property
    def _few(self) -> bool:
        return self.plan.options.keys == "FEW"

    def start(self) -> None:
        """As all do, and note for whom it is."""
        super().start()
        self.asked |= {"rig": self.plan.recognition.label, **self.plan.options.to_fields()}

    def _prepare(self) -> None:
        super()._prepare()
        if self.plan.context is not None and self.job.context is not None:
            with replaced(self.job.context) as path:
                self.plan.context.save(path)

    def apply(self) -> str:
        """Key the dance. Raises TwostepError, the scene unchanged, when it has nowhere to go."""
        ob, scene = self._found()
        assert self._fitting is not None
        motion, fitted = self._fitting.result()
        few = None if self._reducing is None else self._reducing.result()
        self._note_provider()
        with meant(scene):
            landed = apply.apply_dance(
                ob,
                motion,
                self.plan.placement,
                self._title(self.plan.clip.name),
                self._recipe(present_pose=self.plan.context is not None),
                self.plan.options,
                self.plan.bones,
                apply.Prepared(fitted, few),
            )
        self.warnings += landed.warnings
        return self._summary(_told(landed.written, self.plan.options))

    def _advance(self) -> bool:
        if not self.result:
            super()._advance()
        elif self._fitting is None:
            state.stage = "Fitting the dance"
            path, figure, options = self.result["path"], self.plan.figure, self.plan.options
            self._fitting = Aside(lambda: _fitted(Path(path), figure, options))
        elif self._few and self._fitting.done and self._reducing is None:
            state.stage = "Reducing the keys"
            draft = self._draft(*self._fitting.result())
            self._reducing = Aside(lambda: (draft, draft.reduced()))
        return False

    def _draft(self, _: Motion, fitted: apply.Fitted) -> keys.Draft:
        ob, scene = self._found()
        plan, options = self.plan, self.plan.options
        root = options.travel == "ROOT"
        with meant(scene):
            strings = puppets.puppet(ob, plan.recognition, options.limbs, root)
            return keys.drafted(
                ob, strings, fitted.motion, plan.placement, options, fitted.path, plan.bones
            )

    def _found(self) -> tuple[bpy.types.Object, bpy.types.Scene]:
        """The armature and the scene, as they were, or TwostepError."""
        ob = armature.by_uid(bpy.data.objects, self.plan.armature)
        if ob is None:
            raise TwostepError("The character was deleted while it learned to dance.")
        scene = self._scene()
        armature.check(ob)
        if armature.recognition(ob) != self.plan.recognition:
            raise TwostepError(f"The bones of {ob.name} were changed meanwhile; press Dance again.")
        return ob, scene


def _fitted(path: Path, figure: Figure, options: Options) -> tuple[Motion, apply.Fitted]:
    try:
        motion = Motion.load(path)
    except ValueError as error:
        raise TwostepError("The dance could not be read back; press Dance again.") from error
    return motion, apply.fitted(motion, figure, options)


def _told(written: keys.Written, options: Options) -> str:
    """Which action, and, where there are fewer keys than frames, how near they come."""
    action = written.action.name
    if options.keys != "FEW":
        return f"action {action}"
    return (
        f"action {action}, {written.keys} keys, no further off than {written.error_mm:.1f} mm and "
        f"{written.error_deg:.1f}°"
    )


def options_of(settings: Any, ob: bpy.types.Object) -> Options:
    """What the panel asks for. Raises TwostepError when it names what is not there."""
    bones = {"ALL": "", "SELECTED": "SELECTED"}.get(settings.bones, settings.bone_collection)
    if settings.bones == "COLLECTION" and bones not in ob.data.collections_all:
        raise TwostepError(
            f"{ob.name} has no bone collection {bones}; choose one under Keys."
            if bones
            else "Choose the bone collection whose bones shall be keyed, under Keys."
        )
    return Options(
        limbs=settings.limbs,
        travel=settings.travel,
        reach=settings.reach,
        loop=settings.use_loop,
        keys=settings.keys,
        tolerance_mm=settings.tolerance_mm,
        tolerance_deg=settings.tolerance_deg,
        onto=settings.onto,
        bones=bones,
        blend_in=settings.blend_in,
        blend_out=settings.blend_out,
    )


def _clip(context: bpy.types.Context) -> strips.Clip:
    settings, scene = context.scene.twostep, context.scene
    frames = (scene.frame_start, scene.frame_end + 1) if settings.length == "RANGE" else None
    strip = strips.chosen(context, settings.song)
    if strip is not None:
        return strips.clip(context, strip, frames)
    if settings.song:
        raise TwostepError(f"There is no sound strip {settings.song}; choose another song.")
    if settings.song_file:
        path = Path(bpy.path.abspath(settings.song_file))
        return strips.file_clip(scene, path, frames)
    raise TwostepError("There is no song yet; press Open Song, or add a sound strip.")


def style_label(style: str) -> str:
    """A style's name as people write it."""
    return LABELS.get(style, style).capitalize()
