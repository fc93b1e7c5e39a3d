# SPDX-License-Identifier: GPL-3.0-or-later
"""The composer: seeded, on its grid, in its genre, true to its plan and to a dance's cues."""

from __future__ import annotations

import shutil
from pathlib import Path

import mido
import numpy as np
import pytest
from numpy.typing import NDArray

from twostep.inference.genres import GENRES, NAMES
from twostep.inference.score.cues import Cues
from twostep.inference.score.grid import Grid
from twostep.inference.score.harmony import TURNS, chroma, plan
from twostep.models.data.music import render
from twostep.models.data.music.composer import compose
from twostep.models.data.music.genres import BANDS
from twostep.models.data.music.midi_beats import cut, read_beats
from twostep.models.data.music.page import LOUD
from twostep.models.data.music.score import Piece, write_midi

SHORT = (("verse", 2, 0.6), ("chorus", 2, 1.0))
needs_synth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None
    or not any(Path(place).exists() for place in render._SOUND_FONTS),
    reason="FluidSynth or its sound font is not installed",
)


def dance(genre: str, bpm: float = 0.0, first: int = 1) -> Cues:
    """30 s: calm, then wild, with accents in the wild half and one stop in each."""
    bar = GENRES[genre].beats_per_bar
    period = 60 / (bpm or np.mean(GENRES[genre].tempi))
    beats = 0.2 + np.arange(int(30 / period)) * period
    energy = np.where(np.arange(900) < 450, 0.12, 0.92).astype(np.float32)
    accents = beats[0] + period * np.round((np.arange(16.5, 24, 2.4) - beats[0]) / period * 2) / 2
    strengths = np.array([1.0, 0.9, 0.8, 0.7], np.float32)
    stops = np.array([[8.0, 10.0], [25.0, 27.0]])
    return Cues(30.0, Grid(beats, first, bar), energy, accents, strengths, stops)


def times_of(piece: Piece) -> NDArray[np.float64]:
    return np.array([piece.time(note.beat) for note in piece.notes])


def test_there_is_a_band_and_a_harmony_for_every_genre() -> None:
    assert tuple(BANDS) == tuple(TURNS) == NAMES


@pytest.mark.parametrize("genre", NAMES)
def test_patterns_fill_whole_bars(genre: str) -> None:
    band, steps = BANDS[genre], 4 * GENRES[genre].beats_per_bar
    for groove in band.grooves:
        for line in groove.strip().splitlines():
            letter, marks = line.split()
            assert letter in band.lanes
            assert len(marks) % steps == 0
            assert set(marks) <= {*LOUD, "."}
    for voice in band.voices.values():
        assert all(len(pattern) % steps == 0 for pattern in voice.patterns)
        assert bool(voice.patterns) == (voice.role not in ("pad", "tune"))


@pytest.mark.parametrize("genre", NAMES)
def test_the_seed_decides(genre: str) -> None:
    first, again, other = (compose(genre, seed, SHORT) for seed in (5, 5, 6))
    assert first.notes == again.notes
    np.testing.assert_array_equal(first.beat_times, again.beat_times)
    mine = {(n.part, round(4 * n.beat), n.pitch) for n in first.notes}
    theirs = {(n.part, round(4 * n.beat), n.pitch) for n in other.notes}
    assert len(mine & theirs) < 0.6 * len(mine | theirs)


@pytest.mark.parametrize("genre", NAMES)
@pytest.mark.parametrize("seed", [0, 1])
def test_pieces_are_playable(genre: str, seed: int) -> None:
    piece = compose(genre, seed)
    bar = GENRES[genre].beats_per_bar
    slowest, fastest = GENRES[genre].tempi
    assert 0.95 * slowest <= piece.grid.bpm <= 1.05 * fastest
    assert 40 < piece.seconds < 145
    assert all(12 < note.pitch < 116 and 0 < note.velocity <= 1 for note in piece.notes)
    assert all(note.part in piece.parts and note.length > 0 for note in piece.notes)
    assert len({note.part for note in piece.notes}) >= 5
    assert len(piece.parts) <= 15
    assert sum(section.bars for section in piece.sections) * bar == len(piece.beat_times) - 1
    assert len(piece.energy) * bar == 2 * (len(piece.beat_times) - 1)
    assert np.flatnonzero(piece.downbeats)[:3].tolist() == [0, bar, 2 * bar]


