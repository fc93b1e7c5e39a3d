# SPDX-License-Identifier: GPL-3.0-or-later
"""Small made-up shards: figures swaying on a known beat, and noise for music."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twostep.inference import pose_features
from twostep.inference.motion import Motion
from twostep.inference.styles import STYLES

TAKE_FRAMES, PIECE_FRAMES = 600, 1500


def sway(frames: int, bpm: float, seed: int) -> Motion:
    """A figure whose joints swing once every two beats."""
    rng = np.random.default_rng(seed)
    angle = np.pi * bpm / 60 * np.arange(frames) / 30
    size = 0.4 * rng.random((24, 3))
    vectors = size * np.sin(angle[:, None, None] + rng.uniform(0, 6, (24, 1)))
    turns = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat(scalar_first=True)
    root = np.column_stack([0.1 * np.sin(angle / 4), 0.1 * np.cos(angle / 4), 0.95 + 0 * angle])
    contacts = (np.sin(angle)[:, None] > [0, 0, 0.5, 0.5]).astype(float)
    return Motion(30.0, root, turns.reshape(frames, 24, 4), contacts)


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with motion.npz (10 takes) and music.npz (8 pieces)."""
    folder = tmp_path_factory.mktemp("shards")
    features, speed, takes = [], [], []
    for number in range(10):
        bpm = 84.0 + 4 * number
        motion = sway(TAKE_FRAMES, bpm, number)
        moved = np.diff(motion.positions(), axis=0, prepend=motion.positions()[:1])
        features.append(pose_features.encode(motion))
        speed.append(30 * np.linalg.norm(moved, axis=-1).mean(1))
        start = number * TAKE_FRAMES
        takes.append(
            {
                "name": f"take{number}", "source": "test", "style": STYLES[number % 5],
                "split": "train" if number < 7 else "validation",
                "start": start, "stop": start + TAKE_FRAMES,
                "beats": list(np.arange(0.1, TAKE_FRAMES / 30, 60 / bpm)), "bpm": bpm,
            }
        )  # fmt: skip
    np.savez(
        folder / "motion.npz",
        features=np.concatenate(features),
        valid=np.ones(10 * TAKE_FRAMES, dtype=bool),
        speed=np.concatenate(speed).astype(np.float32),
        takes=json.dumps(takes),
    )
    rng = np.random.default_rng(0)
    tracks = []
    for number in range(8):
        beats = np.arange(0.3, PIECE_FRAMES / 30, 60 / (90 + 3 * number))
        tracks.append(
            {
                "name": f"piece{number}", "genre": STYLES[number % 5] if number % 3 else None,
                "licence": "", "credit": "", "split": "train" if number < 6 else "validation",
                "start": number * PIECE_FRAMES, "stop": (number + 1) * PIECE_FRAMES,
                "beats": list(beats), "downbeats": [i % 4 == 0 for i in range(len(beats))],
            }
        )  # fmt: skip
    music = rng.random((8 * PIECE_FRAMES, 48)).astype(np.float16)
    np.savez(folder / "music.npz", features=music, tracks=json.dumps(tracks))
    return folder
