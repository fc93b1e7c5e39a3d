# SPDX-License-Identifier: GPL-3.0-or-later
"""The vocoder in training: what it minimises, what it reads, and its ONNX file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from twostep.inference.score import mel
from twostep.inference.score import vocoder as served
from twostep.inference.score.griffin_lim import SAMPLES
from twostep.models.score.export import difference
from twostep.models.score.export_vocoder import example, write
from twostep.models.score.train_vocoder import loss
from twostep.models.score.vocoder import (
    NOISE_FFT,
    REACH,
    ROUGH_FFT,
    Vocoder,
    decibels,
    overlapped,
    sounded,
    windowed,
)
from twostep.models.score.vocoder_data import FRAMES, Excerpts, prepare
from twostep.models.score.vocoder_loss import energy_distance

BATCH = 2


@pytest.fixture
def vocoder() -> Vocoder:
    torch.manual_seed(0)
    return Vocoder(width=32)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two clips of noise that comes and goes, one a split; the second's audio lies first."""
    random = np.random.default_rng(0)
    frames = FRAMES + 16
    swell = 0.05 * (1 + np.sin(np.arange(frames * SAMPLES) / 9000))
    sounds = [(random.normal(size=frames * SAMPLES) * swell).astype(np.float32) for _ in range(2)]
    mels = [mel.log_mel(sound[::2])[:frames] for sound in sounds]
    np.save(tmp_path / "mel.npy", np.concatenate(mels).astype(np.float16))
    audio = np.concatenate(sounds[::-1]) * 32_767
    np.save(tmp_path / "audio.npy", audio.astype(np.int16))
    clips = [
        {"name": name, "split": name, "start": i * frames, "stop": (i + 1) * frames}
        for i, name in enumerate(("train", "validation"))
    ]
    told = [
        {"clip": "validation", "start": 0, "frames": frames},
        {"clip": "train", "start": frames * SAMPLES, "frames": frames},
    ]
    (tmp_path / "clips.json").write_text(json.dumps(clips))
    (tmp_path / "audio.json").write_text(json.dumps(told))
    prepare(tmp_path, tmp_path / "rough")
    return tmp_path


def test_excerpts_belong_together(corpus: Path) -> None:
    for split in ("train", "validation"):
        excerpts = Excerpts(corpus, [corpus / "rough"], split)
        sound, rough, truth = excerpts.draw(BATCH, louder=split == "train")
        assert sound.shape == (BATCH, FRAMES, mel.BINS)
        assert rough.shape == (BATCH, FRAMES * mel.HOP)
        for one, heard in zip(sound, truth, strict=True):
            own = mel.normalised(mel.log_mel(heard.numpy()[::2].copy())[:FRAMES])
            # Every second sample folds the upper half of white noise down: 3 dB at most.
            assert np.abs(own - one.numpy())[8:-8].mean() < 0.1


def test_a_few_steps_lower_the_loss(vocoder: Vocoder, corpus: Path) -> None:
    batch = Excerpts(corpus, [corpus / "rough"], "train").draw(BATCH, louder=False)
    optimiser = torch.optim.AdamW(vocoder.parameters(), 3e-3)
    found = []
    for _ in range(6):
        terms = loss(vocoder, batch)
        optimiser.zero_grad()
        terms["loss"].backward()
        optimiser.step()
        found.append(float(terms["loss"].detach()))
    assert found[-1] < found[0] - 0.1


def test_right_noise_is_nearer_than_dull_or_loud_noise() -> None:
    """Where the second half of the distance is left out, quieter noise than the truth's wins."""
    torch.manual_seed(0)
    first, second, truth = (0.1 * torch.randn(1, 60 * SAMPLES) for _ in range(3))
    found = {
        level: float(energy_distance(level * first, level * second, truth)["loss"])
        for level in (0.5, 0.7, 1.0, 1.4, 2.0)
    }
    assert min(found, key=found.__getitem__) == 1.0


def test_windows_undo_each_other() -> None:
    samples = torch.randn(1, 4096)
    for size in (ROUGH_FFT, NOISE_FFT):
        again = overlapped(windowed(samples, size), size)
        torch.testing.assert_close(again[:, size:-size], samples[:, size:-size])


def test_what_trains_is_what_serves(vocoder: Vocoder, corpus: Path) -> None:
    sound, rough, truth = Excerpts(corpus, [corpus / "rough"], "train").draw(1)
    with torch.no_grad():
        spectra = windowed(rough, ROUGH_FFT)
        gain, levels = vocoder(sound, decibels(spectra))
        (wanted,) = sounded(spectra, gain, [truth], levels)
    serving = served.Vocoder(lambda *_: (gain[0].numpy(), levels[0].numpy()))
    found = serving._sound(mel.decibels(sound[0].numpy()), rough[0].numpy(), truth[0].numpy())
    np.testing.assert_allclose(found, wanted[0].numpy(), atol=1e-4)
    own = served.levels(served._windowed(rough[0].numpy(), ROUGH_FFT))
    np.testing.assert_allclose(own, decibels(spectra)[0].numpy(), atol=1e-3)


def test_network_looks_no_further_than_inference_gives_it(vocoder: Vocoder) -> None:
    sound, rough = example(2 * served.REACH + 9).values()
    middle = served.REACH + 4
    far = sound.clone()
    far[:, : middle - REACH] += 1
    far[:, middle + REACH + 1 :] += 1
    with torch.no_grad():
        gains = [vocoder(one, rough)[0][:, 4 * middle : 4 * middle + 4] for one in (sound, far)]
    torch.testing.assert_close(*gains)


def test_exported_file_computes_the_same(vocoder: Vocoder, tmp_path: Path) -> None:
    path = write(vocoder, tmp_path / "vocoder.onnx")
    assert difference(vocoder, example(23), path) < 0.01
