# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch on its way: dance after dance sampled, danced for a moment in the open file, exported."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ..inference.batch import store
from ..inference.batch.work import Work as Unit
from ..inference.errors import Cancelled, TwostepError
from ..inference.files import make_folder, scratch
from ..inference.motion import Motion
from ..inference.retarget.options import Options
from ..scene import (
    apply,
    armature,
    bake,
    batches,
    borrowed,
    exporters,
    keys,
    prints,
    puppets,
    versions,
)
from . import session
from .run import LABELS, options_of
from .session import state
from .work import Work

#: So many units after the present one are looked through for something to sample meanwhile.
_AHEAD = 32
#: How long is skipped at a stretch what is there already, seconds.
_STRETCH = 1.0


@dataclass(frozen=True)
class Order:
    """A dance to export, who dances it, and how it lands.

    The armature and the action are remembered by their session uid, as in `run.Plan`. refused: why
    it cannot be, or "".
    """

    unit: Unit
    armature: int
    action: int = 0
    refused: str = ""

    @property
    def label(self) -> str:
        """What people call it."""
        if self.unit.dance is None:
            return self.unit.action
        style = self.unit.dance.style
        return f"{self.unit.dance.song.stem} - {LABELS.get(style, style)}"


@dataclass(frozen=True)
class Plan:
    """All that was asked for.

    again: in the place of results that there are. left_out: sentences on what is not made.
    """

    scene: int
    orders: tuple[Order, ...]
    again: bool = False
    left_out: tuple[str, ...] = ()


def plan(context: bpy.types.Context, *, again: bool = False) -> Plan:
    """Read the scene's batch; makes its folder and changes nothing else. Raises TwostepError.

    again: only what failed.
    """
    scene = context.scene
    batch = scene.twostep.batch
    asked = list(batches.works(scene))
    if again:
        failed = {result.name for result in batch.results if result.state == "FAILED"}
        asked = [(item, unit) for item, unit in asked if unit.name in failed]
        if not asked:
            raise TwostepError("Nothing of what failed is part of the batch any more; export it.")
    _make(asked[0][1].out)
    orders = tuple(_order(scene.twostep, item, unit) for item, unit in asked)
    left_out = (exporters.lacking(form) for form in exporters.FORMATS if form in batch.formats)
    return Plan(scene.session_uid, orders, again, tuple(filter(None, left_out)))


def landing_of(settings: Any, ob: bpy.types.Object) -> Options:
    """How the Dance panel wants it, in an action that is new and so blends with nothing."""
    return replace(options_of(settings, ob), onto="ACTION", blend_in=0, blend_out=0)


def _order(settings: Any, item: batches.Item, unit: Unit) -> Order:
    if item.action is not None:
        return Order(unit, item.ob.session_uid, item.action.session_uid)
    assert unit.dance is not None
    dance = replace(unit.dance, provider=session.provider())
    try:
        unit = replace(unit, dance=dance, landing=landing_of(settings, item.ob))
    except TwostepError as error:
        return Order(unit, item.ob.session_uid, refused=str(error))
    return Order(unit, item.ob.session_uid)


def _make(folder: Path) -> None:
    """The folder, to which files can be written. Raises TwostepError when they cannot."""
    make_folder(folder, "; choose another.")
    with scratch(folder / "dances"):
        pass


