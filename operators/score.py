# SPDX-License-Identifier: GPL-3.0-or-later
"""The Score button, its variations, and reading a rhythm off the dance."""

from __future__ import annotations

import bpy

from ..inference.motion import Motion
from ..inference.score.cues import read_cues
from ..scene import armature, takes
from . import watch
from .score_run import ScoreRun, plan, plan_variation
from .watch import Rhythm, Watching
from .work import WorkOperator


class TWOSTEP_OT_score(WorkOperator, bpy.types.Operator):
    """Make music for the character's dance, as a sound file and a strip in the sequencer"""

    bl_idname = "twostep.score"
    bl_label = "Score"
    bl_options = {"UNDO"}

    def _work_of(self, context: bpy.types.Context) -> ScoreRun:
        return ScoreRun(*plan(context))


class TWOSTEP_OT_score_variation(WorkOperator, bpy.types.Operator):
    """Make more music like the selected or the latest take of this character, with the next seed"""

    bl_idname = "twostep.score_variation"
    bl_label = "Add Variation"
    bl_options = {"UNDO"}

    @classmethod
    def _refused(cls, context: bpy.types.Context) -> str:
        ob = armature.character(context)
        if ob is not None and takes.of(context.scene, ob):
            return ""
        return "There is no music for this character to vary yet; press Score first"

    def _work_of(self, context: bpy.types.Context) -> ScoreRun:
        return ScoreRun(*plan_variation(context))


class TWOSTEP_OT_read_rhythm(WorkOperator, bpy.types.Operator):
    """Estimate tempo, meter and first downbeat from how the character moves"""

    bl_idname = "twostep.read_rhythm"
    bl_label = "Read from Dance"
    bl_options = {"UNDO"}

    def _work_of(self, context: bpy.types.Context) -> RhythmRun:
        return RhythmRun(watch.of_settings(context, context.scene.twostep.score))


class RhythmRun(Watching):
    """The poses are read, and what beat they have; no worker is needed."""

    SAID, MOVE = "The rhythm is being read", "score"

    def _seen(self, motion: Motion) -> None:
        grid = read_cues(motion).grid
        downbeat = grid.beats[grid.downbeats & (grid.beats > -1e-6)][0]
        self.result = {
            "rhythm": Rhythm(grid.bpm, grid.beats_per_bar, self.watch.frame(float(downbeat)))
        }

    def apply(self) -> str:
        """Show it in the panel."""
        _, scene = self._found("its rhythm was read")
        rhythm = self.result["rhythm"]
        watch.shown(scene.twostep.score, rhythm)
        return (
            f"{rhythm.bpm:.1f} bpm, {rhythm.beats_per_bar} beats to the bar, first downbeat in "
            f"frame {rhythm.downbeat:.1f}"
        )
