# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the interface lives while something is made: ticks, redraws, and progress drawn."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import bpy

from . import addon


class Watching:
    """Counts from its making until `stop`, as long as something is being made.

    Ticks are those of a timer, redraws those of the sidebar: each notes the progress it showed.
    """

    _TICK = 0.05

    def __init__(self) -> None:
        self._ticks: list[float] = []
        self._drawn: list[float] = []
        self._on = True
        self._handle = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "UI", "POST_PIXEL")
        bpy.app.timers.register(self._tick, persistent=True)

    def stop(self) -> None:
        """Count no more."""
        if self._on:
            bpy.types.SpaceView3D.draw_handler_remove(self._handle, "UI")
        self._on = False

    def check(self, least: int = 5) -> None:
        """The interface went on, and progress went forward, as often or more often."""
        assert len(self._ticks) > least, f"only {len(self._ticks)} ticks of a timer"
        assert len(self._drawn) > least, f"only {len(self._drawn)} redraws of the sidebar"
        seen = sorted(set(self._drawn))
        assert len(seen) >= least, f"progress was drawn as {seen} alone"
        back = [(a, b) for a, b in pairwise(self._drawn) if b < a]
        assert not back, f"progress went back: {back[:3]}"

    def facts(self) -> dict[str, Any]:
        """What was counted."""
        longest = max((b - a for a, b in pairwise(self._ticks)), default=0.0)
        return {
            "ticks": len(self._ticks),
            "redraws": len(self._drawn),
            "steps_of_progress": len(set(self._drawn)),
            "longest_pause_s": round(longest, 2),
        }

    def _tick(self) -> float | None:
        if addon.now().twostep_running:
            self._ticks.append(time.monotonic())
        return self._TICK if self._on else None

    def _draw(self) -> None:
        if addon.now().twostep_running:
            self._drawn.append(round(addon.now().twostep_fraction, 4))
