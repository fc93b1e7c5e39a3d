# SPDX-License-Identifier: GPL-3.0-or-later
"""The score networks that ship, on a dancer whose beats are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.io import wavfile
from scipy.signal import resample_poly

from twostep.inference import weights
from twostep.inference.jobs import ScoreJob
from twostep.inference.score import mel, networks
from twostep.inference.score.generator import decoded, latents
from twostep.inference.score.networks import TOKEN, WINDOW
from twostep.inference.score.score import score, told_of

from ...dancers import dancer

pytestmark = pytest.mark.slow

NEEDED = ("flow.onnx", "autoencoder_decoder.onnx", "autoencoder_encoder.onnx", "vocoder.onnx")
SECONDS, BPM = 16.0, 112.5  # thirty beats


@pytest.fixture(scope="module")
def nets():
    folder = weights.folder("score")
    assert set(NEEDED) <= set(weights.read_bundle(folder, "score").sha256)
    return networks.warm("cpu", folder)


@pytest.fixture(scope="module")
def motion():
    return dancer(BPM, seconds=SECONDS)


@pytest.fixture(scope="module")
def job(motion, nets, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped")
    motion.save(folder / "a.npz")
    return ScoreJob(folder / "a.npz", folder / "a.wav", genre="house", seed=1, provider="cpu")


@pytest.fixture(scope="module")
def piece(job):
    made = score(job)
    return made, wavfile.read(made.path)[1] / 32_768


def onsets(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much louder the bands become at each mel frame, and the frames' times."""
    levels = mel.log_mel(resample_poly(samples, 1, 2).astype(np.float32))
    flux = np.maximum(np.diff(levels, axis=0, prepend=levels[:1]), 0).mean(axis=1)
    return flux, mel.frame_times(len(flux))


def test_music_is_neither_silent_nor_too_loud(piece):
    made, samples = piece
    assert made.warnings == () and len(samples) == SECONDS * 44_100
    assert 0.3 < np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-3
    assert abs(samples.mean()) < 1e-3
    body = samples[: int(13 * 44_100)].reshape(13, -1)
    assert (20 * np.log10(body.std(axis=1)) > -40).all()


def test_its_onsets_are_on_the_dancers_beats(piece):
    made, samples = piece
    flux, times = onsets(samples)
    position = made.cues.grid.position(times[times < 13])
    off = np.abs(position * 2 - np.round(position * 2)) / 2 * 60 / made.cues.grid.bpm
    strong = flux[times < 13] > np.quantile(flux, 0.95)
    near = off < 0.05
    assert near[strong].mean() > near.mean() + 0.3


def test_the_same_seed_is_the_same_music(piece, job, nets):
    again = score(replace(job, out=job.out.with_name("b.wav")))
    np.testing.assert_array_equal(wavfile.read(again.path)[1] / 32_768, piece[1])


def test_the_decoder_sees_no_further_than_its_card_says(piece, motion, nets):
    told = told_of(motion, piece[0].cues, "house", 1, SECONDS)
    pieces = list(latents(nets, told))
    streamed = np.concatenate(list(decoded(nets, pieces)))
    np.testing.assert_allclose(streamed, nets.decode(np.concatenate(pieces)), atol=0.02)


def test_windows_join_without_a_seam(piece, motion, nets):
    """The mel changes at the joins no more than it does elsewhere."""
    told = told_of(motion, piece[0].cues, "house", 1, SECONDS)
    levels = nets.decode(np.concatenate(list(latents(nets, told))))
    change = np.abs(np.diff(levels, axis=0)).mean(axis=1)
    joins = np.arange(WINDOW, told.tokens - 4, WINDOW - 20) * TOKEN
    assert len(joins) >= 2
    at = np.array([change[join - 3 : join + 3].max() for join in joins])
    assert at.mean() < np.quantile(change, 0.98)


def test_a_loop_goes_on_at_its_beginning(job, nets):
    made = score(
        replace(job, loop=True, bpm=BPM, first_downbeat=0.0, out=job.out.with_name("l.wav"))
    )
    samples = wavfile.read(made.path)[1] / 32_768
    assert len(samples) == round(28 * 60 / BPM * 44_100)
    levels = mel.log_mel(resample_poly(np.tile(samples, 2), 1, 2).astype(np.float32))
    change = np.abs(np.diff(levels, axis=0)).mean(axis=1)
    seam = round(made.seconds * mel.FPS)
    assert change[seam - 3 : seam + 4].max() < 1.3 * np.quantile(change, 0.995)
