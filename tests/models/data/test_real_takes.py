# SPDX-License-Identifier: GPL-3.0-or-later
"""What the readers and the mending make of real motion capture."""

from __future__ import annotations

import numpy as np

from twostep.inference.pose_features import encode
from twostep.inference.readers.bvh import read_bvh
from twostep.inference.readers.urdf import read_urdf
from twostep.inference.retarget import channels, fit
from twostep.inference.skeleton import INDEX, LEG_LENGTH
from twostep.models.data.robot import read_robot
from twostep.models.data.shards import prepare_motion

from ...inference.robots import REAL, robot


def test_real_walk_goes_forwards_with_knees_that_bend_back(data_folder):
    path = data_folder / "mocap" / "cmu_05" / "05_01.bvh"
    motion, mending = prepare_motion(read_bvh(path, fps=120))
    assert mending.cut == 8
    features = encode(motion)
    assert features[:, 145].mean() < -0.6, "a walk must go towards -y in its heading frame"
    assert abs(features[:, 144].mean()) < 0.1
    for side in ("left", "right"):
        knee = motion.rotations[:, INDEX[f"{side}_knee"]]
        bend = 2 * np.degrees(np.arctan2(knee[:, 1], knee[:, 0]))
        assert np.percentile(bend, 1) > -5 and np.percentile(bend, 95) > 40


def test_real_salsa_feet_and_proportions(data_folder):
    motion, _ = prepare_motion(read_bvh(data_folder / "mocap" / "cmu_60" / "60_05.bvh", fps=60))
    assert 27 < motion.seconds < 28.5
    points = motion.positions()
    legs = np.linalg.norm(points[:, INDEX["left_knee"]] - points[:, INDEX["left_hip"]], axis=1)
    np.testing.assert_allclose(legs, LEG_LENGTH / 2, atol=1e-3)
    low = np.minimum(points[:, INDEX["left_foot"], 2], points[:, INDEX["right_foot"], 2])
    assert np.percentile(low, 2) > -0.03 and np.percentile(low, 50) < 0.06
    assert 0.4 < motion.contacts.mean() < 0.75
    assert (points[:, INDEX["head"], 2] > points[:, INDEX["pelvis"], 2] + 0.3).all()
    dots = np.abs((motion.rotations[1:] * motion.rotations[:-1]).sum(-1))
    assert np.degrees(2 * np.arccos(np.clip(dots, 0, 1))).max() < 80, "joints must not flip"


def test_a_real_robot_dances_its_own_dance(data_folder, tmp_path):
    """Read as a person's motion and put back on its hinges, they have the angles that they had."""
    urdf, take = data_folder / REAL, tmp_path / "take.csv"
    rows = np.loadtxt(urdf.with_name("J_Dance2_Salsa.csv"), delimiter=",", max_rows=600)
    np.savetxt(take, rows, delimiter=",")
    real = robot(urdf)
    made = channels(fit(read_robot(take, urdf, 30), real.figure), real)
    hinges = {channel.bone: channel.rotation for channel in made}
    actuated = [joint.name for joint in read_urdf(urdf) if joint.axis is not None]
    for column, name in enumerate(actuated, start=7):
        angle = 2 * np.arctan2(hinges[name][:, 2], hinges[name][:, 0])
        off = np.abs(np.angle(np.exp(1j * (angle - rows[:, column])))).mean()
        if any(part in name for part in ("hip", "knee", "ankle", "waist")):
            assert np.degrees(off) < 3.0, name
