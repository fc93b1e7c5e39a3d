# SPDX-License-Identifier: GPL-3.0-or-later
"""Music of any length, window after window: latents, then mel spectrograms, as they settle.

A window of 64 tokens is in-painted behind the last 20 of the window before. For a loop, the last
window also leads into the piece's own beginning. Everything comes in pieces, so that hours need no
more memory than a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from . import harmony as chords
from .answers import Answers, answers_to
from .conditions import conditions
from .cues import Cues
from .harmony import Harmony
from .mel import FPS
from .networks import TOKEN, WINDOW, Networks, timbre_of

#: Tokens that a window keeps of the one before, and that a loop's end knows of its beginning.
OVERLAP, RETURN = 20, 16
#: Latents are decoded so many at once at least.
_DECODED = WINDOW

Floats = NDArray[np.float32]
#: Told before each window how much is done, 0..1; may raise to stop.
Tell = Callable[[float], None]


@dataclass(frozen=True)
class Told:
    """All that the music is made of.

    motion: the dance encoder's latents (N, 64) at token times, or None. frames: how many mel frames
    the piece is long, not whole in general; loops: whether it goes on at its beginning then.
    """

    cues: Cues
    harmony: Harmony
    motion: Floats | None
    genre: str
    seed: int
    frames: float
    loops: bool = False

    @cached_property
    def answers(self) -> Answers:
        """What the music does about the accents and stops of the dance."""
        return answers_to(self.cues)

    @property
    def tokens(self) -> int:
        """How many tokens are made: the whole piece, and what a loop returns to."""
        return self.returns + RETURN if self.loops else int(np.ceil(self.frames / TOKEN)) + 1

    @property
    def returns(self) -> int:
        """The first token that lies wholly after the end of a loop."""
        return int(np.ceil(self.frames / TOKEN - 1e-6))


def mels(networks: Networks, told: Told, tell: Tell | None = None) -> Iterator[Floats]:
    """The piece's mel spectrogram in dB in consecutive pieces (4n, 256), `told.tokens` tokens in
    all. Raises what `tell` raises."""
    yield from decoded(networks, latents(networks, told, tell))


def latents(networks: Networks, told: Told, tell: Tell | None = None) -> Iterator[Floats]:
    """The piece's latents in consecutive pieces (n, D), `told.tokens` in all."""
    starts = window_starts(told.tokens, told.loops)
    keep = min(OVERLAP, told.returns // 2) if told.loops else OVERLAP
    window, timbre, beginning = None, None, None
    settled = 0
    for number, start in enumerate(starts):
        if tell is not None:
            tell(number / len(starts))
        known = np.zeros((WINDOW, networks.width), np.float32)
        mask = np.zeros((WINDOW, 1), np.float32)
        if window is not None:
            before = window[start - starts[number - 1] :][:keep]
            known[: len(before)], mask[: len(before)] = before, 1.0
        if told.loops and number == len(starts) - 1 and beginning is not None:
            back = slice(told.returns - start, told.returns - start + RETURN)
            known[back], mask[back] = beginning, 1.0
        window = _window(networks, told, number, start, known, mask, timbre)
        if number == 0:
            timbre = timbre_of(window)
            beginning = _beginning(networks, told, window) if told.loops else None
        last = number == len(starts) - 1
        stop = told.tokens if last else starts[number + 1] + keep
        yield window[settled - start : stop - start]
        settled = stop


def window_starts(tokens: int, loops: bool) -> list[int]:
    """The first token of each window that together make so many tokens.

    All lie a whole step apart, so that a longer piece begins like a shorter one; only the last
    window of a loop, which has to end with the tokens, starts earlier.
    """
    step = WINDOW - OVERLAP
    if not loops:
        return list(range(0, max(1, tokens - OVERLAP), step))
    last = max(0, tokens - WINDOW)
    return [*range(0, max(1, last), step), last]


def decoded(networks: Networks, pieces: Iterable[Floats]) -> Iterator[Floats]:
    """Mel spectrograms in dB (4n, 256) of consecutive latents (n, D), as if decoded all at once."""
    held = np.zeros((0, networks.width), np.float32)
    done = 0  # tokens of `held` that are there only to be seen by the decoder
    for piece in pieces:
        held = np.concatenate([held, piece])
        ready = len(held) - networks.reach
        if ready - done >= _DECODED:
            yield networks.decode(held)[done * TOKEN : ready * TOKEN]
            drop = max(0, ready - networks.reach)
            held, done = held[drop:], ready - drop
    if len(held) > done:
        yield networks.decode(held)[done * TOKEN :]


def _window(
    networks: Networks,
    told: Told,
    number: int,
    start: int,
    known: Floats,
    mask: Floats,
    timbre: Floats | None,
) -> Floats:
    random = np.random.default_rng([told.seed, number])
    noise = random.standard_normal((WINDOW, networks.width), dtype=np.float32)
    motion = None
    if told.motion is not None:
        rows = np.arange(start, start + WINDOW)
        if told.loops:
            rows = np.where(rows < told.returns, rows, rows - told.returns)
        motion = told.motion[np.minimum(rows, len(told.motion) - 1)]
    heard = _conditions(told, start)
    return networks.generate(noise, known, mask, heard, motion, told.genre, timbre)


def _conditions(told: Told, start: int) -> Floats:
    """What a window from token `start` on is told, (256, 28)."""
    frames = start * TOKEN + np.arange(WINDOW * TOKEN)
    if told.loops:  # after its end comes its beginning
        frames = np.where(frames < told.frames, frames, frames - told.frames)
    times = frames / FPS
    grid = told.cues.grid
    sounding = chords.chroma(told.harmony, grid, times)
    position = grid.position(times)
    answers = _near(told.answers, float(position.min()) - 1, float(position.max()) + 1)
    return conditions(times, grid, told.cues.energy_at(times), sounding, answers)


def _near(answers: Answers, first: float, last: float) -> Answers:
    """The answers between two beats: there are thousands in an hour of dance."""
    return Answers(
        tuple(strike for strike in answers.strikes if first <= strike[0] <= last),
        tuple(rest for rest in answers.rests if rest[1] >= first and rest[0] <= last),
    )


def _beginning(networks: Networks, told: Told, window: Floats) -> Floats:
    """The latents (RETURN, D) that the tokens from `told.returns` on must have for the music to
    be back at its beginning: the first window's, by the fraction of a token that they lie later."""
    mel = networks.decode(window)
    late = max(0.0, told.returns * TOKEN - told.frames)
    at = late + np.arange(RETURN * TOKEN)
    low = np.floor(at).astype(int)
    share = (at - low)[:, None].astype(np.float32)
    return networks.encode(mel[low] * (1 - share) + mel[low + 1] * share)