def test_a_waltz_is_in_three() -> None:
    """Low notes on one, chords on two and three."""
    piece = compose("waltz", 1, (("chorus", 8, 0.6),))
    places = {
        part: {round(note.beat) % 3 for note in piece.notes if note.part == part}
        for part in ("bass", "chords")
    }
    assert places == {"bass": {0}, "chords": {1, 2}} or places["bass"] == {0, 2}
    assert piece.grid.beats_per_bar == 3


@pytest.mark.parametrize("genre", NAMES)
def test_a_chorus_is_fuller_than_an_intro(genre: str) -> None:
    piece = compose(genre, 0, (("intro", 4, 0.2), ("chorus", 4, 1.0)))
    half = len(piece.beat_times) // 2
    early = sum(note.velocity for note in piece.notes if note.beat < half)
    late = sum(note.velocity for note in piece.notes if note.beat >= half)
    assert late > 2 * early
    assert piece.energy_at(piece.beat_times[[2, -3]])[0] < 0.4
    assert piece.energy_at(piece.beat_times[[2, -3]])[1] > 0.8


@pytest.mark.parametrize("genre", ["house", "waack"])
def test_four_on_the_floor(genre: str) -> None:
    piece = compose(genre, 3, SHORT)
    kicks = {round(note.beat) for note in piece.notes if note.pitch == 36 and note.part == "kit"}
    filled = {beat for bar in range(4) for beat in (4 * bar + 2, 4 * bar + 3)}
    rests = {beat for start, stop in piece.stops for beat in range(round(start), round(stop))}
    assert kicks >= set(range(16)) - filled - rests


@pytest.mark.parametrize("genre", NAMES)
def test_the_band_plays_the_plan(genre: str) -> None:
    """Chords are the plan's chords, and the bass mostly stands on them."""
    piece = compose(genre, 2)
    roles = {name: voice.role for name, voice in BANDS[genre].voices.items()}
    right: dict[str, list[bool]] = {}
    for note in piece.notes:
        role = roles.get(note.part, "ring" if note.part == "ring" else "")
        middle = np.array([piece.time(note.beat + 0.1)])
        sounding = chroma(piece.harmony, piece.grid, middle)[0]
        right.setdefault(role, []).append(bool(sounding[note.pitch % 12]))
    assert np.mean(right["pad"]) > 0.97
    assert np.mean(right.get("chords", right["pad"])) > (0.75 if genre == "salsa" else 0.97)
    assert np.mean(right["bass"]) > 0.6


