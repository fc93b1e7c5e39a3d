# SPDX-License-Identifier: GPL-3.0-or-later
"""The composer: seeded, on its grid, in its genre, its MIDI true to its beats."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest

from twostep.inference.styles import STYLES
from twostep.models.data.music.composer import compose
from twostep.models.data.music.genres import GENRES
from twostep.models.data.music.midi_beats import cut, read_beats
from twostep.models.data.music.score import write_midi

SHORT = (("verse", 2, 0.6), ("chorus", 2, 1.0))


def test_there_is_a_player_for_every_style() -> None:
    assert set(GENRES) == set(STYLES)


@pytest.mark.parametrize("genre", STYLES)
def test_the_seed_decides(genre: str) -> None:
    first, again, other = compose(genre, 5), compose(genre, 5), compose(genre, 6)
    assert first.notes == again.notes
    np.testing.assert_array_equal(first.beat_times, again.beat_times)
    assert first.notes != other.notes


@pytest.mark.parametrize("genre", STYLES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pieces_are_playable(genre: str, seed: int) -> None:
    piece = compose(genre, seed)
    slowest, fastest = GENRES[genre].tempi
    bpm = 60 / np.median(np.diff(piece.beat_times))
    assert 0.95 * slowest <= bpm <= 1.05 * fastest
    assert 45 < piece.seconds < 130
    assert all(0 < note.pitch < 128 and 0 < note.velocity <= 1 for note in piece.notes)
    assert all(note.part in piece.parts and note.length > 0 for note in piece.notes)
    assert len({note.part for note in piece.notes}) >= 4
    assert sum(section.bars for section in piece.sections) * 4 == len(piece.beat_times) - 1
    assert piece.downbeats[:9].tolist() == [True, False, False, False] * 2 + [True]


@pytest.mark.parametrize("genre", STYLES)
def test_a_chorus_is_fuller_than_an_intro(genre: str) -> None:
    piece = compose(genre, 0, (("intro", 4, 0.2), ("chorus", 4, 1.0)))
    early = sum(note.velocity for note in piece.notes if note.beat < 16)
    late = sum(note.velocity for note in piece.notes if note.beat >= 16)
    assert late > 1.25 * early


def test_house_kicks_on_every_beat() -> None:
    piece = compose("house", 3, SHORT)
    kicks = {round(note.beat) for note in piece.notes if note.pitch == 36 and note.part == "kit"}
    assert kicks == set(range(16))


def test_the_midi_file_knows_the_same_beats(tmp_path: Path) -> None:
    piece = compose("modern", 4)  # the genre with the freest tempo
    path = tmp_path / "piece.mid"
    write_midi(piece, path)
    beats, downbeats = read_beats(path, 40.0)
    np.testing.assert_allclose(beats, piece.beat_times[: len(beats)], atol=2e-3)
    np.testing.assert_array_equal(downbeats, piece.downbeats[: len(beats)])
    assert beats[-1] == pytest.approx(40, abs=1)


def melody(tempo: int, meter: tuple[int, int], beats: int) -> mido.MidiFile:
    """Quarters at some microseconds a beat."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=tempo))
    track.append(mido.MetaMessage("time_signature", numerator=meter[0], denominator=meter[1]))
    for _ in range(beats):
        track.append(mido.Message("note_on", note=60, time=0))
        track.append(mido.Message("note_off", note=60, time=480))
    file.tracks.append(track)
    return file


@pytest.mark.parametrize(
    ("tempo", "meter", "period", "bar"),
    [
        (600_000, (4, 4), 0.6, 4),  # 100 bpm as it is
        (350_000, (4, 4), 0.7, 4),  # 171 bpm danced at half
        (1_200_000, (4, 4), 0.6, 4),  # 50 bpm danced at double
        (600_000, (3, 4), 0.6, None),  # a waltz has no bar of four
        (400_000, (6, 8), 0.6, 4),  # dotted quarters
    ],
)
def test_written_beats_become_dance_beats(
    tmp_path: Path, tempo: int, meter: tuple[int, int], period: float, bar: int | None
) -> None:
    path = tmp_path / "song.mid"
    melody(tempo, meter, 48).save(str(path))
    beats, downbeats = read_beats(path, 100.0)
    np.testing.assert_allclose(np.diff(beats), period, atol=1e-6)
    bars = np.flatnonzero(downbeats)
    if bar is None:
        assert not len(bars)
    else:
        assert bars[0] == 0
        assert (np.diff(bars) == bar).all()


def test_a_cut_leaves_no_note_hanging(tmp_path: Path) -> None:
    source, out = tmp_path / "long.mid", tmp_path / "short.mid"
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.Message("note_on", note=60, channel=3, time=0))
    track.append(mido.Message("note_off", note=60, channel=3, time=480 * 400))
    file.tracks.append(track)
    file.save(str(source))
    cut(source, 10.0, out)
    messages = [message for message in mido.MidiFile(str(out)) if not message.is_meta]
    ended = {
        message.channel
        for message in messages
        if message.type == "control_change" and message.control == 120
    }
    assert messages[0].type == "note_on"
    assert ended == set(range(16))
    assert mido.MidiFile(str(out)).length <= 10.01
