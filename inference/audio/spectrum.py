# SPDX-License-Identifier: GPL-3.0-or-later
"""From blocks of samples to what is heard: onset flux, loudness, mel bands, chroma.

Everything runs on numpy and scipy. The filter banks are those of librosa (Slaney's mel scale; a
test holds them together), but librosa itself is not imported: its first use compiles for half a
minute, which is more than the whole first dance may take.

Two clocks: hops at 90 Hz (245 samples) for onsets and beats, and frames at 30 Hz (735 samples),
so that frame i is exactly hop 3 i.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import dct, rfft
from scipy.signal.windows import hann

from .decode import RATE

FPS = 30
HOPS_PER_FRAME = 3
HOP_RATE = FPS * HOPS_PER_FRAME
HOP = RATE // HOP_RATE
FRAME = RATE // FPS

_FFT = 1024  # for onsets and timbre: short, so that attacks stay sharp
_CHROMA_FFT = 4096  # for harmony: long, so that neighbouring low notes part
_MELS = 64
_MFCC = 20
_CHUNK_FRAMES = 600  # 20 s at a time
_MARGIN = _CHROMA_FFT // 2
#: Mel power that is added everywhere, so that hiss far below the music has no onsets.
_FLOOR = 1e-8
_LAG = 2  # hops between the spectra that flux compares: 22 ms

#: Edges of the low, middle and high band, Hz.
BANDS = ((20.0, 150.0), (150.0, 2000.0), (2000.0, 11_025.0))

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Heard:
    """What the ear gets from a sound; H hops at 90 Hz, F frames at 30 Hz, H = 3 F.

    flux: growth of the spectrum in dB, (H, 4): all bands, low, mid, high.
    power: mean square of the sound around each frame, (F,).
    chroma: energy of the twelve pitch classes from C, (F, 12), max 1 or all 0.
    mfcc: 20 mel cepstral coefficients of the dB spectrum, (F, 20), not standardised.
    seconds: length of the sound.
    """

    flux: Floats
    power: Floats
    chroma: Floats
    mfcc: Floats
    seconds: float


def hear(blocks: Iterable[Floats], gain: float = 1.0) -> Heard:
    """Listens to blocks of samples at 22,050 Hz, times a gain; where they are cut leaves no trace.

    Takes at least one sample.
    """
    parts: list[Heard] = []
    before = np.zeros((_LAG, _MELS), np.float32)
    first = True
    for samples, frames, heard_samples in _chunks(block * np.float32(gain) for block in blocks):
        mel = _mel_db(samples, frames)
        if first:
            before = np.repeat(mel[:1], _LAG, axis=0)  # a song that starts at once has no onset 0
            first = False
        flux = _flux(np.concatenate([before, mel]))
        before = mel[-_LAG:]
        parts.append(
            Heard(
                flux=flux,
                power=_power(samples, frames),
                chroma=_chroma(samples, frames),
                mfcc=dct(mel[::HOPS_PER_FRAME], norm="ortho", axis=1)[:, :_MFCC],
                seconds=heard_samples / RATE,
            )
        )
    arrays = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Heard)
        if field.name != "seconds"
    }
    return Heard(**arrays, seconds=sum(part.seconds for part in parts))


def _chunks(blocks: Iterable[Floats]) -> Iterator[tuple[Floats, int, int]]:
    """Yields (samples with `_MARGIN` more on each side, frames in it, samples it stands for)."""
    buffer = np.zeros(_MARGIN, np.float32)
    size = _CHUNK_FRAMES * FRAME
    for block in blocks:
        buffer = np.concatenate([buffer, block])
        while len(buffer) >= size + 2 * _MARGIN:
            yield buffer[: size + 2 * _MARGIN], _CHUNK_FRAMES, size
            buffer = buffer[size:]
    while len(buffer) > _MARGIN:  # the rest may be one chunk and a bit
        rest = min(len(buffer) - _MARGIN, size)
        frames = -(-rest // FRAME)
        padded = np.zeros(frames * FRAME + 2 * _MARGIN, np.float32)
        padded[: min(len(buffer), len(padded))] = buffer[: len(padded)]
        yield padded, frames, rest
        buffer = buffer[rest:]


def _windows(samples: Floats, size: int, hop: int, count: int) -> Floats:
    """`count` Hann-windowed pieces of `size` samples, centred at _MARGIN, _MARGIN + hop, …"""
    start = _MARGIN - size // 2
    view = sliding_window_view(samples[start:], size)[: (count - 1) * hop + 1 : hop]
    return view * hann(size, sym=False).astype(np.float32)


def _mel_db(samples: Floats, frames: int) -> Floats:
    spectrum = rfft(_windows(samples, _FFT, HOP, frames * HOPS_PER_FRAME), axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    mel = power @ mel_filters(_FFT, _MELS).T * np.float32(4 / _FFT**2)
    return (10 * np.log10(mel + np.float32(_FLOOR))).astype(np.float32)


def _flux(mel: Floats) -> Floats:
    """Half-wave rectified growth over `_LAG` hops, (len - _LAG, 4).

    Each band is held against the louder of its neighbours (SuperFlux, Böck and Widmer 2013), so
    that vibrato does not count as onset.
    """
    past = mel[:-_LAG]
    widest = past.copy()
    np.maximum(widest[:, 1:], past[:, :-1], out=widest[:, 1:])
    np.maximum(widest[:, :-1], past[:, 1:], out=widest[:, :-1])
    growth = np.maximum(mel[_LAG:] - widest, 0)
    centres = mel_centres(_MELS)
    bands = [growth[:, (centres >= low) & (centres < high)].mean(axis=1) for low, high in BANDS]
    return np.stack([growth.mean(axis=1), *bands], axis=1).astype(np.float32)


def _power(samples: Floats, frames: int) -> Floats:
    """Mean square of 2048 samples around each frame, (frames,)."""
    size = 2048
    start = _MARGIN - size // 2
    total = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    at = start + FRAME * np.arange(frames)
    mean_square = (total[at + size] - total[at]) / size
    return np.maximum(mean_square, 0).astype(np.float32)


def _chroma(samples: Floats, frames: int) -> Floats:
    spectrum = np.abs(rfft(_windows(samples, _CHROMA_FFT, FRAME, frames), axis=1))
    chroma = spectrum @ chroma_filters(_CHROMA_FFT).T
    top = chroma.max(axis=1, keepdims=True)
    return np.where(top > 1e-2, chroma / np.maximum(top, 1e-2), 0).astype(np.float32)


def _mel_scale(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale: linear to 1 kHz, logarithmic above."""
    linear = hertz * 3 / 200
    return np.where(
        hertz < 1000, linear, 15 + np.log(np.maximum(hertz, 1e-9) / 1000) * 27 / np.log(6.4)
    )


