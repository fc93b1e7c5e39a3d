# SPDX-License-Identifier: GPL-3.0-or-later
"""The Quick Start button: everything that a first dance needs, at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ..inference.errors import TwostepError
from ..inference.jobs import DanceJob
from ..inference.motion import Motion
from ..scene import debut, playback, versions
from . import session
from .run import Dancing, new_folder
from .work import Work, WorkOperator


class QuickRun(Dancing):
    """A dance to the song that comes with Twostep; all that it needs is added when it is made."""

    def __init__(self, context: bpy.types.Context) -> None:
        settings, folder = context.scene.twostep, new_folder()
        job = DanceJob(
            song=debut.SONG,
            out=folder / "dance.npz",
            style=settings.style,
            energy=settings.energy,
            seed=settings.seed,
            retime=settings.use_retime,
            provider=session.provider(),
        )
        super().__init__(job, folder, context.scene.session_uid)
        self.made: debut.Debut | None = None

    def apply(self) -> str:
        """Put everything into the scene, or, raising TwostepError, nothing."""
        scene = self._scene()
        try:
            motion = Motion.load(Path(self.result["path"]))
        except ValueError as error:
            raise TwostepError("The dance could not be read back; try again.") from error
        self._note_provider()
        name, recipe = self._title(debut.TITLE), self._recipe(present_pose=False)
        with _shown(scene):
            self.made = debut.perform(bpy.context, motion, name, recipe)
        self.warnings += self.made.warnings
        action = self.made.action.name
        return self._summary(f"action {action}")


@contextmanager
def _shown(scene: bpy.types.Scene) -> Iterator[None]:
    """The scene in the window, whichever one the user looks at meanwhile: bones are made there."""
    versions.renew_context()
    window = bpy.context.window
    before = window.scene if window is not None else scene
    if before == scene:
        yield
        return
    window.scene = scene
    try:
        yield
    finally:
        window.scene = before


class TWOSTEP_OT_quick_start(WorkOperator, bpy.types.Operator):
    """Add a dancer, a song, a dance, a camera, and play; sets Sync to Audio and the frame range. \
Blender's first cube and light go; a scene with more stays, and has its preview range set"""

    bl_idname = "twostep.quick_start"
    bl_label = "Quick Start"
    bl_options = {"UNDO"}

    def _work_of(self, context: bpy.types.Context) -> QuickRun:
        return QuickRun(context)

    def _finish(self, work: Work) -> set[str]:
        outcome = super()._finish(work)
        context = bpy.context
        if isinstance(work, QuickRun) and work.made and context.scene.session_uid == work.scene:
            playback.look_through(context, work.made.camera)
            playback.frame_timelines(context)
            playback.play(context)
        return outcome
