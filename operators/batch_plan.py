# SPDX-License-Identifier: GPL-3.0-or-later
"""What a batch is to make, read off the scene: whose dances, and how they land."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ..inference.batch.work import Work as Unit
from ..inference.errors import TwostepError
from ..inference.files import make_folder, scratch
from ..inference.retarget.options import Options
from ..scene import batches, exporters
from . import session
from .run import LABELS, options_of


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


def counted(number: int) -> str:
    """Such as 1 dance, 2 dances."""
    return f"{number} dance" if number == 1 else f"{number} dances"
