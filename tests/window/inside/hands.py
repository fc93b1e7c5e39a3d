# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user does: mouse and keys, sent into Blender's own queue of events.

Blender must run with --enable-event-simulate; events then come from here alone.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import bpy

from . import driver, eyes

Place = tuple[int, int]
Doing = Generator[None, Any, Any]


def move(place: Place) -> Doing:
    """The mouse goes there, in pixels from the window's lower left corner."""
    # Twice: a button is noticed when the mouse moves on it, not when it appears on it.
    for x in (place[0] - 1, place[0]):
        eyes.window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=x, y=place[1])
        yield


def click(place: Place, button: str = "LEFTMOUSE", ctrl: bool = False) -> Doing:
    """A click there."""
    yield from move(place)
    for value in ("PRESS", "RELEASE"):
        eyes.window().event_simulate(type=button, value=value, x=place[0], y=place[1], ctrl=ctrl)
        yield


def drag(start: Place, end: Place) -> Doing:
    """The left button pressed at one place and let go at another."""
    yield from move(start)
    eyes.window().event_simulate(type="LEFTMOUSE", value="PRESS", x=start[0], y=start[1])
    yield
    for share in (0.1, 0.25, 0.5, 0.75, 1.0):
        yield from move(tuple(round(a + (b - a) * share) for a, b in zip(start, end, strict=True)))
    eyes.window().event_simulate(type="LEFTMOUSE", value="RELEASE", x=end[0], y=end[1])
    yield


def press(key: str, place: Place | None = None, **keys: bool) -> Doing:
    """A key, with the mouse in the middle of the viewport if nowhere else; ctrl=True and so on."""
    x, y = place or middle()
    yield from move((x, y))
    for value in ("PRESS", "RELEASE"):
        eyes.window().event_simulate(type=key, value=value, x=x, y=y, **keys)
        yield


def middle() -> Place:
    """The middle of the viewport."""
    part = eyes.region("WINDOW")
    return part.x + part.width // 2, part.y + part.height // 2


def under(place: Place) -> Generator[None, Any, str]:
    """What Blender says it would do were the button there clicked: "bpy.ops...", or nothing."""
    eyes.window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=place[0], y=place[1])
    yield
    manager = bpy.context.window_manager
    manager.clipboard = ""
    part = eyes.region("UI")
    try:
        with bpy.context.temp_override(window=eyes.window(), area=eyes.viewport(), region=part):
            bpy.ops.ui.copy_python_command_button()
    except RuntimeError:  # no button there
        return ""
    return manager.clipboard


def find(operator: str, near: str = "") -> Generator[None, Any, Place]:
    """Where in the sidebar the button of an operator is, found by going over it with the mouse.

    From where it was the last time, which is where it mostly still is; else from the row of
    another operator's, if one is named.
    """
    places = list(_raster())
    if near in _found:
        places.sort(key=lambda place: (abs(place[1] - _found[near][1]), -place[0]))
    if operator in _found:
        places.insert(0, _found[operator])
    wanted, before = f"bpy.ops.{operator}(", places[0]
    for place in places:
        if (yield from under(place)).startswith(wanted):
            # Blender may be a little behind the mouse: it may be where the mouse was before.
            for maybe in (place, before):
                yield from move(maybe)
                yield from driver.pause(0.2)
                if (yield from under(maybe)).startswith(wanted):
                    _found[operator] = maybe
                    return maybe
        before = place
    raise AssertionError(f"no button of {operator} is to be seen in the sidebar")


#: Where the buttons of operators were.
_found: dict[str, Place] = {}


def push(operator: str, near: str = "") -> Generator[None, Any, Place]:
    """Find the button of an operator in the sidebar and click it."""
    place = yield from find(operator, near)
    yield from click(place)
    return place


def _raster() -> Iterator[Place]:
    """Wide buttons first, then the small ones at the right edge, from the top downwards."""
    part, scale = eyes.region("UI"), eyes.scale()
    for x in (part.width // 2, part.width - round(48 * scale)):
        for y in range(part.y + part.height - round(10 * scale), part.y, -round(14 * scale)):
            yield part.x + x, y


#: Which panels were unfolded here, and where their headers were clicked.
_unfolded: dict[str, Place] = {}


def unfold(panel: str) -> Generator[Any, Any, None]:
    """Click on headers of the sidebar until that panel is open; the first one only if it is in it.

    Blender tells nobody where a header is; what a click did is seen by which panels are drawn then.
    The first panel is at the top. Sections in it are looked for from there downwards, panels below
    it from the bottom upwards.
    """
    parent, first = _parent(panel), eyes.sections()[0]
    closed = first not in (yield from eyes.panels())
    if closed == (first in (parent, panel)):
        yield from _toggle(_top())
    if first not in (parent, panel):
        second = next(name for name in eyes.sections()[1:] if not _parent(name))
        _unfolded[second] = _top()[0], _top()[1] - round(28 * eyes.scale())
    before = yield from eyes.panels()
    if panel in before:
        return
    for place in _headers(parent):
        if (yield from under(place)) or (yield from under(place)):
            continue  # a button; asked twice, since Blender may be a little behind the mouse
        after = yield from _toggle(place)
        _unfolded[panel] = place
        if panel in after or (yield from _neighbour(panel, place, after - before)):
            return
        if after != before:
            before = yield from eyes.panels()
    raise AssertionError(f"no click in the sidebar opened {panel}")


def _headers(parent: str) -> list[Place]:
    """Where to look for the headers of panels in a panel, or below the first one."""
    part, step = eyes.region("UI"), round(13 * eyes.scale())
    x, y = _top()
    if parent and "twostep.dance" in _found:
        y = _found["twostep.dance"][1]  # sections come after it
    places = [(x, each) for each in range(part.y + step, y - step, step)]
    return places[::-1] if parent else places


def _neighbour(panel: str, place: Place, opened: frozenset[str]) -> Generator[Any, Any, bool]:
    """Whether the panel was opened from what a click at a place has opened, which is closed again.

    Headers of closed panels lie in a row.
    """
    siblings = [name for name in eyes.sections() if _parent(name) == _parent(panel)]
    for name in siblings:
        if name in opened:
            yield from _toggle(place)
            pitch = (26 if _parent(panel) else 28) * eyes.scale()
            rows = siblings.index(panel) - siblings.index(name)
            _unfolded[panel] = place[0], place[1] - round(pitch * rows)
            return panel in (yield from _toggle(_unfolded[panel]))
    return False


def fold(panel: str) -> Generator[Any, Any, None]:
    """Click a panel that was unfolded closed."""
    yield from _toggle(_unfolded.pop(panel))


def _parent(panel: str) -> str:
    return getattr(getattr(bpy.types, panel), "bl_parent_id", "")


def _top() -> Place:
    """Where the first panel's header is."""
    part, scale = eyes.region("UI"), eyes.scale()
    return part.x + round(70 * scale), part.y + part.height - round(14 * scale)


def _toggle(place: Place) -> Generator[Any, Any, frozenset[str]]:
    """Click on a header; the panels that are open then."""
    yield from click(place)
    yield from driver.pause(0.5)
    return (yield from eyes.panels())
