# SPDX-License-Identifier: GPL-3.0-or-later
"""The Dance button."""

from __future__ import annotations

import time

import bpy

from ..inference.errors import Cancelled, TwostepError
from .run import Run, plan, style_label
from .session import state

#: How often the worker is asked for news, seconds.
_TICK = 0.1


class TWOSTEP_OT_dance(bpy.types.Operator):
    """Make the character dance to the song, as keyframes that you can edit"""

    bl_idname = "twostep.dance"
    bl_label = "Dance"
    bl_options = {"UNDO"}

    _run: Run
    _timer: bpy.types.Timer

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if state.running:
            cls.poll_message_set("A dance is being made; wait for it or cancel it")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Straight through, as scripts and Blender without a window want it."""
        try:
            run = Run(plan(context))
            try:
                run.start()
                while not run.done:
                    run.step()
                    time.sleep(_TICK / 4)
                return self._finish(run)
            finally:
                run.close()
        except TwostepError as error:
            return self._fail(error)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """In a window: the worker works while the user goes on."""
        if context.window is None or bpy.app.background:
            return self.execute(context)
        try:
            self._run = Run(plan(context))
            self._run.start()
        except TwostepError as error:
            state.running = False
            return self._fail(error)
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK, window=context.window)
        manager.progress_begin(0, 100)
        manager.modal_handler_add(self)
        _show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC" and event.value == "PRESS":
            state.cancelling = True
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            self._run.step()
            if not self._run.done:
                _show(context)
                return {"PASS_THROUGH"}
            outcome = self._finish(self._run)
        except TwostepError as error:
            outcome = self._fail(error)
        except BaseException:
            self.cancel(context)
            raise
        self.cancel(context)
        return outcome

    def cancel(self, context: bpy.types.Context) -> None:
        """The end of it, whatever the reason; Blender calls this when it loads another file."""
        self._run.close()
        manager = context.window_manager
        manager.event_timer_remove(self._timer)
        manager.progress_end()
        _show(context)

    def _finish(self, run: Run) -> set[str]:
        action = run.apply()
        for warning in run.warnings:
            self.report({"WARNING"}, warning)
        result = run.result
        self.report(
            {"INFO"},
            f"{style_label(result['style'])} at {result['bpm']:.0f} bpm for "
            f"{result['seconds']:.0f} s: action {action.name}",
        )
        return {"FINISHED"}

    def _fail(self, error: TwostepError) -> set[str]:
        self.report({"INFO"} if isinstance(error, Cancelled) else {"ERROR"}, str(error))
        return {"CANCELLED"}


class TWOSTEP_OT_cancel(bpy.types.Operator):
    """Stop making the dance; nothing is changed"""

    bl_idname = "twostep.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return state.running

    def execute(self, context: bpy.types.Context) -> set[str]:
        state.cancelling = True
        return {"FINISHED"}


def _show(context: bpy.types.Context) -> None:
    """Progress in the status bar, at the pointer and, by redrawing it, in the panel."""
    text = f"Twostep: {state.stage} {state.fraction:.0%}, Esc to cancel" if state.running else None
    if context.workspace is not None:
        context.workspace.status_text_set(text)
    if state.running:
        context.window_manager.progress_update(round(state.fraction * 100))
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
