# SPDX-License-Identifier: GPL-3.0-or-later
"""A character of every family of rigs, made in the open file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import bpy

from ...scene.dancer import add_dancer
from . import mmd, plan, rigify
from .build import add_body, build, parts_of
from .g1 import build_g1

ROBOT = Path(__file__).parent / "robot.urdf"

#: Adds the armature to the open file, active and in object mode.
Builder = Callable[[bpy.types.Context], bpy.types.Object]


@dataclass(frozen=True)
class Family:
    """A kind of character.

    label: as the table says it; family: how Twostep's own files call it; metre: the scene's units
    in a metre of the person; limbs: how arms and legs are keyed, "FK" or "IK"; free: whether every
    joint can be turned anyhow.
    """

    name: str
    label: str
    family: str
    build: Builder
    metre: float = 1.0
    limbs: Literal["FK", "IK"] = "FK"
    free: bool = True


def everyone(data: Path | None = None) -> dict[str, Family]:
    """All characters by name.

    data: a folder of data that nobody ships; a BVH file of it joins in, and the G1 is built from
    its makers' URDF instead of from a little robot of our own that is put together like it.
    """
    families = [
        Family("dancer", "Twostep's dancer", "smpl", add_dancer),
        planned("mixamo", "mixamo"),
        Family("rigify_meta", "Rigify meta-rig", "rigify", rigify.metarig),
        Family("rigify_fk", "Rigify, FK", "rigify_generated", rigify.generated),
        Family(
            "rigify_ik", "Rigify, IK", "rigify_generated", rigify.generated, limbs="IK", free=False
        ),
        planned("unreal4", "unreal"),
        planned("unreal5", "unreal"),
        planned("vrm", "vrm"),
        planned("makehuman", "makehuman"),
        planned("auto_rig_pro", "auto_rig_pro"),
        planned("cmu_bvh", "cmu_bvh"),
        planned("daz", "daz"),
        planned("biped", "biped"),
        Family("mmd", "MMD, FK", "mmd", _mmd),
        Family("mmd_ik", "MMD, IK", "mmd", _mmd, limbs="IK", free=False),
        planned("smpl", "smpl"),
        planned("smplx", "smpl"),
        Family("g1", *_robot(data), free=False),
    ]
    found = sorted(data.glob("mocap/cmu_60/*.bvh"))[:1] if data else []
    families += [
        Family("bvh", f"{path.stem}.bvh of CMU", "daz", partial(_imported, path)) for path in found
    ]
    return {family.name: family for family in families}


def _robot(data: Path | None) -> tuple[str, str, Builder]:
    """What the robot is called, its family, and what builds it."""
    found = sorted(data.glob("mocap/g1/*.urdf")) if data else []
    label, urdf = ("Unitree G1", found[0]) if found else ("Robot built as the G1", ROBOT)
    return label, "unitree_g1", partial(build_g1, urdf=urdf)


def planned(name: str, family: str, **measures: float) -> Family:
    """A family whose armature a data file here tells. measures: of the body that differ."""
    told = plan.read(name, **measures)
    return Family(name, told.label, family, lambda c: build(c, told), told.metre * told.scale)


def _mmd(context: bpy.types.Context) -> bpy.types.Object:
    ob = build(context, plan.read("mmd"))
    mmd.constrain(ob)
    return ob


def _imported(path: Path, context: bpy.types.Context) -> bpy.types.Object:
    """The skeleton of a BVH file, as Blender's own importer makes it."""
    bpy.ops.import_anim.bvh(filepath=str(path))
    ob = context.view_layer.objects.active
    ob.animation_data_clear()
    for bone in ob.pose.bones:
        bone.location, bone.rotation_euler = (0.0,) * 3, (0.0,) * 3
    add_body(context, ob, parts_of(ob), 1.0)
    return ob
