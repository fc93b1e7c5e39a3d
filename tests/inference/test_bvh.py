# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference import bvh
from twostep.inference.motion import Motion
from twostep.inference.pose_features import continuous
from twostep.inference.readers.bvh import parse_bvh
from twostep.inference.skeleton import INDEX, JOINTS

from .walking import walk


def wild(frames: int = 90) -> Motion:
    """Joints that swing every way; the figure turns several times."""
    t = np.linspace(0, 3, frames)[:, None, None]
    random = np.random.default_rng(1)
    vectors = 0.9 * np.sin(random.uniform(1, 3, (1, 24, 3)) * t + random.uniform(0, 6, (1, 24, 3)))
    vectors[:, 0] = (0, 0, 1) * t[:, 0] * 4
    quaternions = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat(scalar_first=True)
    root = np.stack([t[:, 0, 0], -t[:, 0, 0], 1 + 0.1 * t[:, 0, 0]], axis=1)
    rotations = continuous(quaternions.reshape(frames, 24, 4))
    return Motion(30.0, root, rotations, np.zeros((frames, 4)))


def positions(path):
    """Joint positions by name from a BVH file alone, in its own axes and units."""
    read = parse_bvh(path)
    turns, places, found, column = [], [], {}, 0
    for joint in read.joints:
        values = read.values[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        offset = np.tile(np.array(joint.offset), (len(read.values), 1))
        order = "".join(c[0] for c in joint.channels if c.endswith("rotation"))
        moves = [i for i, c in enumerate(joint.channels) if c.endswith("position")]
        if moves:
            offset = offset + values[:, moves]
        spins = [i for i, c in enumerate(joint.channels) if c.endswith("rotation")]
        turn = Rotation.identity(len(offset))
        if spins:
            turn = Rotation.from_euler(order, values[:, spins], degrees=True)
        if joint.parent < 0:
            places.append(offset)
        else:
            places.append(places[joint.parent] + turns[joint.parent].apply(offset))
            turn = turns[joint.parent] * turn
        turns.append(turn)
        if joint.channels:
            found[joint.name] = places[-1]
    return found


@pytest.mark.parametrize(("unit", "scale"), [("cm", 100.0), ("m", 1.0)])
@pytest.mark.parametrize("motion", [walk(3.0), wild()], ids=["walk", "wild"])
def test_the_joints_come_back_to_a_tenth_of_a_millimetre(tmp_path, motion, unit, scale):
    path = tmp_path / "a.bvh"
    bvh.write(motion, path, unit)
    found = positions(path)
    assert tuple(sorted(found)) == tuple(sorted(JOINTS))
    ours = motion.positions()
    for name, place in found.items():
        x, y, z = place.T / scale  # y up, facing +z
        np.testing.assert_allclose(np.stack([x, -z, y], 1), ours[:, INDEX[name]], atol=1e-4)


def test_the_head_of_the_file_says_what_readers_expect(tmp_path):
    path = tmp_path / "a.bvh"
    motion = walk(2.0)
    bvh.write(motion, path)
    lines = path.read_text().splitlines()
    assert lines[0] == "HIERARCHY" and lines[1] == "ROOT pelvis"
    assert sum("End Site" in line for line in lines) == 5
    assert f"Frames: {len(motion)}" in lines
    frame_time = next(line for line in lines if line.startswith("Frame Time:"))
    assert float(frame_time.split()[-1]) == pytest.approx(1 / 30, abs=1e-7)
    assert parse_bvh(path).values.shape == (len(motion), 75)


def test_angles_run_on_without_jumps(tmp_path, monkeypatch):
    """An editor that smooths f-curves must meet no step of 360 degrees, not at a block either."""
    monkeypatch.setattr(bvh, "_BLOCK", 20)
    path = tmp_path / "a.bvh"
    bvh.write(wild(600), path)
    spin = parse_bvh(path).values[:, 3:6]
    assert np.abs(np.diff(spin, axis=0)).max() < 30
    assert np.ptp(spin[:, 2]) > 360
