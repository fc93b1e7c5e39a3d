# SPDX-License-Identifier: GPL-3.0-or-later
"""Which channels of which bones are keyed, and with what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from numpy.typing import NDArray

from ..inference.errors import TwostepError
from ..inference.keys import Spline, as_mode, path_of
from ..inference.retarget import Channel, Puppet
from . import fcurves, versions
from .fcurves import Keys
from .layers import Before
from .puppets import Strings
from .words import listed

Doubles = NDArray[np.float64]

#: The names in a data path: of the bone, of its constraint or its own property.
_NAMES = re.compile(r'\["((?:[^"\\]|\\.)*)"\]')
#: What a channel holds when its bone is at rest.
_REST: dict[str, tuple[float, ...]] = {
    "location": (0.0, 0.0, 0.0),
    "scale": (1.0, 1.0, 1.0),
    "rotation_quaternion": (1.0, 0.0, 0.0, 0.0),
    "rotation_axis_angle": (0.0, 0.0, 1.0, 0.0),
    "rotation_euler": (0.0, 0.0, 0.0),
}


@dataclass(frozen=True)
class Line:
    """The keys of one f-curve, and the bone in whose group it is."""

    path: str
    index: int
    bone: str
    keys: Keys


def chosen(ob: bpy.types.Object, puppet: Puppet, which: str) -> set[str] | None:
    """The names of the bones that may be keyed; None: all. Raises TwostepError when none dances.

    which: "" for all, "SELECTED", or the name of a bone collection.
    """
    if not which:
        return None
    if which == "SELECTED":
        names, where = versions.selected_bones(ob), "the selected bones"
        help_ = "select some in pose mode, or let all bones dance"
    else:
        collection = ob.data.collections_all.get(which)
        names = {bone.name for bone in collection.bones_recursive} if collection else set()
        where = f"the bone collection {which}"
        help_ = "choose another, or let all bones dance"
    if not names & {handle.bone for handle in puppet.handles}:
        raise TwostepError(f"None of {where} of {ob.name} is one that dances; {help_}.")
    return names


def dance_lines(
    ob: bpy.types.Object,
    dance: Sequence[Channel],
    wanted: Collection[str] | None,
    frames: Doubles,
    splines: Mapping[str, Spline],
) -> Iterator[Line]:
    """The dance's own keys: by a bone's spline where it has one, else on every frame."""
    for channel in dance:
        if wanted is not None and channel.bone not in wanted:
            continue
        bone, spline = ob.pose.bones[channel.bone], splines.get(channel.bone)
        column = 0
        for path, values in _values(bone, channel).items():
            for index in range(values.shape[1]):
                if spline is None:
                    keys = fcurves.straight(frames, values[:, index])
                else:
                    keys = fcurves.curved(spline, frames, column)
                yield Line(bone.path_from_id(path), index, bone.name, keys)
                column += 1


def rest_lines(
    ob: bpy.types.Object,
    strings: Strings,
    wanted: Collection[str] | None,
    danced: Sequence[Line],
    frames: Doubles,
    share: Doubles,
    before: Before,
    onto: str,
) -> Iterator[Line]:
    """Rest where bones do anything that the dance does not key but that would show in it.

    share: how much of the dance shows, (T,). onto: as in `Options`. What else goes on playing is
    held at rest; in a layer, only as long as the dance lasts.
    """
    keyed = {line.path for line in danced}
    rows = share < 1
    rows[1:] |= share[:-1] < 1
    rows[:-1] |= share[1:] < 1
    rows[0] = True
    rows[-1] |= onto == "LAYER"
    for name in strings.still:
        bone = ob.pose.bones[name]
        if wanted is not None and name not in wanted:
            continue
        for path in ("location", path_of(bone.rotation_mode), "scale"):
            full, rest = bone.path_from_id(path), np.array(_REST[path])
            animated = full in before.under or (onto != "ACTION" and before.has(full))
            if full in keyed or not (animated or _away(bone, path, rest)):
                continue
            values = np.tile(rest, (int(rows.sum()), 1))
            if rows.sum() > 1:
                left = (1 - share[rows])[:, None]
                values += left * (before.values(full, frames[rows]) - rest)
            for index in range(len(rest)):
                keys = fcurves.straight(frames[rows], values[:, index])
                yield Line(full, index, name, keys)


def switch_lines(
    ob: bpy.types.Object,
    strings: Strings,
    wanted: Collection[str] | None,
    frames: Doubles,
    layer: bool,
) -> Iterator[Line]:
    """One key for every property that says how the rig moves; in a layer two, for its range.

    When only some bones dance, those of the limbs that do not are left alone: a switch belongs to
    the handle that is nearest to its bone.
    """
    handles = strings.puppet.handles
    heads = np.array([handle.head for handle in handles])
    for path, value in strings.switches:
        bone = next((b for b in ob.pose.bones if path.startswith(b.path_from_id())), None)
        if bone is not None and wanted is not None:
            away = np.linalg.norm(heads - np.array(bone.bone.head_local), axis=1)
            if bone.name not in wanted and handles[int(away.argmin())].bone not in wanted:
                continue
        at = frames[[0, -1]] if layer and len(frames) > 1 else frames[:1]
        keys = fcurves.straight(at, np.full(len(at), value), fcurves.CONSTANT)
        yield Line(path, 0, bone.name if bone else "Switches", keys)


def unblended(lines: Sequence[Line], before: Before, frames: Doubles) -> tuple[str, ...]:
    """Says which switches are not in the first frame what the dance has them, so that it leaps."""
    found = []
    for line in lines:
        present = before.values(line.path, frames[:1])[0, 0]
        if present != line.keys["co"][0, 1] and not line.path.endswith("use_stretch"):
            found.append(f"{_NAMES.findall(line.path)[-1]} ({line.bone})")
    if not found:
        return ()
    return (f"These switches change at once, so what they rule does not blend: {listed(found)}.",)


def rested(lines: Sequence[Line], before: Before) -> tuple[str, ...]:
    """Says which bones the user had posed that rest because of these lines."""
    found = [
        line.bone for line in lines if not before.has(line.path) and line.path not in before.under
    ]
    return (f"While the dance plays these bones are at rest: {listed(found)}.",) if found else ()


def _values(bone: bpy.types.PoseBone, channel: Channel) -> dict[str, Doubles]:
    """The channel's values in every frame, (T, n), by the property of the bone."""
    made: dict[str, Doubles] = {}
    if channel.rotation is not None:
        made[path_of(bone.rotation_mode)] = as_mode(bone.rotation_mode, channel.rotation)
    if channel.location is not None:
        made["location"] = channel.location.astype(np.float64)
    return made


def _away(bone: bpy.types.PoseBone, path: str, rest: Doubles) -> bool:
    """Whether a bone's property is not what it is at rest."""
    if path == "rotation_axis_angle" and bone.rotation_axis_angle[0] == 0.0:
        return False
    return bool(np.abs(np.array(getattr(bone, path)) - rest).max() > 1e-6)
