# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an .mp4 with H.264 pictures and AAC sound, frame by frame, through PyAV.

Blender can write films too, but not with sound in every version that Twostep runs in.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import av.error
import numpy as np
from av.video.reformatter import ColorRange, Colorspace

from ..inference.errors import TwostepError

#: What players take a film for that says nothing; left alone, the range would be the pictures'.
_RANGE, _COLOURS = ColorRange.MPEG, Colorspace.ITU709
_RATE, _LAYOUT, _BLOCK = 48000, "stereo", 1024


class Film:
    """An .mp4 under construction: add the pictures one by one, the sound comes along by itself.

    size: width and height in pixels, even. The sound is `song` from second `start` on, for as long
    as there are pictures, then silence. Raises TwostepError when the song cannot be decoded.
    """

    def __init__(
        self, path: Path, size: tuple[int, int], fps: int, song: Path, start: float = 0.0
    ) -> None:
        self._file = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._pictures = self._file.add_stream(_h264(), rate=fps)
        self._pictures.width, self._pictures.height = size
        self._pictures.pix_fmt = "yuv420p"
        self._pictures.options = {"crf": "20", "preset": "medium"}
        codec = self._pictures.codec_context
        codec.color_range, codec.colorspace = _RANGE, _COLOURS
        codec.color_primaries, codec.color_trc = int(_COLOURS), int(_COLOURS)
        self._sound = self._file.add_stream("aac", rate=_RATE, layout=_LAYOUT)
        self._sound.bit_rate = 192_000
        self._blocks = _blocks(song, start)
        self._fps, self._shown, self._heard = fps, 0, 0

    def add(self, picture: av.VideoFrame) -> None:
        """Append one picture, of the film's size, and the sound that goes with it."""
        frame = picture.reformat(format="yuv420p", dst_color_range=_RANGE, dst_colorspace=_COLOURS)
        frame.pts, frame.time_base = self._shown, Fraction(1, self._fps)
        self._shown += 1
        self._file.mux(self._pictures.encode(frame))
        while (self._heard + _BLOCK) * self._fps <= self._shown * _RATE:
            self._hear(next(self._blocks))

    def _hear(self, block: np.ndarray) -> None:
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=_LAYOUT)
        frame.sample_rate, frame.pts, frame.time_base = _RATE, self._heard, Fraction(1, _RATE)
        self._heard += block.shape[1]
        self._file.mux(self._sound.encode(frame))

    def _finish(self) -> None:
        left = round(self._shown * _RATE / self._fps) - self._heard
        if left > 0:
            self._hear(np.ascontiguousarray(next(self._blocks)[:, :left]))
        self._file.mux(self._pictures.encode())
        self._file.mux(self._sound.encode())

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._file.close()
            self._blocks.close()


def _h264() -> str:
    """The name of an H.264 encoder; builds of FFmpeg differ in which one they have."""
    for name in ("libx264", "h264_videotoolbox", "h264_mf", "libopenh264", "h264"):
        try:
            av.codec.Codec(name, "w")
        except ValueError:
            continue
        return name
    raise TwostepError("PyAV has no H.264 encoder here; try again with --no-render.")


def _blocks(song: Path, start: float) -> Generator[np.ndarray, None, None]:
    """Float stereo blocks (2, _BLOCK) of the song from `start` on, and then silence for ever."""
    rest = np.zeros((2, 0), dtype=np.float32)
    for samples in _decoded(song, start):
        rest = np.concatenate([rest, samples], axis=1)
        while rest.shape[1] >= _BLOCK:
            yield np.ascontiguousarray(rest[:, :_BLOCK])
            rest = rest[:, _BLOCK:]
    yield np.pad(rest, ((0, 0), (0, _BLOCK - rest.shape[1])))
    while True:
        yield np.zeros((2, _BLOCK), dtype=np.float32)


def _decoded(song: Path, start: float) -> Iterator[np.ndarray]:
    resampler = av.AudioResampler(format="fltp", layout=_LAYOUT, rate=_RATE)
    skip = round(start * _RATE)
    try:
        with av.open(str(song)) as file:
            for frame in file.decode(audio=0):
                frame.pts = None
                for part in resampler.resample(frame):
                    samples = part.to_ndarray()
                    yield samples[:, skip:]
                    skip = max(0, skip - samples.shape[1])
            for part in resampler.resample(None):
                yield part.to_ndarray()[:, skip:]
    except (av.error.FFmpegError, IndexError) as error:
        raise TwostepError(f"The sound of {song.name} cannot be read; try another file.") from error
