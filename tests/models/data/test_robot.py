# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.pose_features import heading
from twostep.inference.readers.urdf import read_urdf
from twostep.inference.skeleton import INDEX
from twostep.models.data.robot import read_robot
from twostep.models.data.shards import prepare_motion


def robot_urdf() -> str:
    """A little humanoid with the G1's joint names that matter: every joint hangs as it does."""
    joints = []

    def add(child: str, parent: str, xyz: str, axis: str | None) -> None:
        kind = "fixed" if axis is None else "revolute"
        turn = f'<axis xyz="{axis}"/>' if axis else ""
        joints.append(
            f'<joint name="{child}_joint" type="{kind}"><origin xyz="{xyz}" rpy="0 0 0"/>'
            f'<parent link="{parent}"/><child link="{child}"/>{turn}</joint>'
        )

    for side, y in (("left", 1), ("right", -1)):
        add(f"{side}_hip_roll_link", "pelvis", f"0 {0.1 * y} -0.1", "1 0 0")
        add(f"{side}_hip_yaw_link", f"{side}_hip_roll_link", "0 0 0", "0 0 1")
        add(f"{side}_knee_link", f"{side}_hip_yaw_link", "0 0 -0.3", "0 1 0")
        add(f"{side}_ankle_roll_link", f"{side}_knee_link", "0 0 -0.3", "1 0 0")
    add("torso_link", "pelvis", "0 0 0.05", "0 0 1")
    for side, y in (("left", 1), ("right", -1)):
        add(f"{side}_shoulder_yaw_link", "torso_link", f"0 {0.15 * y} 0.3", "0 0 1")
        add(f"{side}_elbow_link", f"{side}_shoulder_yaw_link", "0 0 -0.2", "0 1 0")
        add(f"{side}_wrist_roll_link", f"{side}_elbow_link", "0.1 0 0", "1 0 0")
        add(f"{side}_wrist_yaw_link", f"{side}_wrist_roll_link", "0.1 0 0", "0 0 1")
    return f'<robot name="little">{"".join(joints)}</robot>'


@pytest.fixture
def robot(tmp_path):
    urdf = tmp_path / "little.urdf"
    urdf.write_text(robot_urdf())
    names = [joint.name for joint in read_urdf(urdf)]

    def write(**angles: float):
        row = [0, 0, 0.8, 0, 0, 0, 1] + [angles.get(n.removesuffix("_joint"), 0) for n in names]
        csv = tmp_path / "take.csv"
        csv.write_text("\n".join([",".join(map(str, row))] * 4))
        return read_robot(csv, urdf, 60)

    return write


def test_zero_angles_hang_the_arms_with_forearms_forward(robot):
    points = robot().positions()[0]
    for side, sign in (("left", 1), ("right", -1)):
        shoulder, elbow, wrist = (
            points[INDEX[f"{side}_{joint}"]] for joint in ("shoulder", "elbow", "wrist")
        )
        np.testing.assert_allclose(elbow - shoulder, [0, 0, -0.26], atol=1e-5)
        np.testing.assert_allclose(wrist - elbow, [0, -0.25, 0], atol=1e-5)
        assert np.sign(shoulder[0]) == sign


def test_forearm_does_not_twist(robot):
    """At zero the elbow is bent by 90 degrees about its hinge and nothing else."""
    rotations = robot().matrices()[0]
    # In the T-pose the forearm bends forward about the vertical: x towards -y on the left.
    left = rotations[INDEX["left_elbow"]]
    np.testing.assert_allclose(left @ [1, 0, 0], [0, -1, 0], atol=1e-5)
    np.testing.assert_allclose(left @ [0, 0, 1], [0, 0, 1], atol=1e-5)
    right = rotations[INDEX["right_elbow"]]
    np.testing.assert_allclose(right @ [-1, 0, 0], [0, -1, 0], atol=1e-5)
    np.testing.assert_allclose(right @ [0, 0, 1], [0, 0, 1], atol=1e-5)


def test_half_of_the_wrist_roll_is_in_the_forearm(robot):
    wrist = robot(left_wrist_roll_link=1.0).matrices()[0, INDEX["left_wrist"]]
    angle = np.arccos((np.trace(wrist) - 1) / 2)
    assert angle == pytest.approx(0.5, abs=1e-4)


def test_knee_bends_back_on_its_own_side(robot):
    points = robot(left_knee_link=1.2).positions()[0]
    left = points[INDEX["left_ankle"]] - points[INDEX["left_knee"]]
    right = points[INDEX["right_ankle"]] - points[INDEX["right_knee"]]
    assert left[1] > 0.3
    assert right[2] == pytest.approx(-0.41, abs=2e-3)


def test_waist_is_spread_over_the_spine_and_the_head_follows(robot):
    matrices = robot(torso_link=0.9).matrices()[0]
    for joint in ("spine1", "spine2", "spine3"):
        angle = np.arctan2(matrices[INDEX[joint]][1, 0], matrices[INDEX[joint]][0, 0])
        assert angle == pytest.approx(0.3, abs=1e-4)
    np.testing.assert_allclose(matrices[INDEX["head"]], np.eye(3), atol=1e-5)


def test_wrong_files_are_told(tmp_path):
    urdf = tmp_path / "little.urdf"
    urdf.write_text(robot_urdf())
    csv = tmp_path / "take.csv"
    csv.write_text("1,2,3\n")
    with pytest.raises(TwostepError, match="3 columns"):
        read_robot(csv, urdf, 60)
    csv.write_text("x,y\n")
    with pytest.raises(TwostepError, match="number"):
        read_robot(csv, urdf, 60)
    urdf.write_text("<robot")
    with pytest.raises(TwostepError, match="URDF"):
        read_urdf(urdf)


def test_real_robot_stands_and_bends_rightly(data_folder):
    folder = data_folder / "mocap" / "g1"
    take = read_robot(folder / "J_Dance17_Shuffle.csv", next(folder.glob("*.urdf")), 60)
    motion, mending = prepare_motion(take)
    assert mending.cut == 0
    for side, sign in (("left", -1), ("right", 1)):
        knee = motion.rotations[:, INDEX[f"{side}_knee"]]
        assert np.percentile(2 * np.degrees(np.arctan2(knee[:, 1], knee[:, 0])), 5) > 0
        elbow = motion.rotations[:, INDEX[f"{side}_elbow"]]
        bend = 2 * np.degrees(np.arctan2(elbow[:, 3], elbow[:, 0]))
        assert np.median(sign * bend) > 30, "an elbow bends forward about the vertical"
    assert np.isfinite(heading(motion.matrices()[:, 0])).all()
    assert 0.85 < np.median(motion.root[:, 2]) < 1.0
