# SPDX-License-Identifier: GPL-3.0-or-later
"""True music taken apart and put together again: by autoencoder, vocoder and Griffin-Lim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from ....inference.errors import TwostepError
from ....inference.score.griffin_lim import GriffinLim
from ....inference.score.networks import TOKEN, Networks
from ....inference.score.vocoder import open_vocoder
from .heard import Floats, Heard
from .sound import differences

#: In the order of the report: what truth goes through.
WAYS: dict[str, str] = {
    "autoencoder": "autoencoder, mel only",
    "vocoder": "vocoder",
    "griffin_lim": "Griffin-Lim",
    "autoencoder_vocoder": "autoencoder and vocoder",
    "autoencoder_griffin_lim": "autoencoder and Griffin-Lim",
}


class Voice(Protocol):
    """Makes sound of mel spectrograms."""

    def samples(self, mel_db: Floats) -> Floats:
        """Samples (1024 T,) at 44,100 Hz of a mel (T, 256) in dB."""


def coded(networks: Networks, heard: Heard) -> Heard:
    """The piece through the autoencoder; it has no sound."""
    rows = len(heard.mel) // TOKEN * TOKEN
    return replace(heard, mel=networks.decode(networks.encode(heard.mel[:rows])), samples=None)


def voiced(voice: Voice, heard: Heard) -> Heard:
    """The piece's mel as a voice sounds it."""
    return heard.sounding(voice.samples(heard.mel))


def rebuilt(
    networks: Networks, pieces: Sequence[Heard]
) -> tuple[dict[str, list[Heard]], list[str]]:
    """Pieces by each of `WAYS`, and why some are missing (a vocoder that is not there yet)."""
    missing = []
    voices: dict[str, Voice] = {"griffin_lim": GriffinLim()}
    try:
        voices["vocoder"] = open_vocoder(networks.bundle, "cpu")
    except TwostepError as error:
        missing.append(str(error))
    decoded = [coded(networks, piece) for piece in pieces]
    found = {"autoencoder": decoded}
    for name, voice in voices.items():
        found[name] = [voiced(voice, piece) for piece in pieces]
        found[f"autoencoder_{name}"] = [voiced(voice, piece) for piece in decoded]
    return {way: found[way] for way in WAYS if way in found}, missing


def losses(true: Sequence[Heard], made: Sequence[Heard]) -> dict[str, float]:
    """Mean `differences` of pieces from their truth."""
    rows = [differences(one, other) for one, other in zip(true, made, strict=True)]
    keys = {key for row in rows for key in row}
    return {key: float(np.mean([row[key] for row in rows if key in row])) for key in sorted(keys)}
