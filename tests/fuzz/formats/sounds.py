# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound files: made by real encoders and damaged, and odd ones made by hand."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random

import av
import numpy as np

from twostep.inference.audio import analyse
from twostep.inference.audio.decode import RATE, duration, iter_blocks
from twostep.inference.errors import TwostepError

from .. import mutate
from .form import Format

#: Suffix, container, codec, samples a second.
_ENCODED = (
    ("wav", "wav", "pcm_s16le", 22050),
    ("wav", "wav", "pcm_f32le", 48000),
    ("flac", "flac", "flac", 44100),
    ("mp3", "mp3", "libmp3lame", 44100),
    ("ogg", "ogg", "libopus", 48000),
    ("m4a", "ipod", "aac", 44100),
    ("aac", "adts", "aac", 44100),
    ("aiff", "aiff", "pcm_s16be", 44100),
    ("mkv", "matroska", "flac", 44100),
)
_SUFFIXES = ("wav", "mp3", "flac", "ogg", "m4a", "aac", "opus", "mp4", "txt", "")
_PLAYLISTS = (
    b"ffconcat version 1.0\nfile %s\n",
    b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n%s\n#EXT-X-ENDLIST\n",
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n%s",
    b"<?xml version='1.0'?><MPD><BaseURL>%s</BaseURL></MPD>",
)
_FORMATS = {(1, 1): "B", (1, 2): "h", (1, 3): "B", (1, 4): "i", (3, 4): "f", (3, 8): "d"}


@cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """Suffix and content of half a second of sound in each way."""
    return tuple((suffix, _encoded(*how)) for suffix, *how in _ENCODED)


def _encoded(container: str, codec: str, rate: int) -> bytes:
    t = np.arange(rate // 2) / rate
    tone = (0.4 * np.sin(2 * np.pi * 220 * t) * np.exp(-6 * (t % 0.25))).astype(np.float32)
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        for each in (frame, None):
            file.mux(stream.encode(each))
    return out.getvalue()


def wave(form: int, size: int, channels: int, rate: int, data: bytes, claimed: int) -> bytes:
    """A wav; claimed: bytes of sound that its header tells of."""
    block = size * channels & 0xFFFF
    head = struct.pack("<HHIIHH", form, channels & 0xFFFF, rate & 0xFFFFFFFF,
                       rate * block & 0xFFFFFFFF, block, 8 * size)  # fmt: skip
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    body += b"data" + struct.pack("<I", claimed & 0xFFFFFFFF) + data
    return b"RIFF" + struct.pack("<I", (claimed + len(body)) & 0xFFFFFFFF) + body


def _odd_wave(rng: Random) -> bytes:
    form, size = rng.choice(list(_FORMATS))
    channels = rng.choice((0, 1, 1, 2, 6, 8, 32, 64, 255, 65535))
    rate = rng.choice((0, 1, 2, 8, 100, 4000, 8000, 22050, 44100, 96000, 192000, 384000, 768000,
                       10**6, 10**8, 2**31 - 1, 2**31, 2**32 - 1))  # fmt: skip
    frames = rng.choice((0, 1, 1, 2, 3, 100, 2000, 20000))
    count = min(frames * channels, 100_000)
    letter = _FORMATS[form, size]
    if letter in "fd":
        odd = (float("nan"), float("inf"), float("-inf"), 1e30, -1e30, 0.0, 0.5)
        pool = odd if rng.random() < 0.5 else (0.25, -0.25, 0.1)
        data = struct.pack(f"<{count}{letter}", *rng.choices(pool, k=count))
    else:
        data = rng.randbytes(count * size) if rng.random() < 0.7 else bytes(count * size)
    claimed = rng.choice((len(data), len(data), 0, 10**9, 2**31, 2**32 - 1, 3))
    return wave(form, size, channels, rate, data, claimed)


def _make(rng: Random) -> tuple[str, bytes]:
    kind = rng.random()
    suffix, seed = rng.choice(seeds())
    if kind < 0.25:
        suffix, content = "wav", _odd_wave(rng)
    elif kind < 0.28:
        content = rng.choice((b"", b"\0", b"RIFF", b"fLaC", b"OggS", b"ID3", rng.randbytes(5000)))
    elif kind < 0.31:
        content = rng.choice(_PLAYLISTS) % rng.choice((b"a.wav", b"/etc/passwd", b"http://a.b/c"))
    else:
        content = mutate.some_bytes(rng, seed, [other for _, other in seeds()])
    if rng.random() < 0.15:
        suffix = rng.choice(_SUFFIXES)
    return f"song.{suffix}" if suffix else "song", content


def _read(path: Path) -> None:
    duration(path)
    count = 0
    for block in iter_blocks(path):
        assert block.dtype == np.float32 and block.ndim == 1 and np.isfinite(block).all()
        count += len(block)
        # A small file of a long silence is a long silence; reading on tells nothing new.
        if count > 3600 * RATE:
            return


def _hear(path: Path) -> None:
    song = analyse(path, length=60.0)
    assert np.isfinite(song.features).all() and np.isfinite(song.beats).all()
    assert len(song.beats) >= 2 and np.isfinite(song.bpm)


def _long(rng: Random) -> tuple[str, bytes]:
    """A sound that is long enough to be heard."""
    name, content = _make(rng)
    if rng.random() < 0.5:
        return name, content
    rate = rng.choice((8000, 22050, 96000, 384000))
    count = rng.choice((rate // 2, rate, 2 * rate))
    noise = np.random.default_rng(rng.randrange(2**32)).normal(size=count).astype("<f4")
    noise[rng.randrange(count)] = rng.choice((np.nan, np.inf, 1e38, -3e38, 1e-42, 0.0))
    noise *= np.float32(rng.choice((1.0, 1e-3, 1e-9, 0.0, 1e18)))
    return "song.wav", wave(3, 4, 1, rate, noise.tobytes(), 4 * count)


def _prepare() -> None:
    seeds()
    path = Path("warm.wav")
    noise = np.random.default_rng(0).normal(size=44100).astype("<f4")
    path.write_bytes(wave(3, 4, 1, 22050, noise.tobytes(), 4 * 44100))
    with suppress(TwostepError):
        analyse(path)
    path.unlink()


FORMS = (
    Format("sound", _make, _read, seeds),
    Format("song", _long, _hear, _prepare),
)
