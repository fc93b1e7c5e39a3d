# SPDX-License-Identifier: GPL-3.0-or-later
"""The song that comes with Twostep: composed and rendered by this package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from .composer import compose
from .forms import Form
from .render import RATE, render
from .score import Note, Piece

GENRE, SEED = "house", 100
FORM: Form = (
    ("intro", 2, 0.3), ("verse", 4, 0.6), ("build", 2, 0.75), ("chorus", 8, 1.0),
)  # fmt: skip
_CRASH = 49
_HEADROOM = 0.92  # Vorbis comes out a little louder than what goes in
_BLOCK = 1 << 16


def demo_piece() -> Piece:
    """About 35 s: a quiet intro, a verse, a build, a chorus and a last chord."""
    piece = compose(GENRE, SEED, FORM)
    end = float(len(piece.beat_times) - 1)
    home = [note for note in piece.notes if note.beat < 4 and note.part in ("stabs", "pad")]
    last = [Note("kit", end, 2, _CRASH, 0.8), Note("kit", end, 1, 36, 0.9)]
    last += [Note("stabs", end, 3, note.pitch, 0.7) for note in home if note.beat < 2]
    last += [Note("pad", end, 4, note.pitch, 0.6) for note in home if note.part == "pad"]
    return replace(piece, notes=(*piece.notes, *last))


def write_demo(out: Path) -> Path:
    """Renders the song as Ogg Vorbis, stereo, 44.1 kHz."""
    sound = render(demo_piece()) * np.float32(_HEADROOM)
    fade = np.linspace(1, 0, RATE, dtype=np.float32)[:, None] ** 2
    sound[-RATE:] *= fade
    out.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(out, "w", RATE, 2, format="OGG", subtype="VORBIS") as file:
        for start in range(
            0, len(sound), _BLOCK
        ):  # libsndfile overflows its stack on one big write
            file.write(sound[start : start + _BLOCK])
    return out
