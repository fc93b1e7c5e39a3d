# SPDX-License-Identifier: GPL-3.0-or-later
"""What the readers and the mending make of real motion capture."""

from __future__ import annotations

import numpy as np

from twostep.inference.pose_features import encode
from twostep.inference.readers.bvh import read_bvh
from twostep.inference.skeleton import INDEX, LEG_LENGTH
from twostep.models.data.shards import prepare_motion


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
