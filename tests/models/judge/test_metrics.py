# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole report of a dance, the reference of real takes, and what the training loop logs."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from twostep.inference.errors import TwostepError
from twostep.inference.pose_features import encode
from twostep.models.judge import metrics
from twostep.models.judge.clips import read_clips
from twostep.models.judge.live import quick

from .figures import FPS, standing, swinging, trembling, wandering

BEATS = np.arange(0.25, 30.0, 0.55)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Two takes as the data command writes them, the first with a glitch in its middle."""
    folder = tmp_path_factory.mktemp("shards")
    motions = [swinging(BEATS, 30.0), wandering(20.0)]
    valid = [np.ones(len(motion), dtype=bool) for motion in motions]
    valid[0][450:480] = False
    takes, start = [], 0
    for name, style, split, motion in zip(
        ("swing", "wander"), ("salsa", "house"), ("train", "test"), motions, strict=True
    ):
        takes.append(
            {
                "name": name,
                "source": "made up",
                "style": style,
                "split": split,
                "start": start,
                "stop": start + len(motion),
                "beats": list(BEATS[motion.seconds > BEATS]),
                "bpm": 109.1,
            }
        )
        start += len(motion)
    np.savez(
        folder / "motion.npz",
        features=np.concatenate([encode(motion) for motion in motions]),
        valid=np.concatenate(valid),
        speed=np.zeros(start, dtype=np.float32),
        takes=json.dumps(takes),
    )
    return folder


def test_clips_leave_the_glitch_out_and_keep_their_beats(shards):
    clips = read_clips(shards)
    assert [(clip.name, len(clip.motion)) for clip in clips] == [
        ("swing", 450),
        ("swing", 420),
        ("wander", 600),
    ]
    assert clips[1].beats[0] == pytest.approx(BEATS[BEATS >= 16][0] - 16)
    assert [clip.name for clip in read_clips(shards, splits=("test",))] == ["wander"]
    assert metrics.measure(clips[1].motion, clips[1].beats)["f1"] > 0.95


def test_missing_shards_say_what_to_do(tmp_path):
    with pytest.raises(TwostepError, match=r"twostep\.models\.data"):
        read_clips(tmp_path)


def test_real_motion_against_itself_is_one(shards):
    clips = read_clips(shards, styles=("salsa",))
    reference = metrics.build_reference(clips)["salsa"]
    assert reference.seconds == pytest.approx(29.0)
    figures = metrics.measure(clips[0].motion, clips[0].beats, reference)
    assert figures["speed_ratio"] == pytest.approx(1, abs=0.1)
    assert figures["jerk_ratio"] == pytest.approx(1, abs=0.1)
    assert figures["block_speed_min"] > 0.9
    assert figures["freeze"] < 0.4
    assert all(math.isfinite(value) for value in figures.values())


def test_every_style_present_has_a_reference(shards):
    reference = metrics.reference_from_shards(shards)
    assert set(reference) == {"salsa", "house", ""}
    assert reference[""].seconds == pytest.approx(49.0)
    assert reference["house"].difference > 0.1
    assert json.loads(json.dumps(metrics.as_json(reference)))["salsa"]["f1"] > 0.9


def test_quick_tells_a_dancer_from_statues(shards):
    reference = metrics.reference_from_shards(shards)["salsa"]
    dancer = quick(swinging(BEATS, 30.0), BEATS, reference)
    assert dancer["f1_margin"] > 0.5
    assert dancer["f1_half"] == 0
    assert dancer["speed"] == pytest.approx(1, abs=0.1)
    assert dancer["slide_rate"] == 0
    assert dancer["freeze"] < 0.4
    statue = quick(standing(30.0), BEATS, reference)
    assert statue["f1"] == 0
    assert statue["f1_margin"] <= 0
    assert statue["last_speed"] == pytest.approx(0, abs=1e-5)
    assert statue["freeze"] == pytest.approx(30.0)
    tremble = quick(trembling(30.0), BEATS, reference)
    assert tremble["f1"] == 0
    assert tremble["jerk"] > 2


def test_a_dance_that_dies_away_shows_in_its_last_block(shards):
    reference = metrics.reference_from_shards(shards)["salsa"]
    dance, still = swinging(BEATS, 30.0), standing(30.0)
    fading = type(dance)(
        FPS,
        dance.root,
        np.where(np.arange(900)[:, None, None] < 600, dance.rotations, still.rotations),
        dance.contacts,
    )
    figures = metrics.measure(fading, BEATS, reference)
    assert figures["block_speed_0"] > 0.9
    assert figures["block_speed_last"] < 0.1
    assert figures["block_speed_min"] == figures["block_speed_last"]
    assert figures["freeze"] > 9
