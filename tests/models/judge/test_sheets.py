# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures are drawn, in the right colours, with everyone on the floor."""

from __future__ import annotations

import numpy as np
from matplotlib.image import imread

from twostep.models.judge import sheets

from .figures import standing, swinging

BEATS = np.arange(0.25, 10.0, 0.55)
BLUE, RED = (0x1F, 0x77, 0xB4), (0xD6, 0x27, 0x28)


def where(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.argwhere(np.abs(image[..., :3] * 255 - np.array(colour)).max(-1) < 8)


def test_strip_shows_left_in_blue_on_the_right_of_a_dancer_who_faces_us(tmp_path):
    path = sheets.strip([standing(2.0)], ["rest"], tmp_path / "strip.png", columns=1)
    image = imread(path)
    blue, red = where(image, BLUE), where(image, RED)
    assert len(blue) > 50
    assert len(red) > 50
    assert blue[:, 1].mean() > red[:, 1].mean() + 20


def test_strip_has_a_row_a_motion_and_copes_with_short_ones(tmp_path):
    dances = [swinging(BEATS, 10.0), standing(0.5), swinging(BEATS, 10.0)]
    path = sheets.strip(dances, ["a", "b", "c"], tmp_path / "strip.png", start=1.0, columns=6)
    one = imread(sheets.strip(dances[:1], ["a"], tmp_path / "one.png", columns=6))
    assert abs(imread(path).shape[0] - 3 * one.shape[0]) <= 3


def test_timeline_marks_music_and_motion(tmp_path):
    path = sheets.timeline(swinging(BEATS, 10.0), BEATS, tmp_path / "line.png", "swing", usual=0.4)
    image = imread(path)
    assert len(where(image, (0xC9, 0xA2, 0x27))) > 500
    assert len(where(image, BLUE)) > 100
