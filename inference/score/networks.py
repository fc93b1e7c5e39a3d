# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of the score as functions on arrays: generate, decode, encode."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..genres import NAMES
from ..providers import Opened, open_session
from ..weights import Bundle, damaged, network, read_bundle
from .mel import BINS, decibels, normalised

#: Mel frames that a latent token stands for, and tokens that are generated at once.
TOKEN, WINDOW = 4, 64
#: Numbers that a token of the dance encoder has.
MOTION = 64
#: What the card need not tell: guidance towards the conditions, tokens that the decoder sees to
#: each side, and the loudness (LUFS) of the music it was trained on.
GUIDANCE, REACH, LOUDNESS = 2.0, 16, -16.0

Floats = NDArray[np.float32]


class Networks:
    """Warm ONNX sessions of the score's networks."""

    def __init__(self, bundle: Bundle, provider: str = "auto") -> None:
        self.bundle = bundle
        facts = bundle.facts
        try:
            self.guidance = float(facts.get("guidance", GUIDANCE))
            self.reach = int(facts.get("decoder_reach", REACH))
            self.loudness = float(facts.get("loudness", LOUDNESS))
            self._ceiling = np.array(facts["mel_ceiling"], np.float32)
            if self._ceiling.shape != (BINS,):
                raise ValueError("mel_ceiling must hold a number for each band")
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            raise damaged(bundle.folder / "score.json") from error
        self._provider = provider
        flow = self._open("flow")
        self._sessions = {
            "flow": flow.session,
            "decoder": self._open("autoencoder_decoder").session,
        }
        self.width = int(flow.session.get_inputs()[0].shape[-1])

    @property
    def provider(self) -> str:
        """What they run on now."""
        return self._sessions["flow"].provider

    @property
    def note(self) -> str:
        """Why it is that, or ""."""
        return self._sessions["flow"].note

    def generate(
        self,
        noise: Floats,
        known: Floats,
        mask: Floats,
        conditions: Floats,
        motion: Floats | None,
        genre: str,
        timbre: Floats | None,
    ) -> Floats:
        """Latents (64, D) of a window of about 5.9 s.

        noise: (64, D). known: latents (64, D) to keep where mask (64, 1) is 1. conditions:
        (256, 28). motion: the dance encoder's latents (64, 64) at token times, None where there is
        no motion. timbre: `timbre_of` the piece's first window, None in that window itself.
        """
        genres = np.zeros((1, len(NAMES)), np.float32)
        genres[0, NAMES.index(genre)] = 1.0
        dancing, heard = motion is not None, timbre is not None
        made = self._run(
            "flow",
            {
                "noise": noise[None],
                "known": known[None],
                "known_mask": mask[None],
                "conditions": conditions[None],
                "motion": np.zeros((1, WINDOW, MOTION)) if motion is None else motion[None],
                "motion_present": np.full((1, 1), dancing),
                "genre": genres,
                "timbre": np.zeros((1, 2 * self.width)) if timbre is None else timbre[None],
                "timbre_present": np.full((1, 1), heard),
                "guidance": np.array([self.guidance]),
            },
        )
        return np.where(mask > 0, known, made[0])

    def decode(self, latents: Floats) -> Floats:
        """The mel spectrogram in dB (4N, 256) of latents (N, D), no louder than music is."""
        mel = self._run("decoder", {"latents": latents[None]})[0]
        return np.minimum(decibels(mel), self._ceiling)

    def encode(self, mel_db: Floats) -> Floats:
        """Latents (N, D) of a mel spectrogram in dB (4N, 256)."""
        if "encoder" not in self._sessions:
            self._sessions["encoder"] = self._open("autoencoder_encoder").session
        return self._run("encoder", {"mel": normalised(mel_db)[None]})[0]

    def _open(self, name: str) -> Opened:
        return open_session(network(self.bundle, f"{name}.onnx"), self._provider)

    def _run(self, name: str, inputs: dict[str, NDArray]) -> Floats:
        feed = {key: np.ascontiguousarray(value, np.float32) for key, value in inputs.items()}
        result: Floats = self._sessions[name].run(None, feed)[0]
        return result


def timbre_of(latents: Floats) -> Floats:
    """What a window (64, D) sounds like as a whole: mean and spread over its tokens, (2 D,)."""
    return np.concatenate([latents.mean(axis=0), latents.std(axis=0, ddof=1)])


@lru_cache(maxsize=1)
def warm(provider: str, folder: Path) -> Networks:
    """The networks of a folder, kept open. Raises TwostepError when they cannot be opened."""
    return Networks(read_bundle(folder, "score"), provider)