class Batch(Work):
    """The dances of a batch, one a step. One that fails is told of, and harms no other."""

    SAID, MOVE = "A batch is being exported", "batch"

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.warnings += plan.left_out
        self._place = 0
        #: How many ended how.
        self._ended: Counter[str] = Counter()
        #: What the worker is asked for, by the message's number, and what it could not make.
        self._open: dict[int, Path] = {}
        self._failed: dict[Path, str] = {}
        self._share = 0.0
        self._contents: dict[tuple[int, int, Options], str] = {}

    @property
    def done(self) -> bool:
        """Whether every dance has ended, one way or another."""
        return self._place >= len(self.plan.orders)

    def start(self) -> None:
        """Begin: the results of the last time are forgotten."""
        super().start()
        if not self.plan.again:
            self._results().clear()
        self._show()

    def apply(self) -> str:
        """Nothing is left to do but to tell."""
        failed = self._ended["FAILED"]
        if failed:
            self.warnings.append(
                f"{counted(failed, 'dance')} could not be exported; Results says why."
            )
        told = [f"{number} {state.lower()}" for state, number in self._ended.items()]
        return f"{counted(len(self.plan.orders), 'dance')}: {', '.join(told)}"

    def close(self) -> None:
        """Tidy up, however it ended; what the worker still makes is stopped."""
        if self._open:
            session.worker().cancel()
        super().close()

    def step(self) -> bool:
        """Go on with the present dance, to its end if nothing has to be waited for."""
        if state.cancelling:
            raise Cancelled(
                f"Cancelled after {self._place} of {len(self.plan.orders)}; Export goes on there."
            )
        return self._advance()

    def _advance(self) -> bool:
        self._contents.clear()  # since the last step the user may have changed anything
        until = time.monotonic() + _STRETCH
        while True:
            skipped = self._ended["SKIPPED"]
            more = self._attempt(self.plan.orders[self._place])
            if self._ended["SKIPPED"] == skipped or self.done or time.monotonic() > until:
                return more

    def _attempt(self, order: Order) -> bool:
        """A step of a dance, which ends if it cannot be made."""
        try:
            return self._go_on(order)
        except Cancelled:
            raise
        except TwostepError as error:
            self._end(order, "FAILED", str(error))
        except Exception as error:  # whatever it is, the others go on
            session.log.exception("exporting %s", order.unit.name)
            said = (str(error).strip().splitlines() or [""])[0][:200]
            self._end(order, "FAILED", f"It failed unforeseen ({type(error).__name__}: {said}).")
        return True

    def _go_on(self, order: Order) -> bool:
        """A step of a dance; returns whether there is more to do at once."""
        self._hear()
        if order.refused:
            raise TwostepError(order.refused)
        sampled = "sample" in order.unit.stages
        if sampled and store.place(order.unit) in self._open.values():
            self._show()
            return False
        ob = self._armature(order)
        unit = replace(order.unit, contents=self._print(ob, order))
        if store.finished(unit) is not None:
            self._end(order, "SKIPPED", "It was there already.")
            return True
        if sampled and not self._sampled(unit):
            return False
        self._sample_ahead()
        with _meant(self._scene()):
            warnings = _exported(ob, unit, order.action, self._scene().frame_start)
        self._end(order, "DONE", " ".join(warnings))
        return True

    def _print(self, ob: bpy.types.Object, order: Order) -> str:
        """What the unit is made of in the open file: asked once a step."""
        key = order.armature, order.action, order.unit.landing
        if key not in self._contents:
            self._contents[key] = _print(ob, order, self._scene().frame_start)
        return self._contents[key]

    def _armature(self, order: Order) -> bpy.types.Object:
        """Who dances. Raises TwostepError when nobody can."""
        ob = armature.by_uid(bpy.data.objects, order.armature)
        if ob is None or self._scene().objects.get(ob.name) != ob:
            raise TwostepError(f"{order.unit.armature} was deleted before it was its turn.")
        return armature.check(ob)

    def _scene(self) -> bpy.types.Scene:
        scene = armature.by_uid(bpy.data.scenes, self.plan.scene)
        if scene is None:
            raise Cancelled("The scene of the batch was deleted, so the rest is not exported.")
        return scene

    def _sampled(self, unit: Unit) -> bool:
        """Whether its dance is there; the worker is asked for it if need be."""
        place = store.place(unit)
        if place in self._failed:
            raise TwostepError(self._failed[place])
        if store.sampled(unit) is not None:
            return True
        number = session.next_number()
        session.worker().submit({"id": number, "type": "sample", "work": unit.to_fields()})
        self._open[number], self._share = place, 0.0
        return False

    def _sample_ahead(self) -> None:
        """Let the worker make the next dance while this one is exported."""
        if self._open:
            return
        for order in self.plan.orders[self._place + 1 : self._place + 1 + _AHEAD]:
            try:
                if "sample" in order.unit.stages and not self._sampled(order.unit):
                    return
            except TwostepError:  # told when it is its turn
                continue

    def _hear(self, begun: float = 0.0) -> None:
        for message in session.worker().poll() if self._open else ():
            place = self._open.get(message.get("id", 0))
            if place is None:
                continue
            if message["event"] == "progress":
                self._share = message["fraction"]
            elif message["event"] in ("result", "error", "cancelled"):
                del self._open[message["id"]]
                if message["event"] != "result":
                    self._failed[place] = message.get("message", "It was cancelled.")

    def _end(self, order: Order, outcome: str, text: str) -> None:
        """Note how a dance ended, and go to the next one."""
        results = self._results()
        row = results.get(order.unit.name) or results.add()
        row.name, row.state, row.text = order.unit.name, outcome, text
        self._ended[outcome] += 1
        self._place, self._share = self._place + 1, 0.0
        self._show()

    def _results(self) -> bpy.types.bpy_prop_collection:
        return self._scene().twostep.batch.results

    def _show(self) -> None:
        count = len(self.plan.orders)
        state.fraction = (self._place + 0.8 * self._share) / max(count, 1)
        if not self.done:
            state.stage = f"{self._place + 1} of {count}: {self.plan.orders[self._place].label}"


