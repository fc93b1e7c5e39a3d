# SPDX-License-Identifier: GPL-3.0-or-later
"""Mel spectrograms to 44.1 kHz sound: a rough sound and noise, shaped by the vocoder network.

See `models.score.vocoder` for why. The rough sound is that of `griffin_lim` after a few iterations;
the network gives its gains, and those of white noise, at every frame and frequency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal.windows import hann

from ..providers import open_session
from ..weights import Bundle, network
from .griffin_lim import GAIN, ROUGH_ITERATIONS, SAMPLES, overlapped, rough
from .mel import FLOOR_DB, HOP, MEAN_DB, SPREAD_DB, normalised

FILE = "vocoder.onnx"
#: Windows of the rough sound at 22,050 Hz and of the noise at 44,100 Hz; their hop is a quarter.
ROUGH_FFT, NOISE_FFT = 512, 256
#: Frames of each a mel frame.
ROUGH_FRAMES, NOISE_FRAMES = 4 * HOP // ROUGH_FFT, 4 * SAMPLES // NOISE_FFT
#: Mel frames to either side that the sound of a frame depends on.
REACH = 45
_SEED = 0

Floats = NDArray[np.float32]
Spectra = NDArray[np.complex64]
#: Gains (4T, 257) of the rough sound and (16T, 129) of the noise, told by the normalised mel
#: (T, 256) and `levels` of the rough sound (4T, 257).
Shape = Callable[[Floats, Floats], tuple[Floats, Floats]]


class Vocoder:
    """Makes sound of mel spectrograms; provider and note tell what it runs on."""

    def __init__(self, shape: Shape, provider: str = "CPU", note: str = "") -> None:
        self.shape, self.provider, self.note = shape, provider, note

    def samples(self, mel_db: Floats) -> Floats:
        """Mono samples at 44,100 Hz, (1024 T,), of a mel spectrogram in dB (T, 256)."""
        return np.concatenate([np.zeros(0, np.float32), *self.blocks([mel_db])])

    def blocks(self, pieces: Iterable[Floats]) -> Iterator[Floats]:
        """Yields the same from pieces (t, 256) of any size, in bounded memory.

        However the pieces are cut, the sound is the same.
        """
        random = np.random.default_rng(_SEED)
        noise = np.zeros(0, np.float32)
        for part in rough(pieces, REACH, ROUGH_ITERATIONS):
            lacking = len(part.mel_db) * SAMPLES - len(noise)
            noise = np.concatenate([noise, random.standard_normal(lacking, np.float32)])
            sound = self._sound(part.mel_db, part.samples, noise)
            yield sound[REACH * SAMPLES : (REACH + part.count) * SAMPLES]
            noise = noise[part.count * SAMPLES :]

    def _sound(self, mel_db: Floats, samples: Floats, noise: Floats) -> Floats:
        spectra = _windowed(samples, ROUGH_FFT)
        gain, levels_ = self.shape(normalised(mel_db), levels(spectra))
        heard = (mel_db > FLOOR_DB).any(axis=1)
        levels_ = levels_ * np.repeat(heard, NOISE_FRAMES)[:, None]
        spectra *= 2 * gain  # a window of twice as many samples
        notes = _inverse(spectra, 2 * ROUGH_FFT)
        return notes + _inverse(_windowed(noise, NOISE_FFT) * levels_, NOISE_FFT)


def open_vocoder(bundle: Bundle, provider: str = "auto") -> Vocoder:
    """The vocoder of a bundle of score networks. Raises TwostepError when it can't be opened."""
    opened = open_session(network(bundle, FILE), provider)

    def shape(sound: Floats, rough_levels: Floats) -> tuple[Floats, Floats]:
        gain, noise = opened.session.run(
            ["gain", "noise"], {"mel": sound[None], "rough": rough_levels[None]}
        )
        return gain[0], noise[0]

    return Vocoder(shape, opened.provider, opened.note)


def levels(spectra: Spectra) -> Floats:
    """Spectra of the rough sound as the network reads them: dB, normalised like the mel."""
    amplitude = np.abs(spectra) * np.float32(4 / ROUGH_FFT) + np.float32(10 ** (FLOOR_DB / 20))
    return np.asarray((20 * np.log10(amplitude) - MEAN_DB) / SPREAD_DB, np.float32)


def _windowed(samples: Floats, size: int) -> Spectra:
    """Spectra (J, size // 2 + 1), frame j around sample j * size / 4, of (J * size / 4,)."""
    padded = np.pad(samples, size // 2)
    frames = sliding_window_view(padded, size)[: len(samples) : size // 4]
    return rfft(frames * hann(size, sym=False).astype(np.float32), axis=1)


def _inverse(spectra: Spectra, size: int) -> Floats:
    """Undoes `_windowed`; missing high bins are 0."""
    window = hann(size, sym=False) / GAIN
    return overlapped(irfft(spectra, size, axis=1) * window.astype(np.float32), 4)
