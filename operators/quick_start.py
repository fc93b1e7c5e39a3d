# SPDX-License-Identifier: GPL-3.0-or-later
"""The Quick Start button: everything that a first dance needs, at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from ..inference.errors import TwostepError
from ..inference.files import make_folder, remove_folder
from ..inference.jobs import DanceJob
from ..inference.motion import Motion
from ..scene import armature, debut, playback
from . import session
from .run import LABELS, style_label
from .work import Work, WorkOperator


class QuickRun(Work):
    """A dance to the song that comes with Twostep; all that it needs is added when it is made."""

    SAID, MOVE = "A dance is being made", "dance"

    def __init__(self, context: bpy.types.Context) -> None:
        super().__init__()
        settings = context.scene.twostep
        self.scene = context.scene.session_uid
        self.made: debut.Debut | None = None
        self._folder = Path(bpy.app.tempdir) / f"twostep-dance-{session.next_number()}"
        self.job = DanceJob(
            song=debut.SONG,
            out=self._folder / "dance.npz",
            style=settings.style,
            energy=settings.energy,
            seed=settings.seed,
            retime=settings.use_retime,
            provider=session.provider(),
        )

    def start(self) -> None:
        """Hand the job to the worker. Raises TwostepError when there is none to be had."""
        make_folder(self._folder, "; see to it that it may be written.")
        self._ask("dance", self.job.to_fields())
        super().start()

    def apply(self) -> str:
        """Put everything into the scene, or, raising TwostepError, nothing."""
        scene = armature.by_uid(bpy.data.scenes, self.scene)
        if scene is None:
            raise TwostepError("The scene was deleted while the dance was made.")
        try:
            motion = Motion.load(Path(self.result["path"]))
        except ValueError as error:
            raise TwostepError("The dance could not be read back; try again.") from error
        style = self.result["style"]
        self._note_provider()
        name = f"{debut.TITLE} - {LABELS.get(style, style)}"
        with _shown(scene):
            self.made = debut.perform(bpy.context, motion, name, self._recipe(style))
        self.warnings += self.made.warnings
        bpm, seconds = self.result["bpm"], self.result["seconds"]
        action = self.made.action.name
        result = f"action {action}"
        return f"{style_label(style)} at {bpm:.0f} bpm for {seconds:.0f} s: {result}"

    def close(self) -> None:
        """Tidy up, however it ended; a job that still runs is stopped."""
        self._drop()
        super().close()
        # With its folder: the worker may have heard too late that nobody waits for what it writes.
        remove_folder(self._folder)

    def _recipe(self, style: str) -> dict[str, Any]:
        recipe = {key: value for key, value in self.job.to_fields().items() if key != "out"}
        made = {name: self.result[name] for name in ("bpm", "weights")}
        return {**recipe, "danced_style": style, "present_pose": False, **made}


@contextmanager
def _shown(scene: bpy.types.Scene) -> Iterator[None]:
    """The scene in the window, whichever one the user looks at meanwhile: bones are made there."""
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
    """Add a dancer, a song, a dance to it and a camera, and play; sets Sync to Audio, and the \
frame range to the dance (the preview range where other things are in the scene)"""

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
