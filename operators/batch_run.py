# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch on its way: dance after dance sampled, danced for a moment in the open file, exported."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import bpy

from ..inference.batch import store
from ..inference.batch.work import Work as Unit
from ..inference.errors import Cancelled, TwostepError, Unforeseen, told
from ..inference.retarget.options import Options
from ..scene import armature
from . import session, trouble
from .batch_export import contents, export
from .batch_plan import Order, Plan, counted
from .session import state
from .work import Work, failure, meant

#: So many units after the present one are looked through for something to sample meanwhile.
_AHEAD = 32
#: How long is skipped at a stretch what is there already, seconds.
_STRETCH = 1.0


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
        self._failed: dict[Path, TwostepError] = {}
        self._share = 0.0
        self._contents: dict[tuple[int, int, Options], str] = {}

    @property
    def done(self) -> bool:
        """Whether every dance has ended, one way or another."""
        return self._place >= len(self.plan.orders)

    @property
    def touches(self) -> bool:
        """Each step may export."""
        return True

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
            self.warnings.append(f"{counted(failed)} could not be exported; Results says why.")
        ends = ", ".join(f"{number} {state.lower()}" for state, number in self._ended.items())
        return f"{counted(len(self.plan.orders))}: {ends}"

    def close(self) -> None:
        """Tidy up, however it ended; what the worker still makes is stopped."""
        if self._open:
            session.cancel()
        super().close()

    def step(self) -> bool:
        """Go on with the present dance, to its end if nothing has to be waited for."""
        self._check()
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
        except Exception as error:  # whatever it is, the others go on
            trouble.note(error, "twostep.batch", order.unit.to_fields())
            self._end(order, "FAILED", told(error))
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
        with meant(self._scene()):
            warnings = export(ob, unit, order.action, self._scene().frame_start)
        self._end(order, "DONE", " ".join(warnings))
        return True

    def _print(self, ob: bpy.types.Object, order: Order) -> str:
        """What the unit is made of in the open file: asked once a step."""
        key = order.armature, order.action, order.unit.landing
        if key not in self._contents:
            self._contents[key] = contents(ob, order, self._scene().frame_start)
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
            raise self._failed[place]
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
                if message["event"] == "error":
                    error = self._failed[place] = failure(message)
                    if isinstance(error, Unforeseen):
                        session.close()  # a fresh process may do better; what else is open, too
                        self._open.clear()
                elif message["event"] == "cancelled":
                    self._failed[place] = TwostepError("It was cancelled.")

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
