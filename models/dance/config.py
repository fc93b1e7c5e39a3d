# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes and training constants of the dance model; what is not stated here is not a choice."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from ...inference.styles import STYLES

#: Frames a token, tokens a segment, and frames of music that the predictor sees beyond it.
PATCH = 4
TOKENS = 15
SEGMENT = PATCH * TOKENS
LOOKAHEAD = 16
MUSIC_TOKENS = (SEGMENT + LOOKAHEAD) // PATCH
MUSIC_SIZE = 48
STYLE_COUNT = len(STYLES)


@dataclass(frozen=True)
class Config:
    """latent: D, numbers a token; width: of the transformers; *_depth: their layers."""

    latent: int = 64
    width: int = 128
    heads: int = 4
    encoder_depth: int = 3
    condition_depth: int = 2
    jepa_depth: int = 3
    flow_depth: int = 5
    decoder_width: int = 192
    flow_steps: int = 6
    encoding_batch: int = 24
    flow_batch: int = 64
    learning_rate: float = 1e-3

    def to_dict(self) -> dict[str, int | float]:
        return asdict(self)


SMALL = Config()
#: For a large GPU.
LARGE = replace(
    SMALL, width=384, heads=6, encoder_depth=6, condition_depth=3, jepa_depth=6, flow_depth=8,
    decoder_width=384, encoding_batch=512, flow_batch=768, learning_rate=6e-4,
)  # fmt: skip
SIZES = {"small": SMALL, "large": LARGE}