def _mel_edges(bands: int) -> NDArray[np.float64]:
    grid = np.linspace(0, RATE / 2, 20_000)
    marks = np.linspace(0, _mel_scale(grid[-1:])[0], bands + 2)
    return np.interp(marks, _mel_scale(grid), grid)


def mel_centres(bands: int) -> NDArray[np.float64]:
    """Middle frequencies of the mel bands, (bands,), Hz."""
    return _mel_edges(bands)[1:-1]


@lru_cache(maxsize=4)
def mel_filters(fft: int, bands: int) -> Floats:
    """Triangles of equal area on Slaney's mel scale, (bands, fft // 2 + 1), as librosa's."""
    edges = _mel_edges(bands)
    bins = np.fft.rfftfreq(fft, 1 / RATE)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


@lru_cache(maxsize=2)
def chroma_filters(fft: int) -> Floats:
    """How much each bin belongs to each pitch class from C (A = 440 Hz), (12, fft // 2 + 1).

    A Gaussian of half a semitone around each class, over five octaves from A1, the middle ones
    strongest.
    """
    bins = np.fft.rfftfreq(fft, 1 / RATE)
    bins[0] = 1e-3
    pitch = 69 + 12 * np.log2(bins / 440)
    away = (pitch[None] - np.arange(12)[:, None] + 6) % 12 - 6
    octave = np.exp(-0.5 * ((pitch - 62) / 14) ** 2) * (bins > 55) * (bins < 2500)
    return (np.exp(-0.5 * (away / 0.5) ** 2) * octave).astype(np.float32)
