# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that takes a while, and the operators that do it: in steps, shown, and cancelled at will."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import bpy

from ..inference.errors import Cancelled, TwostepError, Unforeseen
from ..scene.words import reported, told
from . import session
from .session import state
from .trouble import redraw

if TYPE_CHECKING:
    from bpy.types import Operator as _Operator
else:  # Blender registers classes together with those of its own that they derive from
    _Operator = object

#: How often the work goes on a step, seconds.
TICK = 0.1
#: While Blender does this, nothing is to change under it.
_JOBS = ("RENDER", "OBJECT_BAKE")
#: Operators of the user's own hand, which ends them soon; an undo step amid a stroke breaks it.
#: What is duplicated or extruded and moved is a macro, and bears its own name while it moves.
_HANDS = (
    "TRANSFORM_OT_", "OBJECT_OT_duplicate_move", "POSE_OT_", "ARMATURE_OT_", "MESH_OT_",
    "CURVE_OT_", "CURVES_OT_", "ACTION_OT_", "GRAPH_OT_", "NLA_OT_", "NODE_OT_", "SEQUENCER_OT_",
    "SCULPT_OT_", "SCULPT_CURVES_OT_", "PAINT_OT_", "PARTICLE_OT_", "GPENCIL_OT_",
    "GREASE_PENCIL_OT_",
)  # fmt: skip

#: The work that goes on, and the timer that moves it in a window.
_going: list[Work] = []
_ticking: list[bpy.types.Timer] = []
#: Work whose window was closed, and the operator that goes on with it in another one.
_homeless: list[tuple[Work, str]] = []
#: Files that are being read: what Blender cancels then is lost with the one before.
_reading: list[str] = []


class Work(ABC):
    """Work on its way. `start`, then `step` until it is `done`, `apply`, and always `close`.

    The scene is written by `apply` alone. What goes wrong is raised as TwostepError.
    """

    #: What others are told while it goes on, and in whose section of the panel it is shown.
    SAID = "Work is being done"
    MOVE = ""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.result: dict[str, Any] = {}
        #: What the worker was asked for, to tell when it fails.
        self.asked: dict[str, Any] = {}
        #: Why it cannot be applied any more, or "".
        self.lost = ""
        self._number = session.next_number()

    @property
    def done(self) -> bool:
        """Whether it can be applied."""
        return bool(self.result)

    @property
    def touches(self) -> bool:
        """Whether the scene is read or written next."""
        return self.done

    def start(self) -> None:
        """Begin; from now on the panel shows it."""
        _going.append(self)
        state.running, state.cancelling, state.stage = True, False, "Starting"
        state.said, state.move, state.fraction = self.SAID, self.MOVE, 0.0

    def step(self) -> bool:
        """Go on a little. True: there is more to do at once; False: the worker is waited for."""
        self._check()
        if state.cancelling:
            raise Cancelled("Cancelled; nothing was changed.")
        return self._advance()

    @abstractmethod
    def apply(self) -> str:
        """Write the scene, all or nothing; returns what to tell the user."""

    def close(self) -> None:
        """Tidy up, however it ended."""
        if self in _going:
            _going.remove(self)
        state.running = state.cancelling = False

    def _check(self) -> None:
        if self.lost:
            raise Cancelled(self.lost)

    def _advance(self) -> bool:
        self._hear()
        return False

    def _ask(self, kind: str, fields: dict[str, Any]) -> None:
        """Hand a job to the worker. Raises TwostepError when there is none to be had."""
        self.asked = {"type": kind, **fields}
        session.worker().submit({"id": self._number, **self.asked})

    def _hear(self, begun: float = 0.0) -> None:
        """Take in what the worker says; `begun` is the share that was done before it was asked."""
        for message in session.worker().poll():
            if message.get("id") == self._number:
                self._take(message, begun)

    def _take(self, message: dict[str, Any], begun: float) -> None:
        match message["event"]:
            case "progress":
                state.fraction = begun + (1 - begun) * message["fraction"]
                state.stage = message["stage"]
            case "warning":
                self.warnings.append(message["message"])
            case "result":
                self.result = message
            case "cancelled":
                raise Cancelled("Cancelled; nothing was changed.")
            case "error":
                error = failure(message)
                if isinstance(error, Unforeseen):
                    session.close()  # a fresh process may do better
                raise error

    def _drop(self) -> None:
        """Let the worker stop what nobody waits for any more."""
        if not self.result:
            session.cancel()

    def _note_provider(self) -> None:
        state.provider = self.result["provider"]
        state.provider_note = self.result["provider_note"]


