# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads npz files (zip archives of numpy's npy format) of anybody, in bounded memory.

numpy's own reader takes the memory that a file claims to need before it looks whether there is so
much in it.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

#: An array is no larger than this, bytes: more than a day of dancing.
MOST = 1 << 30
#: Kinds of values: truth, whole numbers, floats and texts.
_KINDS = "biufSU"
#: What numpy compresses with; others shrink so well that a small file may fill the memory.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def load_npz(path: Path, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Those arrays of the file that are among `names`; nothing is unpickled.

    Raises ValueError when the file is damaged, is no npz, or holds less than it claims.
    """
    try:
        with Path(path).open("rb") as file, zipfile.ZipFile(file) as archive:
            found = {}
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if name in names:
                    if member.compress_type not in _METHODS:
                        raise ValueError("it is compressed in a way that numpy does not")
                    with archive.open(member) as stream:
                        found[name] = _array(cast(BinaryIO, stream))
            return found
    except Exception as error:  # a damaged archive can raise anything
        raise ValueError(f"{Path(path).name} is no npz of arrays.") from error


def _array(stream: BinaryIO) -> NDArray[Any]:
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    size = math.prod(shape) * dtype.itemsize
    if dtype.kind not in _KINDS or not dtype.itemsize or min(shape, default=0) < 0 or size > MOST:
        raise ValueError(f"an array of {shape} {dtype} is none that is read")
    data = stream.read(size)
    if len(data) != size:
        raise ValueError("an array claims more than there is")
    return np.frombuffer(bytearray(data), dtype).reshape(shape, order="F" if fortran else "C")
