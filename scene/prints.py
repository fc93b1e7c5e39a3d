# SPDX-License-Identifier: GPL-3.0-or-later
"""What a character is made of, as a number: the same as long as its files would be the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from . import versions
from .staging import meshes_of

#: Says nothing about what a thing is: where the user is in it, and what follows from the rest.
_PASSING = {
    "rna_type", "session_uid", "bl_rna", "select", "hide", "hide_select", "show_expanded", "users",
    "is_active", "is_valid", "error_location", "error_rotation", "is_override_data", "tag",
    "is_proxy_local", "active", "show_in_editmode", "show_on_cage", "execution_time", "location",
    "persistent_uid", "is_library_indirect", "is_evaluated", "is_missing", "is_runtime_data",
    "show_options", "show_preview", "show_texture", "use_extra_user", "width", "height", "warning",
    "dimensions", "width_hidden", "location_absolute", "internal_links", "parent", "color",
    "is_embedded_data", "use_fake_user", "asset_data", "preview", "library", "original",
    "override_library", "library_weak_reference", "id_data", "animation_data", "full_path", "links",
}  # fmt: skip
#: How deep things in things are looked at: a material's nodes' sockets are the deepest.
_DEPTH = 5


def character(ob: bpy.types.Object, posed: Collection[str], meshes: bool, *more: str) -> str:
    """SHA-256 of an armature: its bones, how they are tied and driven, and its place.

    posed: bones whose present pose does not count, because they dance. meshes: with those that it
    moves, their shapes, weights, materials. more: what else there is to it.
    """
    found: list[Any] = [*more, _placed(ob), *_bones(ob, posed)]
    found += [*_drivers(ob), *_drivers(ob.data)]
    for other in meshes_of(ob) if meshes else ():
        found += [other.name, _placed(other), list(_told(other.modifiers)), *_drivers(other)]
        found += [_mesh(other.data), [group.name for group in other.vertex_groups]]
        found += [_told_once(slot.material) for slot in other.material_slots]
    return _sha(found)


def action(made: bpy.types.Action) -> str:
    """SHA-256 of an action: its curves, key by key."""
    found: list[Any] = [made.name, list(made.frame_range), made.use_frame_range, made.use_cyclic]
    for curve in versions.curves(made):
        keys = curve.keyframe_points
        found += [curve.data_path, curve.array_index, curve.mute, curve.extrapolation]
        found += [_bulk(keys, name, 2) for name in ("co", "handle_left", "handle_right")]
        found += [[point.interpolation for point in keys], list(_told(curve.modifiers))]
    return _sha(found)


def _placed(ob: bpy.types.Object) -> list[Any]:
    above = [ob.parent.name, ob.parent_type, ob.parent_bone] if ob.parent else []
    return [ob.name, _numbers(ob.matrix_world), above, list(_told(ob.constraints))]


def _bones(ob: bpy.types.Object, posed: Collection[str]) -> Iterator[Any]:
    for bone in ob.pose.bones:
        rest = bone.bone
        yield [bone.name, bone.parent.name if bone.parent else "", _numbers(rest.matrix_local)]
        yield [rest.length, rest.use_deform, rest.inherit_scale, rest.use_inherit_rotation]
        yield [rest.use_local_location, rest.use_connect, *bone.lock_location, bone.rotation_mode]
        yield [*bone.lock_rotation, bone.lock_rotation_w, list(_told(bone.constraints))]
        if bone.name not in posed:
            yield _numbers(bone.matrix_basis)
            yield sorted((key, repr(value)) for key, value in bone.items())


def _drivers(holder: bpy.types.ID) -> Iterator[Any]:
    for curve in holder.animation_data.drivers if holder.animation_data else ():
        yield [curve.data_path, curve.array_index, curve.driver.type, curve.driver.expression]
        yield from _told(curve.driver.variables)


def _mesh(mesh: bpy.types.Mesh) -> list[Any]:
    found: list[Any] = [mesh.name]
    for layer in mesh.attributes:
        values = ("value", "vector", "color") if len(layer.data) else ()
        found += [layer.name, *(_bulk(layer.data, v) for v in values if hasattr(layer.data[0], v))]
    weights = [(g.group, round(g.weight, 6)) for v in mesh.vertices for g in v.groups]
    found.append(hashlib.sha256(np.array(weights, dtype=np.float64).tobytes()).hexdigest())
    keys = mesh.shape_keys.key_blocks if mesh.shape_keys else ()
    return found + [[key.name, key.value, _bulk(key.data, "co")] for key in keys]


def _bulk(collection: Any, name: str, width: int = 0) -> str:
    """The values of a property of many things, as SHA-256."""
    if not len(collection):
        return ""
    first = getattr(collection[0], name)
    width = width or (len(first) if hasattr(first, "__len__") else 1)
    values: NDArray[Any] = np.empty(len(collection) * width, dtype=_kind(first))
    collection.foreach_get(name, values)
    return hashlib.sha256(values.tobytes()).hexdigest()


def _kind(value: Any) -> type:
    plain = value[0] if hasattr(value, "__len__") else value
    return {bool: np.bool_, int: np.int32}.get(type(plain), np.float32)


def _told_once(material: bpy.types.Material | None) -> list[Any]:
    if material is None:
        return []
    nodes = material.node_tree.nodes if material.node_tree else ()
    return [material.name, _numbers([material.diffuse_color]), list(_told(nodes, 0, 3))]


def _told(things: Any, level: int = 0, depth: int = _DEPTH) -> Iterator[Any]:
    """All plain properties of things, of those in them too; others' by their names."""
    for thing in things:
        yield type(thing).__name__
        for prop in thing.bl_rna.properties:
            name = prop.identifier
            if name in _PASSING:
                continue
            if prop.type == "POINTER":
                value = getattr(thing, name)
                if isinstance(value, bpy.types.ID):
                    yield [name, value.name]
            elif prop.type == "COLLECTION":
                if level + 1 < depth:
                    yield from _told(getattr(thing, name), level + 1, depth)
            else:
                yield [name, _simple(getattr(thing, name))]


def _simple(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return round(value, 6)
    return [_simple(each) for each in value]


def _numbers(rows: Any) -> list[float]:
    return [round(value, 6) + 0.0 for row in rows for value in row]


def _sha(found: Any) -> str:
    return hashlib.sha256(json.dumps(found, default=repr).encode()).hexdigest()