class WorkOperator(_Operator):
    """What operators that do work have in common; they say which in `_work_of`."""

    _work: Work

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """One at a time; what lost its window goes on in another, whatever that one shows."""
        if _homeless:
            return True
        busy = f"{state.said}; wait for it or cancel it" if state.running else ""
        said = busy or cls._refused(context)
        if said:
            cls.poll_message_set(told(said))
        return not said

    @classmethod
    def _refused(cls, _context: bpy.types.Context) -> str:
        """Why it cannot be begun, "" if it can be tried."""
        return ""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Straight through, as scripts and Blender without a window want it."""
        self._work = work = self._work_of(context)
        try:
            work.start()
            while not work.done:
                if not work.step():
                    time.sleep(TICK / 4)
            return self._finish(work)
        finally:
            work.close()

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """In a window: the work goes on while the user does."""
        if context.window is None or bpy.app.background:
            return self.execute(context)
        if _homeless:
            self._work, _ = _homeless.pop()
        else:
            self._work = self._work_of(context)
            try:
                self._work.start()
            except BaseException:
                self._work.close()
                raise
        manager = context.window_manager
        _ticking.append(manager.event_timer_add(TICK, window=context.window))
        manager.progress_begin(0, 100)
        manager.modal_handler_add(self)
        show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """A step at every tick of the timer."""
        if event.type == "ESC" and event.value == "PRESS":
            state.cancelling = True
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        work = self._work
        try:
            if not (work.touches and _waits(context)):
                work.step()
            if not work.done or _waits(context):
                show(context)
                return {"PASS_THROUGH"}
            outcome = self._finish(work)
        except BaseException:
            self._end(context)
            raise
        self._end(context)
        return outcome

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender closes the window where it was begun, or all of them to read another file.

        In another window it goes on, if only to tell why it cannot.
        """
        if _reading:
            self._work.close()
            self._work.lost = "Cancelled, for another file was opened; nothing was changed."
        _tick_no_more(context)  # and nothing else: half of the window is gone
        _homeless.append((self._work, type(self).bl_idname.partition(".")[2]))
        if not bpy.app.timers.is_registered(_move):
            bpy.app.timers.register(_move, first_interval=TICK, persistent=True)

    def _end(self, context: bpy.types.Context) -> None:
        try:
            self._work.close()
        finally:
            _still(context)

    def _work_of(self, context: bpy.types.Context) -> Work:
        raise NotImplementedError

    def _finish(self, work: Work) -> set[str]:
        said = work.apply()
        for warning in work.warnings:
            self.report({"WARNING"}, reported(warning))
        self.report({"INFO"}, reported(said))
        return {"FINISHED"}


def failure(message: dict[str, Any]) -> TwostepError:
    """What the worker could not do, as an error."""
    said, report = message["message"], message.get("report", "")
    if not message.get("foreseen"):
        return Unforeseen(said, report)
    session.log.info("%s\n%s", said, report)
    return TwostepError(said)


@contextmanager
def meant(scene: bpy.types.Scene) -> Iterator[None]:
    """The scene as the context has it, whichever one the user looks at meanwhile."""
    if bpy.context.scene == scene:
        yield
        return
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        yield


def _waits(context: bpy.types.Context) -> bool:
    """Whether the scene is in use, which is told; nobody who cancels has to wait."""
    if state.cancelling:
        return False
    if any(map(bpy.app.is_job_running, _JOBS)):
        state.stage = "Waiting for the rendering"
        return True
    running = (each for window in context.window_manager.windows for each in window.modal_operators)
    if any(each.bl_idname.startswith(_HANDS) for each in running):
        state.stage = "Waiting for your move"
        return True
    return False


def _move() -> None:
    """Let the work without a window go on in the one that there is."""
    windows = bpy.context.window_manager.windows
    if not (_homeless and windows):
        return
    at_home = (window for window in windows if _has_viewport(window))
    with bpy.context.temp_override(window=next(at_home, windows[0])):
        getattr(bpy.ops.twostep, _homeless[0][1])("INVOKE_DEFAULT")


def _has_viewport(window: bpy.types.Window) -> bool:
    return any(area.type == "VIEW_3D" for area in window.screen.areas)


@bpy.app.handlers.persistent
def _begin_reading(path: str) -> None:
    _reading.append(path)


@bpy.app.handlers.persistent
def _end_reading(_path: str) -> None:
    _reading.clear()


def watch_files() -> None:
    """Notice when Blender reads another file."""
    for handlers, noticed in _handlers():
        handlers.append(noticed)


def _handlers() -> tuple[tuple[list[Any], Any], ...]:
    handlers = bpy.app.handlers
    return (
        (handlers.load_pre, _begin_reading),
        (handlers.load_post, _end_reading),
        (handlers.load_post_fail, _end_reading),
    )


def stop() -> None:
    """End what goes on, nothing changed: the add-on is being switched off.

    Blender forgets a running operator whose class it takes back, without cancelling it.
    """
    for handlers, noticed in _handlers():
        if noticed in handlers:  # nobody else cleared them
            handlers.remove(noticed)
    shown = bool(_homeless or _going)
    _homeless.clear()
    if bpy.app.timers.is_registered(_move):
        bpy.app.timers.unregister(_move)
    for work in tuple(_going):
        work.close()
    if shown:
        _still(bpy.context)


def _still(context: bpy.types.Context) -> None:
    """No timer ticks and no progress shows any more."""
    _tick_no_more(context)
    context.window_manager.progress_end()
    _write(context, None)


def _tick_no_more(context: bpy.types.Context) -> None:
    while _ticking:
        context.window_manager.event_timer_remove(_ticking.pop())


class TWOSTEP_OT_cancel(bpy.types.Operator):
    """Stop what is being made; nothing is changed"""

    bl_idname = "twostep.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if not state.running:
            cls.poll_message_set(told("Nothing is being made"))
        return state.running

    def execute(self, context: bpy.types.Context) -> set[str]:
        state.cancelling = True
        return {"FINISHED"}


def show(context: bpy.types.Context) -> None:
    """Progress in the status bars, at the pointer and, by redrawing it, in the panel."""
    _write(context, _draw_status)
    context.window_manager.progress_update(round(state.fraction * 100))


def _write(context: bpy.types.Context, draw: Callable[..., None] | None) -> None:
    """Into the status bar of every window, whichever workspaces it goes through.

    A text would stay for ever in a workspace that is not looked at when it is taken back.
    """
    for window in context.window_manager.windows:
        with context.temp_override(window=window):
            window.workspace.status_text_set(draw)
    redraw()


def _draw_status(header: bpy.types.Header, _context: bpy.types.Context) -> None:
    layout, share = header.layout, f"{state.fraction:.0%}"
    layout.label(text=told(f"Twostep: {state.stage} {share}, Esc to cancel"), translate=False)
    layout.separator_spacer()
    layout.template_reports_banner()
    layout.separator_spacer()
    layout.template_running_jobs()
