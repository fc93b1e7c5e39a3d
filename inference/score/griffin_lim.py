# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase for a mel spectrogram by signal processing alone: a first guess, then fast Griffin-Lim.

First guess: every spectral peak is taken for a sinusoid that goes on from frame to frame
(Beauregard, Harish and Wyse, Single Pass Spectrogram Inversion, DSP 2015). Then the fast
Griffin-Lim algorithm (Perraudin, Balazs and Søndergaard, WASPAA 2013).

Every part looks only a few frames to either side and the first guess hands its phase on, so a long
piece can be made in chunks that equal the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal import resample_poly
from scipy.signal.windows import hann

from .mel import BINS, FFT, FLOOR_DB, HOP, filters

#: Samples a second of the sound, and samples of it a mel frame.
RATE = 44_100
SAMPLES = 2 * HOP
#: Mel frames that are made at once, 48 s.
CHUNK = 2048
#: Iterations where Griffin-Lim stands alone, and where a network goes on from it.
ITERATIONS, ROUGH_ITERATIONS = 32, 4
MOMENTUM = 0.99
#: Frames to either side that one iteration looks at.
REACH = FFT // HOP - 1

_OVERLAP = FFT // HOP
#: What squared Hann windows at a hop of a quarter add up to.
GAIN = 1.5

Floats = NDArray[np.float32]
Angles = NDArray[np.float32]
Spectra = NDArray[np.complex64]


class GriffinLim:
    """Mel spectrograms to sound without any network; nothing above 11 kHz."""

    def __init__(self, iterations: int = ITERATIONS) -> None:
        self.iterations = iterations

    def samples(self, mel_db: Floats) -> Floats:
        """Mono samples at 44,100 Hz, (1024 T,), of a mel spectrogram in dB (T, 256)."""
        return np.concatenate([np.zeros(0, np.float32), *self.blocks([mel_db])])

    def blocks(self, pieces: Iterable[Floats]) -> Iterator[Floats]:
        """Yields the same from pieces (t, 256) of any size, in bounded memory."""
        reach = REACH * (self.iterations + 1) + 1
        for part in rough(pieces, reach, self.iterations):
            doubled = np.asarray(resample_poly(part.samples, 2, 1), np.float32)
            yield doubled[reach * SAMPLES : (reach + part.count) * SAMPLES]


@dataclass(frozen=True)
class Part:
    """A stretch of `count` mel frames with `reach` more on either side, T in all.

    mel_db: (T, 256). samples: of the rough sound at 22,050 Hz, (512 T,). start: its first frame.
    """

    mel_db: Floats
    samples: Floats
    start: int
    count: int


