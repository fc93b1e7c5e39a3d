# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from twostep.inference import placing
from twostep.inference.errors import Cancelled
from twostep.inference.motion import Motion
from twostep.inference.networks import SEGMENT, TOKENS
from twostep.inference.placing import Place
from twostep.inference.rollout import (
    Direction,
    Score,
    energy_at,
    padded_length,
    pieces,
    rollout,
)

from .walking import walk


def score(frames: int, seed: int = 0, level: float = 0.5) -> Score:
    features = np.random.default_rng(seed).normal(size=(padded_length(frames), 48))
    features[:, 46] = level
    return Score(features.astype(np.float32), np.arange(0, frames / 30, 0.5), frames)


ORDER = Direction("pop", seed=3, fingerprint=9)


def latents(nets, *args, **keywords):
    return np.concatenate([piece.latents for piece in pieces(nets, *args, **keywords)])


@pytest.mark.parametrize("frames", [600, 601, 61, 60, 59, 30])
def test_decoding_by_pieces_is_decoding_at_once(nets, frames):
    found = list(pieces(nets, score(frames), ORDER))
    apart = np.concatenate([piece.features for piece in found])
    whole = nets.decode(np.concatenate([piece.latents for piece in found])[None])[0]
    assert len(found) > 1 and len(whole) == -(-frames // SEGMENT) * SEGMENT
    np.testing.assert_allclose(apart, whole, atol=2e-5)


def test_the_pieces_join_where_they_stand(nets):
    """Placing piece after piece must equal placing everything at once, in turns and steps too."""
    found = list(pieces(nets, score(600), ORDER))
    whole = placing.motion(
        Place(np.zeros(2), 0.0), np.concatenate([piece.features for piece in found])
    )
    dance = rollout(nets, score(600), ORDER)
    np.testing.assert_allclose(dance.positions(), whole.positions(), atol=2e-4)
    assert (dance.rotations[1:] * dance.rotations[:-1]).sum(-1).min() > 0


@pytest.mark.parametrize("frames", [2, 30, 60, 61, 200])
def test_the_dance_is_as_long_as_asked(nets, frames):
    assert len(rollout(nets, score(frames), ORDER)) == frames


def test_the_same_seed_is_the_same_dance(nets):
    one, two = (rollout(nets, score(300), ORDER) for _ in range(2))
    np.testing.assert_array_equal(one.rotations, two.rotations)
    np.testing.assert_array_equal(one.root, two.root)


@pytest.mark.parametrize(
    "other",
    [{"seed": 4}, {"fingerprint": 10}, {"style": "salsa"}, {"style": None}, {"energy": 1.8}],
    ids=str,
)
def test_everything_that_is_asked_changes_the_dance(nets, other):
    one = rollout(nets, score(300), ORDER).positions()
    two = rollout(nets, score(300), replace(ORDER, **other)).positions()
    assert np.linalg.norm(one - two, axis=-1).mean() > 0.003


def test_the_music_changes_the_dance(nets):
    one, two = (rollout(nets, score(300, seed), ORDER).positions() for seed in (0, 1))
    assert np.linalg.norm(one - two, axis=-1).mean() > 0.003


def test_a_later_song_does_not_change_an_earlier_step(nets):
    """Only the look-ahead may be heard before its time."""
    one, two = score(600), score(600, seed=1)
    mixed = Score(np.concatenate([one.features[:316], two.features[316:]]), one.beats, 600)
    np.testing.assert_array_equal(
        latents(nets, one, ORDER)[: 5 * TOKENS], latents(nets, mixed, ORDER)[: 5 * TOKENS]
    )
    assert not np.array_equal(latents(nets, one, ORDER), latents(nets, mixed, ORDER))


def test_more_candidates_are_nearer_to_the_wish(nets):
    """Among many, one that moves at the wished speed is found."""
    from twostep.inference.kinematics import motion_speed

    wanted = nets.card.speed("pop", energy_at(0.5, 1.0, nets.card.usual("pop")))
    off = [
        abs(
            np.log(
                motion_speed(rollout(nets, score(900), replace(ORDER, candidates=k))).mean()
                / wanted
            )
        )
        for k in (1, 16)
    ]
    assert off[1] < off[0]


def test_energy_goes_with_the_music_and_the_user():
    assert energy_at(0.5, 1.0, 0.6) == pytest.approx(0.6)
    assert energy_at(0.9, 1.0, 0.6) > energy_at(0.1, 1.0, 0.6)
    assert energy_at(0.5, 2.0, 0.6) > energy_at(0.5, 1.0, 0.6) > energy_at(0.5, 0.0, 0.6)
    levels, wishes = (0, 0.5, 1), (0, 1, 2)
    assert all(0 <= energy_at(level, e, 0.7) <= 1 for level in levels for e in wishes)


def test_a_style_has_its_mean_speed_at_its_usual_energy(nets):
    card = replace(nets.card, speeds={"pop": (0.0, 0.1, 0.2, 2.0)})
    everywhere = [card.speed("pop", q) for q in np.linspace(0, 1, 101)]
    assert card.speed("pop", card.usual("pop")) == pytest.approx(np.mean(everywhere), rel=0.01)
    assert card.usual("pop") > 0.5


@pytest.mark.parametrize("frames", [1, 10, 60, 90])
def test_a_dance_goes_on_from_where_its_context_stands(nets, frames):
    context = walk(4.0)[:frames]
    dance = rollout(nets, score(120), ORDER, context)
    assert len(dance) == 120
    np.testing.assert_allclose(dance.root[0, :2], context.root[-1, :2], atol=1e-5)
    elsewhere = rollout(nets, score(120), ORDER)
    assert np.abs(dance.rotations - elsewhere.rotations).max() > 1e-3


def test_the_heading_of_the_context_is_kept(nets):
    from scipy.spatial.transform import Rotation

    from twostep.inference.pose_features import heading

    still = walk(1.0)[:1]
    turn = Rotation.from_euler("z", 2.0).as_quat(scalar_first=True)
    rotations = still.rotations.copy()
    rotations[:, 0] = turn
    context = Motion(30.0, still.root, rotations, still.contacts)
    dance = rollout(nets, score(60), ORDER, context)
    assert heading(dance[:1].matrices()[:, 0])[0] == pytest.approx(2.0, abs=0.2)


def test_progress_rises_and_stopping_stops(nets):
    told = []

    def tell(share):
        told.append(share)
        if len(told) == 3:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        rollout(nets, score(600), ORDER, tell=tell)
    assert told == [0.1, 0.2, 0.3]


@pytest.mark.slow
def test_a_long_mix_needs_little_more_memory_than_a_song(nets):
    """What is kept beside the dance itself must not grow with it."""

    def peak(minutes: int) -> int:
        music = score(minutes * 60 * 30)
        tracemalloc.start()
        for _ in pieces(nets, music, replace(ORDER, candidates=1)):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(20) < peak(2) + 2_000_000
