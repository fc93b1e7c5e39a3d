# SPDX-License-Identifier: GPL-3.0-or-later
"""A dance with few keys is within both tolerances, in every rotation mode, on any puppet."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twostep.inference.keys import as_quaternions, forward, reduced
from twostep.inference.keys.turns import apart
from twostep.inference.motion import FPS, Motion
from twostep.inference.pose_features import continuous
from twostep.inference.retarget import Channel, Role, channels, fit, plain
from twostep.inference.retarget.options import Options
from twostep.inference.skeleton import INDEX, JOINT_COUNT, STANDING_HEIGHT

from ..puppeteer import Y_UP, evaluated, figure, hung

MODES = ("QUATERNION", "XYZ", "AXIS_ANGLE", "ZXY")


def dancing(frames=200, seed=0, contacts=0.0):
    random = np.random.default_rng(seed)
    vectors = gaussian_filter1d(random.normal(size=(frames, JOINT_COUNT, 3)), 5, axis=0)
    vectors *= 0.5 / vectors.std()
    turns = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat(scalar_first=True)
    root = gaussian_filter1d(random.normal(size=(frames, 3)), 8, axis=0) * 0.5
    root += (0, 0, STANDING_HEIGHT)
    quaternions = continuous(turns.reshape(frames, JOINT_COUNT, 4))
    return Motion(FPS, root, quaternions, np.full((frames, 4), contacts))


def as_keyed(dance, few, modes):
    """What Blender would make of the splines."""
    made = []
    for channel, mode in zip(dance, modes, strict=True):
        spline = few.splines.get(channel.bone)
        rotation, location = channel.rotation, channel.location
        if spline is not None:
            sampled = spline.sampled()
            count = 0 if rotation is None else (3 if mode in ("XYZ", "ZXY") else 4)
            if rotation is not None:
                rotation = as_quaternions(mode, sampled[:, :count])
            if location is not None:
                location = sampled[:, count:]
        made.append(Channel(channel.bone, rotation, location))
    return made


def off(puppet, dance, keyed):
    """By how many millimetres and degrees, as this test measures it, at the most."""
    true, found = (evaluated(puppet, each)[1] for each in (dance, keyed))
    turned = [
        apart(a.rotation.astype(float), b.rotation).max()
        for a, b in zip(dance, keyed, strict=True)
        if a.rotation is not None
    ]
    away = np.linalg.norm(true - found, axis=-1)
    return away.max() / puppet.figure.scale * 1000, np.degrees(max(turned)), away


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("mm", "degrees"), [(2.0, 0.5), (20.0, 2.0), (0.5, 5.0)])
def test_both_tolerances_hold(mode, mm, degrees):
    puppet = plain(figure(Y_UP, 3.0, rolled=True))
    motion = fit(dancing(seed=MODES.index(mode)), puppet.figure)
    dance, modes = channels(motion, puppet), [mode] * len(puppet.handles)
    wanted = Options(keys="FEW", tolerance_mm=mm, tolerance_deg=degrees)
    few = reduced(puppet, dance, modes, motion, wanted)
    millimetres, turned, _ = off(puppet, dance, as_keyed(dance, few, modes))
    assert millimetres <= mm and turned <= degrees + 1e-6
    assert (few.error_mm, few.error_deg) == pytest.approx((millimetres, turned), abs=1e-3)
    keys = sum(len(spline.keys) for spline in few.splines.values())
    assert keys < 0.6 * len(motion) * len(few.splines)


def test_planted_feet_stay_planted_whatever_the_tolerance():
    puppet = plain(figure())
    motion = fit(dancing(contacts=1.0), puppet.figure)
    dance, modes = channels(motion, puppet), ["QUATERNION"] * 24
    wanted = Options(keys="FEW", tolerance_mm=50.0, tolerance_deg=5.0)
    few = reduced(puppet, dance, modes, motion, wanted)
    _, _, away = off(puppet, dance, as_keyed(dance, few, modes))
    feet = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("ankle", "foot")]
    assert away[feet].max() < 0.005
    assert away.max() > 0.01


def test_a_hip_is_kept_more_exactly_than_a_hand():
    puppet = plain(figure())
    motion = fit(dancing(), puppet.figure)
    dance, modes = channels(motion, puppet), ["QUATERNION"] * 24
    wanted = Options(keys="FEW", tolerance_mm=5.0, tolerance_deg=10.0)
    few = reduced(puppet, dance, modes, motion, wanted)
    assert len(few.splines["left_hip"].keys) > 1.3 * len(few.splines["left_ankle"].keys)


def test_controls_of_another_hierarchy_and_goals():
    there = figure(rolled=True)
    puppet = hung(
        there,
        [
            ("root", Role.ROOT, None, None),
            ("torso", Role.TRAVEL, "pelvis", "root"),
            ("chest", Role.TURN, "spine3", "torso"),
            ("foot_ik", Role.GOAL, "left_ankle", "root"),
        ],
        root=np.zeros(3),
    )
    motion = fit(dancing(), there)
    dance, modes = channels(motion, puppet), ["XYZ", "QUATERNION", "AXIS_ANGLE", "ZXY"]
    few = reduced(
        puppet, dance, modes, motion, Options(keys="FEW", tolerance_mm=2.0, tolerance_deg=0.5)
    )
    millimetres, turned, _ = off(puppet, dance, as_keyed(dance, few, modes))
    assert millimetres <= 2 and turned <= 0.5 + 1e-6


def test_the_ends_of_limbs_that_kinematics_bend_are_kept():
    """The shoulder by the chest that carries it, though no handle is there; most where straight."""
    there = figure()
    puppet = hung(
        there,
        [
            ("torso", Role.TRAVEL, "pelvis", None),
            ("chest", Role.TURN, "spine3", "torso"),
            ("collar", Role.TURN, "left_collar", "chest"),
            ("hand_ik", Role.GOAL, "left_wrist", None),
            ("pole", Role.POLE, "left_elbow", None),
        ],
    )
    motion = fit(dancing(), there)
    whole = forward.with_hanging(puppet)
    hanging = {handle.joint: handle for handle in whole.handles[5:]}
    assert set(hanging) == {
        "left_hip", "right_hip", "spine1", "neck", "left_shoulder", "right_collar", "left_hand",
    }  # fmt: skip
    assert hanging["left_shoulder"].carrier == 2
    swing = forward.swings(whole, motion)
    assert set(swing) == {"left_shoulder", "left_wrist"}
    bend = 2 * np.arccos(np.abs(motion.rotations[:, INDEX["left_elbow"], 0]))
    least = np.argmin(bend)
    assert swing["left_wrist"][least] > 3 * np.median(swing["left_wrist"])
    dance, modes = channels(motion, puppet), ["QUATERNION"] * 5
    few = reduced(
        puppet, dance, modes, motion, Options(keys="FEW", tolerance_mm=2.0, tolerance_deg=0.5)
    )
    keyed = as_keyed(dance, few, modes)
    still = [Channel("", None)] * len(hanging)
    true, found = (
        forward.places(
            whole, *zip(*((c.rotation, c.location) for c in [*each, *still]), strict=True)
        )
        for each in (dance, keyed)
    )
    away = np.linalg.norm(true - found, axis=1) * 1000
    assert away.max() <= 2.01
    assert (away[3] * swing["left_wrist"].clip(1, 4)).max() <= 2.01


def test_only_those_bones_are_reduced():
    puppet = plain(figure())
    motion = fit(dancing(60), puppet.figure)
    dance, modes = channels(motion, puppet), ["QUATERNION"] * 24
    wanted = Options(keys="FEW")
    few = reduced(puppet, dance, modes, motion, wanted, bones={"head", "other"})
    assert set(few.splines) == {"head"}
    none = reduced(puppet, dance, modes, motion, wanted, bones=set())
    assert none.splines == {} and none.error_mm == none.error_deg == 0


def test_no_tolerance_at_all_is_every_frame_that_matters():
    puppet = plain(figure())
    motion = fit(dancing(40), puppet.figure)
    dance, modes = channels(motion, puppet), ["QUATERNION"] * 24
    wanted = Options(keys="FEW", tolerance_mm=0.0, tolerance_deg=0.0)
    few = reduced(puppet, dance, modes, motion, wanted)
    assert few.error_mm <= 0.01 and few.error_deg <= 0.01


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_short_dances(frames):
    puppet = plain(figure())
    motion = fit(dancing(60), puppet.figure)[:frames]
    dance, modes = channels(motion, puppet), ["QUATERNION"] * 24
    few = reduced(puppet, dance, modes, motion, Options(keys="FEW"))
    assert off(puppet, dance, as_keyed(dance, few, modes))[0] <= 2
    assert all(list(spline.keys[[0, -1]]) == [0, frames - 1] for spline in few.splines.values())
