# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures in and out through PyAV, and small figures written into them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

#: An RGB picture, (height, width, 3).
Picture = NDArray[np.uint8]

#: Five dots wide, seven high; what a time stamp needs.
_GLYPHS: dict[str, tuple[str, ...]] = {
    "0": (" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "),
    "1": ("  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "),
    "2": (" ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####"),
    "3": ("#####", "   # ", "  #  ", "   # ", "    #", "#   #", " ### "),
    "4": ("   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "),
    "5": ("#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "),
    "6": ("  ## ", " #   ", "#    ", "#### ", "#   #", "#   #", " ### "),
    "7": ("#####", "    #", "   # ", "  #  ", "  #  ", "  #  ", "  #  "),
    "8": (" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "),
    "9": (" ### ", "#   #", "#   #", " ####", "    #", "   # ", " ##  "),
    ":": ("     ", "  #  ", "  #  ", "     ", "  #  ", "  #  ", "     "),
    ".": ("     ", "     ", "     ", "     ", "     ", "  #  ", "  #  "),
    " ": ("     ",) * 7,
}


def read(path: Path) -> av.VideoFrame:
    """A picture file as a frame."""
    with av.open(str(path)) as file:
        return next(file.decode(video=0))


def write_png(path: Path, picture: Picture) -> None:
    """Write an RGB picture (height, width, 3)."""
    codec = av.CodecContext.create("png", "w")
    codec.height, codec.width = picture.shape[:2]
    codec.pix_fmt, codec.time_base = "rgb24", Fraction(1, 30)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    path.write_bytes(b"".join(bytes(packet) for packet in (*codec.encode(frame), *codec.encode())))


def contact_sheet(
    pictures: Sequence[Path], seconds: Sequence[float], width: int = 400, columns: int = 4
) -> Picture:
    """The pictures in reading order, each with its time, as one picture (height, width, 3)."""
    cells = []
    for path, second in zip(pictures, seconds, strict=True):
        frame = read(path)
        height = round(width * frame.height / frame.width)
        small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
        cells.append(_stamped(small.to_ndarray(), f"{int(second // 60)}:{second % 60:04.1f}"))
    blank = np.full_like(cells[0], 255)
    cells += [blank] * (-len(cells) % columns)
    rows = [np.concatenate(cells[i : i + columns], axis=1) for i in range(0, len(cells), columns)]
    return np.concatenate(rows, axis=0)


def _stamped(picture: Picture, text: str) -> Picture:
    """The picture with a white line at its left and top edge, and text on a plate in a corner."""
    letters = [np.array([[c == "#" for c in row] for row in _GLYPHS[letter]]) for letter in text]
    line = np.concatenate([np.pad(letter, ((2, 2), (1, 0))) for letter in letters], axis=1)
    dot = max(1, picture.shape[1] // 160)
    ink = np.kron(np.pad(line, ((0, 0), (1, 2))), np.ones((dot, dot), dtype=bool))
    result = np.array(picture)
    result[:1], result[:, :1] = 255, 255
    corner = result[-ink.shape[0] :, : ink.shape[1]]
    corner[:] = np.where(ink[..., None], 255, corner // 3)
    return result