def rough(pieces: Iterable[Floats], reach: int, iterations: int) -> Iterator[Part]:
    """Yields the sound of mel pieces (t, 256) part by part; `reach` frames at its ends are unsure.

    What the sure frames hold does not depend on the sizes of the pieces.
    """
    angle: Angles | None = None
    guess: Spectra = np.zeros((0, FFT // 2 + 1), np.complex64)
    start = -reach
    for window in _windows(pieces, reach):
        fresh, angle = first_guess(linear(window[len(guess) :]), angle)
        guess = np.concatenate([guess, fresh])
        count = len(window) - 2 * reach
        yield Part(window, refined(np.abs(guess), guess, iterations), start, count)
        guess, start = guess[count:], start + count


def _windows(pieces: Iterable[Floats], reach: int) -> Iterator[Floats]:
    """Yields (n + 2 reach, 256), n new frames at a time; beyond both ends lies silence."""
    silence = np.full((reach, BINS), FLOOR_DB, np.float32)
    waiting, gathered = [silence], reach
    for piece in pieces:
        waiting.append(np.asarray(piece, np.float32))
        gathered += len(piece)
        if gathered < CHUNK + 2 * reach:
            continue
        rows = np.concatenate(waiting)
        while len(rows) >= CHUNK + 2 * reach:
            yield rows[: CHUNK + 2 * reach]
            rows = rows[CHUNK:]
        waiting, gathered = [rows], len(rows)
    rows = np.concatenate([*waiting, silence])
    while len(rows) > 2 * reach:
        yield rows[: CHUNK + 2 * reach]
        rows = rows[CHUNK:]


def linear(mel_db: Floats) -> Floats:
    """Amplitudes (T, 1025) of a mel spectrogram in dB (T, 256), as `mel.magnitudes` scales them."""
    amplitudes = np.power(np.float32(10), mel_db / np.float32(20))
    amplitudes[mel_db <= FLOOR_DB] = 0
    return np.maximum(amplitudes @ _inverse_filters().T, 0)


def first_guess(amplitudes: Floats, before: Angles | None) -> tuple[Spectra, Angles]:
    """Spectra (T, 1025) with phases that go on from `before`, and the phases after the last frame.

    before: what the call for the frames right before returned, in turns, (1025,); None at the
    start.
    """
    peaks, advance = _peaks(amplitudes)
    angles = np.empty(amplitudes.shape, np.float32)
    angle = np.zeros(amplitudes.shape[1], np.float32) if before is None else before
    for frame, (peak, step) in enumerate(zip(peaks, advance, strict=True)):
        angle = (angle + step)[peak]
        angle -= np.floor(angle)
        angles[frame] = angle
    # Angles are those in the middle of a frame; the transform counts from its first sample.
    angles[:, 1::2] += np.float32(0.5)
    angles *= np.float32(2 * np.pi)
    spectra = np.empty(amplitudes.shape, np.complex64)
    np.multiply(amplitudes, np.cos(angles), out=spectra.real)
    np.multiply(amplitudes, np.sin(angles), out=spectra.imag)
    return spectra, angle


def _peaks(amplitudes: Floats) -> tuple[NDArray[np.int32], Angles]:
    """For each bin: the nearest peak, and by how many turns a bin's phase moves in a hop."""
    level = np.log(amplitudes + np.float32(1e-7))
    count = level.shape[1]
    left, here, right = level[:, :-2], level[:, 1:-1], level[:, 2:]
    is_peak = np.zeros(level.shape, bool)
    is_peak[:, 1:-1] = (here > left) & (here >= right)
    bend = np.minimum(left - 2 * here + right, np.float32(-1e-6))
    offset = np.clip(np.float32(0.5) * (left - right) / bend, -0.5, 0.5)
    bins = np.arange(count, dtype=np.int32)
    turns = np.tile(bins.astype(np.float32), (len(level), 1))
    turns[:, 1:-1] += np.where(is_peak[:, 1:-1], offset, np.float32(0))
    below = np.maximum.accumulate(np.where(is_peak, bins, np.int32(-count)), axis=1)
    above = np.where(is_peak, bins, np.int32(2 * count))[:, ::-1]
    above = np.minimum.accumulate(above, axis=1)[:, ::-1]
    nearest = np.where(bins - below <= above - bins, below, above)
    nearest = np.where((nearest < 0) | (nearest >= count), bins, nearest)
    turns *= np.float32(HOP / FFT)
    turns -= np.floor(turns)
    return nearest, turns


def refined(amplitudes: Floats, guess: Spectra, iterations: int) -> Floats:
    """Samples at 22,050 Hz, (512 T,), sample 512 i in the middle of frame i.

    What lies beyond the first and last frames counts as silence.
    """
    spectra = accelerated = guess
    for _ in range(iterations):
        consistent = transform(inverse(accelerated))
        consistent *= amplitudes / np.maximum(np.abs(consistent), np.float32(1e-9))
        accelerated = consistent + np.float32(MOMENTUM) * (consistent - spectra)
        spectra = consistent
    return inverse(spectra)[: len(guess) * HOP]


def transform(samples: Floats) -> Spectra:
    """Spectra (T, 1025) of (512 T,) samples."""
    padded = np.pad(samples, FFT // 2)
    frames = sliding_window_view(padded, FFT)[: len(samples) : HOP]
    return rfft(frames * _window(), axis=1)


def inverse(spectra: Spectra) -> Floats:
    """Samples (512 T,) of spectra (T, 1025); undoes `transform` inside."""
    frames = irfft(spectra, axis=1) * (_window() / np.float32(GAIN * _scale() ** 2))
    return overlapped(frames, _OVERLAP)


def overlapped(frames: Floats, overlap: int) -> Floats:
    """Adds frames (T, N) at a hop of N / overlap, (T * hop,), the first around sample 0."""
    count, hop = len(frames), frames.shape[1] // overlap
    out = np.zeros((count + overlap, hop), np.float32)
    for part in range(overlap):
        out[part : part + count] += frames[:, part * hop : (part + 1) * hop]
    return out.reshape(-1)[overlap * hop // 2 :][: count * hop]


def _scale() -> float:
    """Makes a full-scale sine read 1, as in `mel.magnitudes`."""
    return 4 / FFT


@lru_cache(maxsize=1)
def _window() -> Floats:
    return (hann(FFT, sym=False) * _scale()).astype(np.float32)


@lru_cache(maxsize=1)
def _inverse_filters() -> Floats:
    return np.linalg.pinv(filters()).astype(np.float32)
