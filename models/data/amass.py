# SPDX-License-Identifier: GPL-3.0-or-later
"""AMASS sequences (Mahmood et al., 2019): npz files of SMPL-H or SMPL-X parameters, z up."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from ...inference.errors import TwostepError
from ...inference.motion import Motion
from .smpl import motion_from_smpl

_RATES = ("mocap_framerate", "mocap_frame_rate")


def sequences(folder: Path) -> list[Path]:
    """The motion files under a folder, sorted; body shape files are left out."""
    return [path for path in sorted(Path(folder).rglob("*.npz")) if path.stem != "shape"]


def read_amass(path: Path) -> Motion:
    """One sequence as a Motion at its own rate, without contacts."""
    name = Path(path).name
    try:
        with np.load(path, allow_pickle=False) as data:
            rate = next((float(data[key]) for key in _RATES if key in data), None)
            if rate is None or "poses" not in data or "trans" not in data:
                raise TwostepError(f"{name} is no AMASS motion: it lacks poses, trans or its rate.")
            return motion_from_smpl(data["poses"], data["trans"], rate, y_up_world=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise TwostepError(f"{name} is damaged: it is no npz of arrays.") from error
