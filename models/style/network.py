# SPDX-License-Identifier: GPL-3.0-or-later
"""The style extractor: a recurrent network over audio frames.

After the re-study of "Dancing to Music" (Lee et al. 2019): GRU with 512 hidden units in two layers,
a linear layer to a style of 30 numbers, dropout before and after it, long contexts. Two things are
different here. Three small convolutions first make one step of the GRU of eight frames (.37 s), so
that 24 s are but 64 steps. And the style is read off the mean over time, not off the last state, so
that it does not hang on how an excerpt ends; beside the states, what the convolutions heard is
averaged too, which makes training start at once.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from torch import Tensor, cat, nn

from ...inference.audio.style import BANDS, STYLE
from ...inference.genres import NAMES

HIDDEN, LAYERS = 512, 2
DROPOUT = 0.3
#: Channels after each convolution; each halves the frames.
WIDTHS = (BANDS, 128, 192, 256)
#: Frames that one step of the GRU stands for.
STRIDE = 2 ** (len(WIDTHS) - 1)


class Extractor(nn.Module):
    """Bands (B, T, 64) as `inference.audio.style.bands` makes them to style and genre."""

    def __init__(self) -> None:
        super().__init__()
        self.ear = nn.Sequential(
            *(
                layer
                for width, wider in pairwise(WIDTHS)
                for layer in (nn.Conv1d(width, wider, 5, 2, 2), nn.GroupNorm(8, wider), nn.GELU())
            ),
            nn.Dropout(DROPOUT / 3),
        )
        self.gru = nn.GRU(WIDTHS[-1], HIDDEN, LAYERS, batch_first=True, dropout=DROPOUT)
        self.style = nn.Sequential(
            nn.LayerNorm(HIDDEN + WIDTHS[-1]),
            nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN + WIDTHS[-1], STYLE),
        )
        self.genre = nn.Sequential(nn.Dropout(DROPOUT / 3), nn.Linear(STYLE, len(NAMES)))

    def forward(self, bands: Tensor) -> tuple[Tensor, Tensor]:
        """The style (B, 30), and logits of the genres (B, 13)."""
        heard = cast(Tensor, self.ear(bands.transpose(1, 2))).transpose(1, 2)
        states = cast(Tensor, self.gru(heard)[0])
        style = cast(Tensor, self.style(cat([states, heard], dim=2).mean(dim=1)))
        return style, cast(Tensor, self.genre(style))
