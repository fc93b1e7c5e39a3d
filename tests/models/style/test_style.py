# SPDX-License-Identifier: GPL-3.0-or-later
"""Training, export and judging of the style extractor, on a corpus of made-up music."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from twostep.inference.audio import style
from twostep.inference.genres import GENRES, NAMES
from twostep.inference.weights import network, read_bundle
from twostep.models.style import spoiling
from twostep.models.style.clips import Clip, Excerpts, allowed, read_clips
from twostep.models.style.export import write
from twostep.models.style.network import Extractor
from twostep.models.style.report import draw, judge, right, styles_of, summary
from twostep.models.style.train import accuracy, excerpts, loss

FRAMES = 1000  # mel frames of a clip, 23 s


def music(genre: str, seed: int) -> np.ndarray:
    """A mel spectrogram in dB: a pulse whose tempo and band are the genre's own."""
    random = np.random.default_rng(seed)
    number = NAMES.index(genre)
    time = np.arange(FRAMES) / 43.07
    beat = (time * (1.5 + 0.4 * number) + random.random()) % 1
    rows = random.normal(-75, 3, (FRAMES, 256))
    middle = 20 + 60 * number
    rows[:, middle : middle + 40] += 40 * np.exp(-6 * beat)[:, None]
    return rows.astype(np.float32)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three genres, a recording of a plain style, and one that may be anything."""
    folder = tmp_path_factory.mktemp("corpus")
    clips, spectra = [], []
    for number, (name, genre, split) in enumerate(
        [(f"{g}_{n}", g, "train") for g in NAMES[:3] for n in range(3)]
        + [(f"{g}_9", g, "validation") for g in NAMES[:3]]
        + [("cc0-beats/Boomboxhead-Loud", None, "train"), ("tunes/Unknown", None, "train")]
    ):
        start = number * FRAMES
        clips.append(
            {"name": name, "genre": genre, "split": split, "start": start, "stop": start + FRAMES}
        )
        spectra.append(music(genre or NAMES[number % 3], number))
    np.save(folder / "mel.npy", np.concatenate(spectra).astype(np.float16))
    (folder / "clips.json").write_text(json.dumps(clips))
    return folder


@pytest.fixture(scope="module")
def model(corpus: Path) -> Extractor:
    """Trained for a few steps."""
    torch.manual_seed(0)
    drawn, found = Excerpts(read_clips(corpus, ("train",))), Extractor()
    optimiser = torch.optim.AdamW(found.parameters(), 1e-3)
    for _ in range(25):
        bands, wanted = drawn.draw(8)
        optimiser.zero_grad()
        loss(found(bands[:, :108])[1], wanted).backward()
        torch.nn.utils.clip_grad_norm_(found.parameters(), 1.0)
        optimiser.step()
    return found.eval()


def test_clips_know_what_they_may_be(corpus: Path) -> None:
    clips = {clip.name: clip for clip in read_clips(corpus, ("train",))}
    assert len(clips) == 11
    assert clips["break_0"].rows.shape == (FRAMES // 2, 64)
    assert clips["break_0"].allowed.sum() == 1
    loud = clips["cc0-beats/Boomboxhead-Loud"]
    assert loud.known
    told = [name for name, may in zip(NAMES, loud.allowed, strict=True) if may]
    assert told == [name for name in NAMES if GENRES[name].style == "hiphop"]
    assert not clips["tunes/Unknown"].known


def test_batches_hold_every_genre_alike_and_some_recordings(corpus: Path) -> None:
    drawn = Excerpts(read_clips(corpus, ("train",)))
    lengths, counts = set(), np.zeros(len(NAMES))
    for _ in range(12):
        bands, wanted = drawn.draw(16)
        lengths.add(bands.shape[1])
        assert bands.shape[2] == 64
        assert bands.isfinite().all()
        counts += wanted[wanted.sum(dim=1) == 1].numpy().sum(axis=0)
    assert len(lengths) > 6
    assert min(lengths) >= 107
    assert max(lengths) <= 517
    assert counts[:3].min() > 0.6 * counts[:3].max()
    assert counts[3:].sum() == 0
    assert 0 < 12 * 16 - counts.sum() < 40  # the recording


def test_the_loss_asks_for_any_of_the_allowed() -> None:
    either = torch.tensor([[True, True, False]])
    sure = torch.tensor([[9.0, -9.0, -9.0]])
    other = torch.tensor([[-9.0, 9.0, -9.0]])
    wrong = torch.tensor([[-9.0, -9.0, 9.0]])
    assert loss(sure, either) < 1e-3
    assert loss(other, either) < 1e-3
    assert loss(wrong, either) > 10
    only = torch.tensor([[True, False, False]])
    assert loss(sure, only) < loss(other, only)


@pytest.mark.parametrize("seed", range(6))
def test_spoilt_music_is_changed_but_sane(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = style.reduced(music("house", seed))
    found = spoiling.spoilt(rows, random)
    assert found.shape == rows.shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.abs(found - rows).max() > 1
    assert found.max() - found.min() < 91


def test_stretched_music_has_another_tempo() -> None:
    rows = np.repeat(np.arange(100.0, dtype=np.float32)[:, None], 64, axis=1)
    np.testing.assert_allclose(
        spoiling.stretched(rows, 90, 1.08)[:, 0], 1.08 * np.arange(90), rtol=1e-5
    )


def test_company_is_softer() -> None:
    loud, other = np.full((50, 64), -20, np.float32), np.full((50, 64), 0, np.float32)
    both = spoiling.mixed(loud, other, np.random.default_rng(0))
    assert (both > -20).all()
    assert (both < -18).all()


def test_a_few_steps_tell_genres_apart(corpus: Path, model: Extractor) -> None:
    held_out = read_clips(corpus, ("validation",))
    assert accuracy(model, held_out)["pieces_right"] == 1.0


def test_a_short_clip_is_one_excerpt() -> None:
    clip = Clip("short", "pop", np.zeros((50, 64), np.float16), allowed("short", "pop"))
    assert excerpts(clip, 12.0).shape == (1, 50, 64)


def test_the_exported_network_is_the_same_and_judged(
    corpus: Path, model: Extractor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert write(model, tmp_path / "style", "7") < 5e-3  # its weights are of half precision
    bundle = read_bundle(tmp_path / "style", "style")
    assert bundle.version == "7"
    assert bundle.facts["genres"] == list(NAMES)
    assert network(bundle, "style.onnx").stat().st_size < 8e6
    monkeypatch.setenv("TWOSTEP_WEIGHTS", str(tmp_path))
    style.forget()
    try:
        judged = judge(corpus, ("validation",))
    finally:
        style.forget()
    assert judged.pieces.sum() == 3
    assert right(judged.pieces) == 1.0
    assert judged.excerpts[5.9].sum() == 9
    assert "| whole pieces | 3 | 100.0% |" in summary(judged)


def test_the_confusion_matrix_by_style_and_as_a_picture(tmp_path: Path) -> None:
    table = np.zeros((13, 13), np.int64)
    table[NAMES.index("house"), NAMES.index("waack")] = 3  # both are danced as house
    table[NAMES.index("salsa"), NAMES.index("pop")] = 1
    assert right(table) == 0
    assert right(styles_of(table)) == 0.75
    draw(table, tmp_path / "table.png", "A title")
    assert (tmp_path / "table.png").stat().st_size > 10_000
