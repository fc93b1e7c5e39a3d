# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a landing as JSON fields."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ..errors import WrongField, shown
from ..retarget.options import Options

#: Least and greatest of the numbers.
_RANGES: dict[str, tuple[float, float]] = {
    "reach": (0.0, 1.0),
    "tolerance_mm": (0.0, 1000.0),
    "tolerance_deg": (0.0, 180.0),
    "blend_in": (0, 100_000),
    "blend_out": (0, 100_000),
}
NAMES: tuple[str, ...] = tuple(field.name for field in fields(Options))


def options(values: Mapping[str, Any]) -> Options:
    """The options of JSON fields; those that are missing are as usual. Raises WrongField."""
    kinds = _kinds()
    for name, value in values.items():
        if name not in kinds:
            raise WrongField(name, f"is no option of a landing; there are {', '.join(NAMES)}.")
        if not _fits(name, kinds[name], value):
            expected = _expected(name, kinds[name])
            raise WrongField(name, f"must be {expected}, not {shown(value)}.")
    return Options(**values)


@cache
def _kinds() -> dict[str, Any]:
    return get_type_hints(Options)


def _expected(name: str, kind: Any) -> str:
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    if kind is bool:
        return "true or false"
    if name in _RANGES:
        least, most = _RANGES[name]
        return f"a {'whole ' if kind is int else ''}number from {least:g} to {most:g}"
    return "a text"


def _fits(name: str, kind: Any, value: object) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind in (bool, str):
        return isinstance(value, kind)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not (whole or (kind is float and isinstance(value, float) and math.isfinite(value))):
        return False
    least, most = _RANGES[name]
    return least <= value <= most  # type: ignore[operator]
