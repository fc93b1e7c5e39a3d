# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.readers.bvh import parse_bvh, read_bvh
from twostep.inference.readers.figures import JointMap
from twostep.inference.skeleton import (
    ANKLE_HEIGHT,
    INDEX,
    JOINTS,
    OFFSETS,
    PARENTS,
    TOE_HEIGHT,
)

CHILDREN = {joint: [i for i, p in enumerate(PARENTS) if p == joint] for joint in range(len(JOINTS))}


def smpl_bvh(rows: list[dict[str, list[float]]], scale: float = 100.0, frame_time: float = 1 / 60):
    """BVH text of our own tree, y up, in centimetres; a row tells the joints that turn (Z X Y)."""
    order: list[str] = []

    def joint(index: int, depth: int) -> str:
        order.append(JOINTS[index])
        x, y, z = OFFSETS[index] * scale
        pad = "  " * depth
        channels = "3 Zrotation Xrotation Yrotation"
        if index == 0:
            channels = "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
        inner = "".join(joint(child, depth + 1) for child in CHILDREN[index])
        if not inner:
            inner = f"{pad}  End Site\n{pad}  {{\n{pad}    OFFSET 1 0 0\n{pad}  }}\n"
        kind = "ROOT" if index == 0 else "JOINT"
        return (
            f"{pad}{kind} {JOINTS[index]}\n{pad}{{\n{pad}  OFFSET {x:.6f} {z:.6f} {-y:.6f}\n"
            f"{pad}  CHANNELS {channels}\n{inner}{pad}}}\n"
        )

    head = "HIERARCHY\n" + joint(0, 0)
    lines = []
    for row in rows:
        numbers = [*row.get("at", [0.0, 97.5, 0.0])]
        for name in order:
            numbers += row.get(name, [0.0, 0.0, 0.0])
        lines.append(" ".join(f"{n:.6f}" for n in numbers))
    return f"{head}MOTION\nFrames: {len(rows)}\nFrame Time: {frame_time:.8f}\n" + "\n".join(lines)


@pytest.fixture
def write(tmp_path):
    def _write(rows, **options):
        path = tmp_path / "take.bvh"
        path.write_text(smpl_bvh(rows, **options))
        return path

    return _write


def test_rest_pose_stands_on_the_floor_facing_minus_y(write):
    motion = read_bvh(write([{}] * 3))
    assert motion.fps == pytest.approx(60, abs=0.01)
    positions = motion.positions()
    assert positions[0, INDEX["left_ankle"], 2] == pytest.approx(ANKLE_HEIGHT, abs=1e-3)
    assert positions[0, INDEX["right_foot"], 2] == pytest.approx(TOE_HEIGHT, abs=1e-3)
    assert positions[0, INDEX["left_hand"], 0] > 0.5
    assert positions[0, INDEX["left_foot"], 1] < positions[0, INDEX["left_ankle"], 1] - 0.1
    np.testing.assert_allclose(motion.rotations[..., 0], 1, atol=1e-4)


def test_left_knee_bends_the_left_knee_backwards(write):
    motion = read_bvh(write([{"left_knee": [0, 90, 0]}] * 2))
    shin = motion.positions()[0]
    lower = shin[INDEX["left_ankle"]] - shin[INDEX["left_knee"]]
    assert lower[1] > 0.4 and abs(lower[2]) < 0.05
    np.testing.assert_allclose(motion.rotations[:, INDEX["right_knee"], 0], 1, atol=1e-4)


def test_channel_order_is_the_files(write):
    # Z Y in this order: Y carries the arm back, which Z then leaves alone; Y Z would lift it.
    motion = read_bvh(write([{"left_shoulder": [90, 0, 90]}] * 2))
    points = motion.positions()[0]
    arm = points[INDEX["left_elbow"]] - points[INDEX["left_shoulder"]]
    np.testing.assert_allclose(arm / np.linalg.norm(arm), [0, 1, 0], atol=0.06)


def test_paths_are_scaled_by_leg_length(write):
    rows = [{"at": [0, 97.5, 0]}, {"at": [0, 97.5, 41.0]}]
    motion = read_bvh(write(rows, scale=50.0))
    step = motion.root[1] - motion.root[0]
    np.testing.assert_allclose(step, [0, -0.82, 0], atol=1e-3)


def test_a_map_may_name_any_skeleton(tmp_path):
    text = smpl_bvh([{"left_knee": [0, 60, 0]}] * 2)
    for name in JOINTS:
        text = text.replace(f"T {name}\n", f"T bone_{name}\n")
    path = tmp_path / "odd.bvh"
    path.write_text(text)
    motion = read_bvh(path, JointMap({name: f"bone_{name}" for name in JOINTS}))
    knee = motion.rotations[0, INDEX["left_knee"]]
    np.testing.assert_allclose(np.abs(knee), [np.cos(np.pi / 6), 0.5, 0, 0], atol=1e-4)


def test_arms_that_hang_in_the_rest_pose_are_laid_along_ours(tmp_path):
    text = smpl_bvh([{}] * 2)
    # The left forearm's and the hand's offsets point down instead of sideways.
    text = text.replace("OFFSET 26.000000 0.000000 -0.000000", "OFFSET 0 -26 0")
    text = text.replace("OFFSET 25.000000 0.000000 -0.000000", "OFFSET 0 -25 0")
    path = tmp_path / "hanging.bvh"
    path.write_text(text)
    points = read_bvh(path).positions()[0]
    upper = points[INDEX["left_elbow"]] - points[INDEX["left_shoulder"]]
    lower = points[INDEX["left_wrist"]] - points[INDEX["left_elbow"]]
    np.testing.assert_allclose(upper, [0, 0, -0.26], atol=2e-3)
    np.testing.assert_allclose(lower, [0, 0, -0.25], atol=2e-3)


def test_what_is_no_human_is_told(tmp_path):
    body = "OFFSET 0 1 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
    tail = "".join(f"JOINT tail{i}\n{{\n{body}" for i in range(6))
    path = tmp_path / "snake.bvh"
    path.write_text(
        f"HIERARCHY\nROOT head\n{{\n{body}{tail}{'} ' * 7}\nMOTION\nFrames: 2\nFrame Time: 0.04\n"
        + "0 " * 42
    )
    with pytest.raises(TwostepError, match="snake.bvh holds no skeleton .* a human's; export"):
        read_bvh(path)


@pytest.mark.parametrize(
    "text",
    ["not a bvh", "HIERARCHY\nROOT a\n{\nOFFSET 0 0\n", "HIERARCHY\nMOTION\nFrames: 2\n"],
)
def test_damaged_files_are_told(tmp_path, text):
    path = tmp_path / "broken.bvh"
    path.write_text(text)
    with pytest.raises(TwostepError, match=r"broken\.bvh"):
        parse_bvh(path)


def test_words_among_the_numbers_are_told(write):
    path = write([{}] * 3)
    path.write_text(path.read_text().replace("97.500000", "high", 1))
    with pytest.raises(TwostepError, match="take.bvh is damaged"):
        parse_bvh(path)


def test_truncated_motion_is_told(write):
    path = write([{}] * 3)
    path.write_text(path.read_text().rsplit(" ", 5)[0])
    with pytest.raises(TwostepError, match="damaged"):
        parse_bvh(path)
