# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong is told in one sentence; what nobody foresaw leaves a report, too."""

from __future__ import annotations

import functools
import json
import platform
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import bpy

from ..inference.batch.stamp import version
from ..inference.errors import Cancelled, TwostepError, Unforeseen, told
from ..scene.words import reported
from . import session
from .session import state

#: Packages whose versions matter, where they are there.
_PACKAGES = ("numpy", "scipy", "onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "av")

_Outcome = set[str]


def covered(cls: type) -> type:
    """The operator, made to tell every error in one sentence.

    What it raises as TwostepError is meant for the user; anything else is noted, too.
    """
    for name, wrapped in _WRAPPED.items():
        call = getattr(cls, name, None)
        if call is not None:
            setattr(cls, name, wrapped(call))
    return cls


def _on_context(call: Callable[..., _Outcome]) -> Callable[..., _Outcome]:
    # Blender counts the arguments, so there is one such function for each number of them.
    @functools.wraps(call)
    def safe(self: Any, context: bpy.types.Context) -> _Outcome:
        try:
            return call(self, context)
        except Exception as error:
            return _tell(self, error)

    return safe


def _on_event(call: Callable[..., _Outcome]) -> Callable[..., _Outcome]:
    @functools.wraps(call)
    def safe(self: Any, context: bpy.types.Context, event: bpy.types.Event) -> _Outcome:
        try:
            return call(self, context, event)
        except Exception as error:
            return _tell(self, error)

    return safe


def _on_end(call: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(call)
    def safe(self: Any, context: bpy.types.Context) -> None:
        try:
            call(self, context)
        except Exception as error:
            _tell(self, error)

    return safe


_WRAPPED: dict[str, Callable[[Callable], Callable]] = {
    "execute": _on_context,
    "invoke": _on_event,
    "modal": _on_event,
    "cancel": _on_end,
}


def _tell(operator: Any, error: Exception) -> _Outcome:
    if isinstance(error, Cancelled):
        operator.report({"INFO"}, reported(str(error)))
        return {"CANCELLED"}
    work = getattr(operator, "_work", None)
    asked = operator.as_keywords() if work is None else work.asked
    note(error, type(operator).bl_idname, asked)
    operator.report({"ERROR"}, reported(told(error)))
    return {"CANCELLED"}


def note(error: Exception, doing: str, recipe: Mapping[str, Any]) -> None:
    """Log an error that nobody foresaw, and keep a report of it for the user to copy.

    doing: the operator; recipe: what it was asked for.
    """
    if isinstance(error, TwostepError) and not isinstance(error, Unforeseen):
        return
    text = report(error, doing, recipe)
    session.log.error("%s", text)
    state.trouble, state.report = told(error), text
    redraw()


def forget() -> None:
    """The last report is of no interest any more."""
    state.trouble = state.report = ""
    redraw()


def redraw() -> None:
    """Have the sidebars drawn anew, and only them: a viewport may be costly to draw."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def report(error: Exception, doing: str, recipe: Mapping[str, Any]) -> str:
    """All that helps to find out what happened, and as little as can be about the user."""
    running = f"{state.provider} {state.provider_note}".strip() or "nothing yet"
    parts = [
        told(error),
        f"Twostep {version()}, doing {doing}\n"
        f"Blender {bpy.app.version_string} ({bpy.app.build_hash.decode(errors='replace')})\n"
        f"Python {platform.python_version()}, {_packages()}\n"
        f"{platform.platform()}\n"
        f"Asked to run on {session.provider()}, ran on {running}",
        f"Recipe\n{json.dumps(dict(recipe), indent=1, default=str, ensure_ascii=False)}",
    ]
    if isinstance(error, Unforeseen):
        parts.append(f"In the worker\n{error.report.strip()}")
    parts.append("".join(traceback.format_exception(error)))
    return private("\n\n".join(parts).strip() + "\n")


def private(text: str, home: Path | None = None) -> str:
    """The text with the user's own folder written as ~, as paths and JSON spell it."""
    home = home or Path.home()
    if home == Path(home.anchor):  # nobody's
        return text
    plain = str(home)
    spelled = {plain, home.as_posix(), json.dumps(plain)[1:-1]}
    either = "|".join(re.escape(each) for each in sorted(spelled, key=len, reverse=True))
    flags = re.IGNORECASE if sys.platform == "win32" else 0
    return re.sub(rf"(?:{either})(?!\w)", "~", text, flags=flags)


def _packages() -> str:
    """Names and versions; found without importing anything."""
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:  # one of several builds, or none
            continue
    return ", ".join(found)
