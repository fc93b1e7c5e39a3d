# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a piece, or any MIDI file, into sound: FluidSynth, one-shot samples, levels."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import butter, resample_poly, sosfilt

from ....inference.errors import TwostepError
from .score import Piece, write_midi

RATE = 44_100
#: Seconds of quiet before the first beat, and for the last notes to ring.
LEAD, TAIL = 0.12, 2.0
_SOUND_FONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/default-GM.sf2",
)
_LOUDNESS = 0.19  # mean level of the loud parts, of full scale
_CEILING = 0.89
_QUIET_DB = 12.0  # a piece of no energy lies that much lower
_VOICES = 64  # at once; more costs time and is hardly heard

Stereo = NDArray[np.float32]


def sound_font() -> Path:
    """The General MIDI sound font of the system; TwostepError when there is none."""
    for place in _SOUND_FONTS:
        if Path(place).exists():
            return Path(place)
    raise TwostepError(
        "No General MIDI sound font was found: install the package fluid-soundfont-gm."
    )


def render_midi(path: Path, rate: int = RATE) -> Stereo:
    """Plays a MIDI file, (N, 2) at the rate, not levelled."""
    if shutil.which("fluidsynth") is None:
        raise TwostepError("FluidSynth was not found: install the package fluidsynth.")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.wav"
        settings = Path(folder) / "settings"
        settings.write_text("interp 1\n", encoding="utf-8")  # linear: a quarter faster
        command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(rate), "-F", str(out)]
        command += ["-T", "wav", "-O", "s16", "-R", "0", "-C", "0", "-z", "1024"]
        command += ["-o", "synth.dynamic-sample-loading=1", "-o", f"synth.polyphony={_VOICES}"]
        command += ["-f", str(settings)]
        command += [str(sound_font()), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        _, samples = wavfile.read(out)
    return samples.astype(np.float32) / 32_768


def render(piece: Piece, samples_dir: Path | None = None, rate: int = RATE) -> Stereo:
    """Plays a piece, (N, 2) at the rate, levelled; its beats are at LEAD + beat_times.

    samples_dir: folder of one-shot recordings; without it the parts played from samples are left
    out (the kit of the sound font doubles them).
    """
    with tempfile.TemporaryDirectory() as folder:
        midi = Path(folder) / "piece.mid"
        begin = write_midi(piece, midi)
        played = render_midi(midi, rate)
    length = round((piece.seconds + LEAD + TAIL) * rate)
    sound = np.zeros((length, 2), np.float32)
    start = round((LEAD + begin) * rate)
    played = played[max(0, -start) :]
    start = max(0, start)
    played = played[: length - start]
    sound[start : start + len(played)] = played
    if samples_dir is not None:
        _add_samples(sound, piece, samples_dir, rate)
    return levelled(sound, rate, _LOUDNESS * _quietness(piece))


def _quietness(piece: Piece) -> float:
    """A piece that never gets lively stays softer than others, a ratio."""
    liveliest = float(np.percentile(piece.energy, 90))
    return float(10 ** (-_QUIET_DB * (1 - liveliest) / 20))


def _add_samples(sound: Stereo, piece: Piece, folder: Path, rate: int) -> None:
    loaded: dict[str, Stereo] = {}
    for note in piece.notes:
        part = piece.parts[note.part]
        name = part.samples.get(note.pitch)
        if name is None:
            continue
        if name not in loaded:
            loaded[name] = _load(folder / f"{name}.flac", rate)
        hit = loaded[name] * np.float32(part.gain * note.velocity**1.5 * 0.5)
        at = round((LEAD + piece.time(note.beat)) * rate)
        stop = min(len(sound), at + len(hit))
        if stop > at:
            sound[at:stop] += hit[: stop - at]


def _load(path: Path, rate: int) -> Stereo:
    """A one-shot recording at the rate, peak 1, both channels."""
    samples, own_rate = soundfile.read(path, dtype="float32", always_2d=True)
    if own_rate != rate:
        samples = resample_poly(samples, rate, own_rate, axis=0).astype(np.float32)
    stereo = np.repeat(samples, 2, axis=1) if samples.shape[1] == 1 else samples[:, :2]
    return stereo / max(float(np.abs(stereo).max()), 1e-6)


def levelled(sound: Stereo, rate: int = RATE, loudness: float = _LOUDNESS) -> Stereo:
    """Loud parts at a mean level `loudness`, peaks bent softly under -1 dB, no click at either end.

    What lies under 25 Hz goes: some presets of sound fonts carry a constant offset.
    """
    rumble = butter(2, 25, "highpass", fs=rate, output="sos")
    sound = sosfilt(rumble, sound, axis=0).astype(np.float32)
    hop = rate // 4
    blocks = sound[: len(sound) // hop * hop].reshape(-1, hop, 2)
    power = np.sqrt(np.square(blocks).mean(axis=(1, 2))) if len(blocks) else np.ones(1)
    sound = sound * np.float32(loudness / max(float(np.percentile(power, 90)), 1e-6))
    knee = 0.6
    over = np.abs(sound) > knee
    room = _CEILING - knee
    sound[over] = np.sign(sound[over]) * (
        knee + room * np.tanh((np.abs(sound[over]) - knee) / room)
    )
    fade = np.linspace(0, 1, rate // 100, dtype=np.float32)[:, None]
    sound[: len(fade)] *= fade
    sound[-len(fade) :] *= fade[::-1]
    return sound
