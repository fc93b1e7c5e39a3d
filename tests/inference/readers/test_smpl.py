# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.readers.smpl import SMPL_LEG, motion_from_smpl, read_amass
from twostep.inference.skeleton import INDEX, LEG_LENGTH

UPRIGHT = np.array([np.pi / 2, 0, 0])  # y up into a z-up world


def poses(frames: int = 4, **joints: tuple[float, float, float]) -> np.ndarray:
    result = np.zeros((frames, 24, 3))
    for name, vector in joints.items():
        result[:, INDEX[name]] = vector
    return result.reshape(frames, 72)


def test_y_up_becomes_z_up():
    trans = np.array([[0, 1, 0], [0.1, 1, 0], [0.1, 1.2, 0], [0.1, 1.2, 0.3]])
    motion = motion_from_smpl(poses(left_knee=(np.pi / 2, 0, 0)), trans, 60, y_up_world=True)
    steps = np.diff(motion.root, axis=0) * SMPL_LEG / LEG_LENGTH
    np.testing.assert_allclose(steps, [[0.1, 0, 0], [0, 0, 0.2], [0, -0.3, 0]], atol=1e-5)
    points = motion.positions()[0]
    shin = points[INDEX["left_ankle"]] - points[INDEX["left_knee"]]
    assert shin[1] > 0.4, "a bent knee's shin goes back, towards +y"
    assert points[INDEX["left_foot"], 1] > points[INDEX["right_foot"], 1]


def test_z_up_world_and_y_up_world_agree():
    yaw = 0.7
    in_y_up = motion_from_smpl(
        poses(pelvis=(0, yaw, 0), left_elbow=(0, -0.5, 0.2)), np.zeros((4, 3)), 30, True
    )
    from scipy.spatial.transform import Rotation

    root = (Rotation.from_rotvec(UPRIGHT) * Rotation.from_rotvec([0, yaw, 0])).as_rotvec()
    in_z_up = motion_from_smpl(
        poses(pelvis=tuple(root), left_elbow=(0, -0.5, 0.2)), np.zeros((4, 3)), 30, False
    )
    np.testing.assert_allclose(in_y_up.positions(), in_z_up.positions(), atol=1e-5)


def test_fingers_of_larger_bodies_are_left_out():
    large = np.full((4, 156), 0.3)
    large[:, :66] = 0
    motion = motion_from_smpl(large, np.zeros((4, 3)), 30, True)
    np.testing.assert_allclose(motion.rotations[:, 1:, 0], 1, atol=1e-6)
    with pytest.raises(TwostepError, match="shape"):
        motion_from_smpl(np.zeros((4, 60)), np.zeros((4, 3)), 30, True)


@pytest.mark.parametrize("turn", [np.nan, np.inf, 1e160, -1e300, 1e7])
def test_turns_that_are_none_are_told(turn):
    with pytest.raises(TwostepError, match="damaged"):
        motion_from_smpl(poses(left_knee=(turn, 0, 0)), np.zeros((4, 3)), 60, y_up_world=True)


def test_amass_files_that_are_none_are_told(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(TwostepError, match="damaged"):
        read_amass(path)
    np.savez(path, poses=np.zeros((4, 72)), trans=np.zeros((4, 3)))
    with pytest.raises(TwostepError, match="rate"):
        read_amass(path)
