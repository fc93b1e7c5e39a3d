# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading sound files of every kind, and refusing what is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from twostep.inference.audio import RATE, decode, iter_blocks
from twostep.inference.errors import TwostepError

from .sounds import CODECS, clicks, write


def onset(samples: np.ndarray) -> float:
    """Seconds at which the first click starts."""
    return int(np.argmax(np.abs(samples) > 0.1)) / RATE


@pytest.mark.parametrize("ending", CODECS)
def test_every_format_gives_the_same_sound_at_the_same_time(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"song.{ending}", clicks(4, 44_100))
    samples, rate = decode(path)
    assert rate == RATE
    assert samples.dtype == np.float32
    # a bare aac stream carries no word on the encoder's own delay
    assert len(samples) / rate == pytest.approx(4, abs=0.12)
    assert onset(samples) == pytest.approx(0.3, abs=0.06 if ending == "aac" else 0.012)
    assert 0.2 < np.abs(samples).max() <= 1.2


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_every_sample_rate(tmp_path: Path, rate: int) -> None:
    samples, _ = decode(write(tmp_path / "song.wav", clicks(3, rate), rate))
    assert len(samples) == pytest.approx(3 * RATE, abs=4)
    assert onset(samples) == pytest.approx(0.3, abs=0.005)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_are_mixed_to_one(tmp_path: Path, channels: int) -> None:
    path = write(tmp_path / "song.wav", clicks(2, 44_100), channels=channels)
    samples, _ = decode(path)
    assert samples.ndim == 1
    assert np.abs(samples).max() > 0.2


def test_a_range_is_the_same_part_of_the_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "song.flac", clicks(6, 44_100))
    whole, _ = decode(path)
    part, _ = decode(path, start=1.5, length=2.0)
    assert len(part) == 2 * RATE
    first = round(1.5 * RATE)
    np.testing.assert_array_equal(part, whole[first : first + len(part)])


def test_a_start_behind_the_end_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "song.wav", clicks(2, 44_100))
    with pytest.raises(TwostepError, match="ends before 10 s"):
        decode(path, start=10)


def test_a_truncated_file_gives_what_it_has(tmp_path: Path) -> None:
    path = write(tmp_path / "song.mp3", clicks(10, 44_100))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    samples, _ = decode(path)
    assert 3 < len(samples) / RATE < 7


def test_nonsense_in_the_middle_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "song.mp3", clicks(10, 44_100))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = bytes(range(250)) * 12
    path.write_bytes(data)
    samples, _ = decode(path)
    assert len(samples) / RATE > 7


def missing(folder: Path) -> Path:
    return folder / "gone.mp3"


def empty(folder: Path) -> Path:
    (folder / "empty.wav").touch()
    return folder / "empty.wav"


def text(folder: Path) -> Path:
    (folder / "text.mp3").write_text("this is a letter, not a song\n" * 200)
    return folder / "text.mp3"


def noise(folder: Path) -> Path:
    rng = np.random.default_rng(1)
    (folder / "noise.flac").write_bytes(b"fLaC" + rng.bytes(20_000))
    return folder / "noise.flac"


def headless(folder: Path) -> Path:
    path = write(folder / "cut.m4a", clicks(3, 44_100))
    path.write_bytes(path.read_bytes()[:2000])
    return path


def picture(folder: Path) -> Path:
    path = folder / "film.mp4"
    with av_video(path):
        pass
    return path


def av_video(path: Path):
    """A film of one second without sound."""
    import av

    container = av.open(str(path), "w")
    stream = container.add_stream("mpeg4", rate=10)
    stream.width = stream.height = 32
    for _ in range(10):
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
    return container


@pytest.mark.parametrize("bad", [missing, empty, text, noise, headless, picture, lambda p: p])
def test_what_is_no_song_is_refused_in_one_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], bad: object
) -> None:
    path = bad(tmp_path)  # type: ignore[operator]
    with pytest.raises(TwostepError) as caught:
        decode(path)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 200 + len(str(path))
    assert capfd.readouterr().err == ""  # FFmpeg keeps its remarks to itself


_TWO_HOURS = """
import resource, sys
from twostep.inference.audio import iter_blocks
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = longest = 0
for block in iter_blocks(sys.argv[1]):
    count += len(block)
    longest = max(longest, len(block))
print(count, longest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_two_hours_are_read_in_bounded_memory(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    minute = clicks(60, 8_000)
    path = tmp_path / "mix.flac"
    with soundfile.SoundFile(path, "w", 8_000, 1) as file:
        for _ in range(120):
            file.write(minute)
    done = subprocess.run(
        [sys.executable, "-c", _TWO_HOURS, str(path)], capture_output=True, text=True, check=True
    )
    count, longest, grown = map(int, done.stdout.split())
    assert count == pytest.approx(7200 * RATE, rel=1e-4)
    assert longest < 25 * RATE
    assert grown / 1024 < 60  # MiB; the whole mix is 635 MiB


def test_blocks_joined_are_the_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "song.ogg", clicks(45, 22_050), 22_050, channels=1)
    blocks = list(iter_blocks(path))
    assert len(blocks) > 1
    np.testing.assert_array_equal(np.concatenate(blocks), decode(path)[0])