@contextmanager
def _meant(scene: bpy.types.Scene) -> Iterator[None]:
    """The scene as the context has it, whichever one the user looks at meanwhile."""
    if bpy.context.scene == scene:
        yield
        return
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        yield


def counted(number: int, thing: str) -> str:
    """Such as 1 dance, 2 dances."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _print(ob: bpy.types.Object, order: Order, frame: int) -> str:
    """What the unit is made of in the open file."""
    if order.unit.dance is None:
        action = _action(order)
        return prints.character(
            ob, batches.bones_of(action), order.unit.meshes, prints.action(action)
        )
    landing = order.unit.landing
    found = armature.recognition(ob)
    strings = puppets.puppet(ob, found, landing.limbs, landing.travel == "ROOT")
    moved = {handle.bone for handle in strings.puppet.handles} | set(strings.still)
    told = (str(frame), *found.bones.values())
    return prints.character(ob, moved, order.unit.meshes, *told)


def _action(order: Order) -> bpy.types.Action:
    action = armature.by_uid(bpy.data.actions, order.action)
    if action is None:
        raise TwostepError(f"The action {order.unit.action} was deleted before it was its turn.")
    return action


def _exported(ob: bpy.types.Object, unit: Unit, action: int, frame: int) -> tuple[str, ...]:
    """Dance from that frame on, export, and leave everything as it was.

    Returns what the user should know.
    """
    context = bpy.context
    with borrowed.borrowed(ob) as data, store.delivery(unit) as parcel:
        if unit.dance is None:
            made = armature.by_uid(bpy.data.actions, action)
            versions.play_of(data, made, ob)
        else:
            made = _danced(ob, unit, parcel, frame)
        frames = batches.frames_of(made)
        taken = bake.take(context, ob, frames)
        for each in unit.formats:
            path = parcel.folder / f"{unit.name}.{each}"
            exporters.export(context, ob, path, each, unit.preset, unit.meshes, frames, taken)
        parcel.versions["blender"] = bpy.app.version_string
    return parcel.made.warnings if parcel.made is not None else ()


def _danced(ob: bpy.types.Object, unit: Unit, parcel: store.Parcel, frame: int) -> bpy.types.Action:
    """The unit's dance as the action that the armature plays."""
    sample = store.sampled(unit)
    if sample is None or sample.motion is None or unit.dance is None or unit.fps is None:
        raise TwostepError(f"The dance of {unit.name} was lost; try again.")
    placement = keys.Placement(frame, unit.fps)
    recipe = {**unit.dance.to_fields(), "danced_style": sample.facts.get("style", "")}
    motion = Motion.load(sample.motion)
    landed = apply.apply_dance(ob, motion, placement, unit.name, recipe, unit.landing)
    parcel.warnings += landed.warnings
    return landed.written.action
