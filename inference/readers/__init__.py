# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a motion from a file: our own .npz, AMASS's .npz, any .bvh, AIST++'s .pkl."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..arrays import load_npz
from ..contact_labels import with_contacts
from ..errors import TwostepError
from ..files import is_file
from ..motion import RATES, Motion
from .bvh import read_bvh
from .smpl import read_aist, read_amass

SUFFIXES = (".npz", ".bvh", ".pkl")


def read_motion(path: Path) -> Motion:
    """The motion in a file, at its own rate, with foot contacts.

    Raises TwostepError with one sentence when there is no such file, it is of another kind or
    damaged, it holds half a body, numbers that are not finite, or less than two frames.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise TwostepError(
            f"{path.name} is no motion that Twostep reads; choose a {', '.join(SUFFIXES[:-1])} or "
            f"{SUFFIXES[-1]} file."
        )
    if not is_file(path):
        raise TwostepError(f"There is no motion file {path}; choose another.")
    try:
        motion = _READERS[path.suffix.lower()](path)
    except (ArithmeticError, np.linalg.LinAlgError) as error:  # on numbers beyond all bodies
        raise TwostepError(f"{path.name} is damaged: it holds no body that can move.") from error
    if not RATES[0] <= motion.fps <= RATES[1]:
        raise TwostepError(
            f"{path.name} claims {motion.fps:g} frames a second; {RATES[0]:g} to {RATES[1]:g} are "
            "read, so correct its rate."
        )
    if len(motion) < 2:
        raise TwostepError(
            f"{path.name} holds no more than a pose; choose a motion of some seconds."
        )
    check_finite(motion, path.name)
    return motion if motion.contacts.any() else with_contacts(motion)


def check_finite(motion: Motion, what: str) -> None:
    """Raises TwostepError when a value of the motion is not finite or a rotation is none."""
    if not motion.whole:
        raise TwostepError(f"{what} is damaged: not every value in it is a number that can be.")


def _read_npz(path: Path) -> Motion:
    """Our own motion, or AMASS's."""
    try:
        amass = "poses" in load_npz(path, ("poses",))
    except ValueError as error:
        raise TwostepError(f"{path.name} is damaged: it is no npz of arrays.") from error
    if amass:
        return read_amass(path)
    try:
        return Motion.load(path)
    except ValueError as error:
        raise TwostepError(f"{path.name} is no motion: {_MISSING}.") from error


_MISSING = "it holds neither Twostep's arrays nor AMASS's"
_READERS = {".npz": _read_npz, ".bvh": read_bvh, ".pkl": read_aist}
