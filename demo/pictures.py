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
    pictures: Sequence[Path], seconds: Sequence[float], side: int = 240, columns: int = 6
) -> Picture:
    """The pictures' middles in reading order, `side` pixels wide and high, each with its time."""
    cells = []
    for path, second in zip(pictures, seconds, strict=True):
        cell = _middle(read(path), side).to_ndarray()
        cells.append(_stamped(cell, f"{int(second // 60)}:{second % 60:04.1f}"))
    blank = np.full_like(cells[0], 255)
    cells += [blank] * (-len(cells) % columns)
    rows = [np.concatenate(cells[i : i + columns], axis=1) for i in range(0, len(cells), columns)]
    return np.concatenate(rows, axis=0)


def write_animation(path: Path, pictures: Sequence[Path], fps: Fraction, side: int = 360) -> None:
    """Write the pictures' middles as a WebP that plays for ever, `side` pixels wide and high."""
    with av.open(str(path), "w", format="webp", options={"loop": "0"}) as file:
        # Every picture whole: "libwebp_anim" draws what changed, and the edges of the rest fray.
        stream = file.add_stream("libwebp", rate=fps)
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        stream.options = {"quality": "75", "compression_level": "2"}
        for number, picture in enumerate(pictures):
            frame = _middle(read(picture), side, "yuv420p")
            frame.pts, frame.time_base = number, 1 / fps
            file.mux(stream.encode(frame))
        file.mux(stream.encode())


def _middle(frame: av.VideoFrame, side: int, form: str = "rgb24") -> av.VideoFrame:
    """The square in the middle, where the camera holds the dancer."""
    pixels = frame.to_ndarray(format="rgb24")
    height, width = pixels.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    square = np.ascontiguousarray(pixels[top : top + edge, left : left + edge])
    cut = av.VideoFrame.from_ndarray(square, format="rgb24")
    return cut.reformat(width=side, height=side, format=form, interpolation="AREA")


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