def test_the_plan_is_the_seeds() -> None:
    first, again, other = (plan("house", 16, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first == again != other
    assert len(first.chords) == 32
    told = chroma(first, Grid(np.arange(65.0), 0, 4), np.array([0.5, 3.9, 4.1, 500.0]))
    assert told.shape == (4, 12)
    assert (told.max(axis=1) == 1).all()
    assert told[0].argmax() == first.chords[0].root
    assert told[3].argmax() == first.chords[-1].root
    with pytest.raises(KeyError):
        plan("polka", 4, np.random.default_rng(0))


@pytest.mark.parametrize("genre", NAMES)
def test_a_dance_is_followed(genre: str) -> None:
    cues = dance(genre)
    piece = compose(genre, 3, cues=cues)
    times = times_of(piece)
    bar = piece.grid.beats_per_bar
    assert piece.grid == cues.grid
    assert piece.seconds == 30
    assert -0.05 < times.min() < 1.5
    assert times.max() < 30
    assert bar * piece.first_bar + piece.grid.first <= 0
    calm = sum(n.velocity for n, t in zip(piece.notes, times, strict=True) if t < 15)
    wild = sum(n.velocity for n, t in zip(piece.notes, times, strict=True) if t >= 15)
    assert wild > 2.5 * calm
    struck = sorted({note.beat for note in piece.notes if note.part == "hit"})
    np.testing.assert_allclose([piece.time(beat) for beat in struck], cues.accents, atol=1e-6)
    for start, stop in cues.stops:
        resting = [
            note.part
            for note, time in zip(piece.notes, times, strict=True)
            if start + 0.45 < time < stop - 0.45
        ]
        assert set(resting) <= {"ring"}


@pytest.mark.parametrize(("genre", "bpm"), [("house", 150), ("krump", 60), ("waltz", 160)])
def test_odd_tempi_and_meters_are_playable(genre: str, bpm: float) -> None:
    cues = dance(genre, bpm, first=2)
    if genre == "waltz":  # a dance felt in four, waltzed to
        cues = Cues(**{**vars(cues), "grid": Grid(cues.grid.beats, 3, 4)})
    piece = compose(genre, 0, cues=cues)
    assert piece.grid.beats_per_bar == GENRES[genre].beats_per_bar
    assert len(piece.notes) > 100


@pytest.mark.parametrize("genre", NAMES)
def test_the_calmest_dance_has_music(genre: str) -> None:
    cues = dance(genre)
    for energy in (0.0, 0.1, 0.2):
        calm = Cues(**{**vars(cues), "energy": np.full(900, energy, np.float32)})
        for seed in range(3):
            piece = compose(genre, seed, cues=calm)
            began = np.sort(times_of(piece))
            assert np.diff(began).max() < 6


def test_quiet_accents_are_not_struck() -> None:
    cues = dance("krump")
    faint = Cues(**{**vars(cues), "strengths": np.full(4, 0.2, np.float32)})
    assert not compose("krump", 0, cues=faint).accents


@needs_synth
@pytest.mark.slow
def test_a_dance_is_heard() -> None:
    """Louder where it is wild, silent drums where it stands, a stroke at every accent."""
    cues = dance("la_hiphop")
    sound = render.render(compose("la_hiphop", 3, cues=cues))
    start = round(render.LEAD * render.RATE)
    level = np.sqrt(
        np.square(sound[start:, :].mean(axis=1)[: 30 * render.RATE]).reshape(300, -1).mean(axis=1)
    )
    loud = 20 * np.log10(level + 1e-6)
    assert np.mean(loud[155:245]) - np.mean(loud[10:75]) > 6
    assert np.mean(loud[155:245]) - np.mean(loud[258:268]) > 6
    at = np.round(10 * cues.accents).astype(int)
    struck = np.mean([loud[i : i + 3].max() for i in at])
    assert struck > np.mean([loud[i : i + 3].max() for i in range(155, 245, 3)]) + 1


@needs_synth
@pytest.mark.slow
@pytest.mark.parametrize("genre", NAMES)
def test_what_sounds_is_the_plan(genre: str) -> None:
    """The rendered pitch classes agree with the chroma told, in no other key so well."""
    piece = compose(genre, 4, (("verse", 4, 0.5), ("chorus", 2, 0.9)))
    sound = render.render(piece, rate=22_050).mean(axis=1)
    hop = 4096
    frames = np.lib.stride_tricks.sliding_window_view(sound, 2 * hop)[::hop]
    spectra = np.square(np.abs(np.fft.rfft(frames * np.hanning(2 * hop), axis=1)))
    frequencies = np.fft.rfftfreq(2 * hop, 1 / 22_050)
    inside = (frequencies > 60) & (frequencies < 500)  # above, overtones blur it
    pitches = np.round(12 * np.log2(frequencies[inside] / 440) + 69).astype(int) % 12
    heard = np.stack([spectra[:, inside][:, pitches == tone].sum(axis=1) for tone in range(12)], 1)
    heard /= heard.sum(axis=1, keepdims=True) + 1e-9
    times = (np.arange(len(heard)) + 1) * hop / 22_050 - render.LEAD
    during = (times > 0) & (times < piece.seconds)
    told = chroma(piece.harmony, piece.grid, times[during])
    match = [float((heard[during] * np.roll(told, turn, axis=1)).sum()) for turn in range(12)]
    assert int(np.argmax(match)) == 0
    assert np.isfinite(sound).all()
    assert 0.2 < np.abs(sound).max() < 0.9
    assert abs(sound.mean()) < 1e-3


def test_the_midi_file_knows_the_same_beats(tmp_path: Path) -> None:
    piece = compose("modern", 4)  # the genre with the freest tempo
    path = tmp_path / "piece.mid"
    assert write_midi(piece, path) == 0
    beats, downbeats = read_beats(path, 40.0)
    np.testing.assert_allclose(beats, piece.beat_times[: len(beats)], atol=2e-3)
    np.testing.assert_array_equal(downbeats, piece.downbeats[: len(beats)])
    assert beats[-1] == pytest.approx(40, abs=1)


def test_the_midi_file_of_a_dance_begins_at_a_pickup(tmp_path: Path) -> None:
    piece = compose("house", 4, cues=dance("house", 120))
    path = tmp_path / "piece.mid"
    begin = write_midi(piece, path)
    assert begin == pytest.approx(0.2 - 0.5)
    beats, _ = read_beats(path, 20.0)
    np.testing.assert_allclose(beats[1:] + begin, piece.beat_times[: len(beats) - 1], atol=2e-3)


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
