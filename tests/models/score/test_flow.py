# SPDX-License-Identifier: GPL-3.0-or-later
"""The music network: it learns, it keeps what is known, it hears what it is told."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from twostep.inference.genres import NAMES
from twostep.inference.score.conditions import ANSWERS, CHANNELS, ENERGY, HARMONY
from twostep.models.score.flow import (
    LATENT,
    MOTION,
    PATCH,
    WINDOW,
    Flow,
    Size,
    Told,
    timbre_of,
)
from twostep.models.score.train_flow import loss, seen
from twostep.models.score.windows import Windows
from twostep.models.training import CHECKPOINT, Run, load_average

TINY = Size(width=32, heads=2, depth=2)


def empty(count: int) -> Told:
    """A `Told` that says nothing, of `count` windows."""
    return Told(
        torch.zeros(count, WINDOW, LATENT),
        torch.zeros(count, WINDOW, 1),
        torch.zeros(count, PATCH * WINDOW, CHANNELS),
        torch.zeros(count, WINDOW, MOTION),
        torch.zeros(count, 1),
        torch.zeros(count, len(NAMES)),
        torch.zeros(count, 2 * LATENT),
        torch.zeros(count, 1),
    )


@pytest.fixture
def flow():
    torch.manual_seed(0)
    return Flow(TINY)


@pytest.fixture
def corpus(tmp_path):
    """Three clips: two genres and a recording; the latents follow the beat that is told."""
    tokens = 3 * 100
    rng = np.random.default_rng(0)
    conditions = rng.normal(size=(PATCH * tokens, CHANNELS)).astype(np.float16)
    latents = np.repeat(conditions[::PATCH, :1], 96, axis=1)
    np.save(tmp_path / "latents.npy", latents)
    np.save(tmp_path / "conditions.npy", conditions)
    np.save(tmp_path / "motion.npy", rng.normal(size=(tokens, 64)).astype(np.float16))
    clips = [
        {"genre": genre, "split": "train", "start": 400 * i, "stop": 400 * (i + 1), "take": take}
        for i, (genre, take) in enumerate([("salsa", "a"), ("waltz", None), (None, None)])
    ]
    (tmp_path / "clips.json").write_text(json.dumps(clips), encoding="utf-8")
    return tmp_path


def trained(corpus, folder, minutes):
    torch.manual_seed(0)
    windows = Windows(corpus, "train")
    run = Run(Flow(TINY), folder, minutes, 3e-3)

    def step(_progress):
        return {"loss": loss(run.model, *windows.draw(8))}

    return run, step


def test_what_is_known_stays_and_the_rest_is_made(flow):
    told = empty(2)
    told.mask[:, :20] = 1.0
    told.known[:, :20] = 5.0
    made = flow.sample(torch.randn(2, WINDOW, 96), told, torch.tensor([2.0]), steps=2)
    assert torch.equal(made[:, :20], told.known[:, :20])
    assert made[:, 20:].abs().max() < 5.0 and made[:, 20:].std() > 0.1


def test_it_learns_what_the_conditions_say(corpus, tmp_path):
    run, step = trained(corpus, tmp_path / "run", 1.0)
    for _ in range(200):
        run.take(step)
    torch.manual_seed(1)
    latents, told = Windows(corpus, "train", 5).draw(32)
    told = told._replace(mask=torch.zeros_like(told.mask))
    deaf = told._replace(conditions=torch.zeros_like(told.conditions))
    with torch.no_grad():
        torch.manual_seed(2)
        heard = float(loss(run.model, latents, told))
        torch.manual_seed(2)
        unheard = float(loss(run.model, latents, deaf))
    assert heard < 0.92 * unheard


def test_only_unknown_tokens_count(flow):
    told = empty(1)
    told.mask[:, :32] = 1.0
    latents = torch.randn(1, WINDOW, 96)
    torch.manual_seed(0)
    before = loss(flow, latents, told)
    latents[:, :32] += 100.0  # at the start the velocity is 0 everywhere
    torch.manual_seed(0)
    assert torch.allclose(before, loss(flow, latents, told))


def test_guidance_needs_something_to_guide(flow):
    for parameter in flow.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    noise = torch.randn(1, WINDOW, 96)
    told = empty(1)
    told.conditions.normal_()
    plain, strong = (
        flow.sample(noise, told, torch.tensor([w]), steps=2, rescale=0.0) for w in (1.0, 3.0)
    )
    assert (plain - strong).abs().max() > 1e-3
    free = empty(1)
    plain, strong = (
        flow.sample(noise, free, torch.tensor([w]), steps=2, rescale=0.0) for w in (1.0, 3.0)
    )
    assert torch.allclose(plain, strong, atol=1e-5)


def test_character_pushes_away_from_a_piece_of_no_genre_that_answers_nothing(flow):
    for parameter in flow.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    noise, guidance = torch.randn(1, WINDOW, 96), torch.tensor([2.0])

    @torch.no_grad()
    def change(told):
        """How much of the music character changes."""
        plain, strong = (
            flow.sample(noise, told, guidance, steps=2, rescale=0.0, character=c)
            for c in (0.0, 1.5)
        )
        return float((plain - strong).abs().max())

    grid = empty(1)
    grid.conditions[..., : ANSWERS.start].normal_()
    assert change(grid) < 1e-5
    named = grid._replace(genre=torch.eye(13)[:1])
    answering = grid._replace(conditions=grid.conditions.clone())
    answering.conditions[..., ANSWERS] = 1.0
    assert change(named) > 1e-3
    assert change(answering) > 1e-3


def test_windows_withhold_what_must_not_be_leant_on(corpus):
    windows = Windows(corpus, "train")
    _, told = windows.draw(400)
    absent = (told.conditions == 0).all(dim=1)
    everything = absent.all(dim=1).float().mean()
    assert 0.07 < everything < 0.18
    assert absent[:, HARMONY].all(dim=1).float().mean() > 0.3
    assert absent[:, ENERGY].all(dim=1).float().mean() > 0.17
    assert 0.05 < told.mask.mean() < 0.35
    assert 0.2 < told.heard.mean() < 0.8
    # the waltz and the recording have no dance
    assert 0.15 < told.dancing.mean() < 0.6


def test_a_clip_gives_its_own_genre_and_motion(corpus):
    windows = Windows(corpus, "train")
    genres = torch.stack([windows.draw(64)[1].genre.sum(dim=0) for _ in range(6)]).sum(dim=0)
    assert set(torch.nonzero(genres)[:, 0].tolist()) == {10, 11}


def test_a_run_goes_on_where_it_stopped(corpus, tmp_path):
    folder = tmp_path / "run"
    run, step = trained(corpus, folder, 1.0)
    for _ in range(3):
        run.take(step)
    run.minutes = 0.5
    run.save()
    again, _ = trained(corpus, folder, 1.0)
    assert again.step == 3 and again.minutes == 0.5
    pairs = zip(run.model.parameters(), again.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    average = load_average(Flow(TINY), folder)
    assert not average.training and (folder / CHECKPOINT).exists()


def test_a_run_spends_its_budget_and_keeps_a_log(corpus, tmp_path):
    run, step = trained(corpus, tmp_path / "run", 0.02)
    windows = Windows(corpus, "train", 3)
    latents, told = windows.draw(4)
    run.train(step, lambda average: seen(average, latents, told))
    assert run.minutes >= 0.02 and run.step > 1
    lines = (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert "held_out_without_dance" in lines[-1] and "loss" in lines[0]


def test_timbre_is_level_and_spread():
    window = torch.randn(1, 4000, 96) * 2 + 1
    timbre = timbre_of(window)[0]
    assert torch.allclose(timbre[:96], torch.ones(96), atol=0.2)
    assert torch.allclose(timbre[96:], 2 * torch.ones(96), atol=0.2)
