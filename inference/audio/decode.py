# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads any sound file (wav, mp3, flac, ogg, opus, m4a, aac, the sound of an mp4) as mono samples.

PyAV brings its own FFmpeg, so nothing has to be on the PATH. Files are read in blocks: a two-hour
mix never lies in memory as a whole.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ..errors import TwostepError

#: Samples a second of everything that this package hears.
RATE = 22_050

#: Seconds in one block of `iter_blocks`.
BLOCK_SECONDS = 20.0

#: What a sound may be, as FFmpeg calls it. It knows playlists too, which read other files.
_CONTAINERS = (
    "wav,w64,aiff,au,caf,mp3,flac,ogg,mov,aac,loas,asf,matroska,avi,mpeg,mpegts,flv,dv,mxf,ac3,"
    "eac3,dts,amr,ape,wv,tta,dsf"
)
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
#: Samples a second and channels of what anybody records; others make FFmpeg work for ever.
_RATES, _CHANNELS = (1000, 768_000), 64
#: Floats reach to 1; those of programs that meant whole numbers, to a few millions.
_LOUDEST = 1e7

#: A stream that breaks this often in a row is no sound any more.
_BROKEN_PACKETS = 200

Samples = NDArray[np.float32]


def decode(
    path: str | Path, start: float = 0.0, length: float | None = None
) -> tuple[Samples, int]:
    """The whole sound as mono samples (N,), float32 in about -1..1, and their rate (22,050).

    start, length: the range to read, in seconds; None reads to the end.
    Raises TwostepError when the file is missing, empty, broken or holds no sound.
    """
    return np.concatenate(list(iter_blocks(path, start, length))), RATE


def iter_blocks(
    path: str | Path, start: float = 0.0, length: float | None = None
) -> Iterator[Samples]:
    """Yields the sound block by block, each (n,) mono float32 at 22,050 Hz, n > 0.

    Arguments and errors as in `decode`; a file that breaks off gives what it has.
    """
    skip = round(max(start, 0.0) * RATE)
    wanted = None if length is None else round(length * RATE)
    given = 0
    for block in _gathered(_pieces(Path(path))):
        if skip >= len(block):
            skip -= len(block)
            continue
        block, skip = block[skip:], 0
        if wanted is not None:
            block = block[: wanted - given]
        given += len(block)
        if len(block):
            yield block
        if wanted is not None and given >= wanted:
            break
    if not given:
        name = Path(path).name
        if start > 0:
            raise TwostepError(f"“{name}” ends before {start:g} s: choose an earlier start.")
        raise TwostepError(f"“{name}” holds no sound: choose another file.")


def duration(path: str | Path) -> float | None:
    """The length in seconds that the file claims, or None when it claims none."""
    with _opened(Path(path)) as container:
        stream = container.streams.audio[0]
        if stream.duration is not None and stream.time_base is not None:
            return float(stream.duration * stream.time_base)
        return container.duration / av.time_base if container.duration else None


def _opened(path: Path) -> av.container.InputContainer:
    """The open file, sure to have a sound stream that can be decoded."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # also in a folder that is closed, or a name no disk has
        raise TwostepError(f"There is no file “{path}”: choose a song that exists.") from error
    if stat.S_ISDIR(status.st_mode):
        raise TwostepError(f"“{path}” is a folder: choose a sound file in it.")
    if status.st_size == 0:
        raise TwostepError(f"“{path.name}” is an empty file: choose another song.")
    av.logging.set_level(None)  # FFmpeg would write its own remarks to the terminal
    try:
        # Said to be a file, lest a name be taken for an address.
        container = av.open(f"file:{path}", "r", options=_OPTIONS, metadata_errors="ignore")
    except PermissionError as error:
        raise TwostepError(f"“{path.name}” may not be read: check its permissions.") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _unreadable(path) from error
    if not container.streams.audio:
        container.close()
        raise TwostepError(f"“{path.name}” has no sound in it: choose a sound file.")
    return container


def _unreadable(path: Path) -> TwostepError:
    return TwostepError(
        f"“{path.name}” can’t be read as sound: it is damaged or not a sound file; "
        "choose a wav, mp3, flac, ogg or m4a file."
    )


def _pieces(path: Path) -> Iterator[Samples]:
    """Yields the decoded, mixed-down, resampled sound in whatever pieces the codec gives."""
    with _opened(path) as container:
        stream = container.streams.audio[0]
        stream.thread_type = "AUTO"
        resampler: av.AudioResampler | None = None
        layout: tuple[object, ...] = ()
        for frame in _frames(path, container, stream):
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            rates = _RATES[0] <= frame.sample_rate <= _RATES[1]
            if not (rates and 0 < frame.layout.nb_channels <= _CHANNELS):
                raise _unmixed(path, frame)
            if resampler is None or shape != layout:  # some streams change in mid-course
                yield from _flushed(resampler)
                resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
                layout = shape
            frame.pts = None
            try:
                mixed = resampler.resample(frame)
            except MemoryError:  # FFmpeg's is one of its own errors, too
                raise
            except (av.error.FFmpegError, ValueError) as error:
                raise _unmixed(path, frame) from error
            for out in mixed:
                yield out.to_ndarray()[0]
        yield from _flushed(resampler)


def _unmixed(path: Path, frame: av.AudioFrame) -> TwostepError:
    return TwostepError(
        f"“{path.name}” has {frame.layout.nb_channels} channels of {frame.sample_rate} Hz, which "
        "is not read; convert it to stereo of 44100 Hz."
    )


def _flushed(resampler: av.AudioResampler | None) -> Iterator[Samples]:
    if resampler is not None:
        for out in resampler.resample(None):
            yield out.to_ndarray()[0]


def _frames(
    path: Path, container: av.container.InputContainer, stream: av.AudioStream
) -> Iterator[av.AudioFrame]:
    """Yields the decodable frames; a damaged packet is left out, a broken end ends the song."""
    got = broken = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
            frames = packet.decode()
        except (StopIteration, EOFError):
            return
        except (av.error.FFmpegError, OSError) as error:
            broken += 1
            if broken < _BROKEN_PACKETS:
                continue
            if got:
                return
            raise _unreadable(path) from error
        if frames:
            broken = 0
            got += len(frames)
        yield from frames


def _gathered(pieces: Iterator[Samples]) -> Iterator[Samples]:
    """Joins small pieces into blocks of `BLOCK_SECONDS`."""
    size = int(BLOCK_SECONDS * RATE)
    waiting: list[Samples] = []
    count = 0
    for piece in pieces:
        waiting.append(piece)
        count += len(piece)
        if count >= size:
            yield _clean(np.concatenate(waiting))
            waiting, count = [], 0
    if count:
        yield _clean(np.concatenate(waiting))


def _clean(block: Samples) -> Samples:
    """Float files may hold NaN or infinities, which count as silence, and what has no square."""
    finite = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
    return np.clip(finite, -_LOUDEST, _LOUDEST).astype(np.float32, copy=False)
