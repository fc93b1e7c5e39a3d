# SPDX-License-Identifier: GPL-3.0-or-later
"""The music library: composed pieces, free recordings and rendered MIDI as feature tracks."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ....inference.audio import Heard, assemble, listen, rhythm
from ....inference.audio.decode import RATE
from ....inference.errors import TwostepError
from ....inference.genres import GENRES
from . import midi_beats, own
from .composer import compose
from .render import LEAD, levelled, render, render_midi

#: Folders of the music and MIDI collections that may be trained on, with licence and credit.
RECORDINGS = {
    "cc0-beats": ("CC0", "Boomboxhead, boom"),
    "tannerhelland": ("CC BY 4.0", "music by Tanner Helland"),
}
MIDI = {
    "tannerhelland": ("CC BY 4.0", "music by Tanner Helland"),
    "freedoom": ("BSD-3-Clause", "Freedoom project"),
}
_MIDI_SECONDS = 75.0
_SHORTEST = 20.0
_VALIDATION = 8  # every eighth track is kept for validation
#: Seeds of the composed pieces that nothing is ever trained on.
TEST_SEED = 500_000
#: A tempo map is believed when onsets on its beats are this much stronger than elsewhere.
BELIEVED = 1.25


@dataclass(frozen=True)
class Job:
    """One track to make: a composed piece (genre and seed) or a file.

    take: whose own song a piece is, a take of the motion.npz at `motion`.
    """

    name: str
    kind: str
    genre: str | None = None
    seed: int = 0
    path: Path | None = None
    licence: str = "GPL-3.0-or-later"
    credit: str = "Twostep"
    split: str = "train"
    samples_dir: Path | None = None
    sounds: Path | None = None
    motion: Path | None = None
    take: str | None = None

    @property
    def style(self) -> str | None:
        """The dance style that goes with the genre."""
        return GENRES[self.genre].style if self.genre in GENRES else self.genre


@dataclass(frozen=True)
class Track:
    """features: (T, 48). beats: (B,) seconds. downbeats: (B,). truth: the beats are known."""

    job: Job
    features: NDArray[np.float16]
    beats: NDArray[np.float64]
    downbeats: NDArray[np.bool_]
    truth: bool


def build(
    music_dir: Path | None,
    midi_dir: Path | None,
    samples_dir: Path | None,
    out: Path,
    pieces_per_genre: int = 8,
    seed: int = 0,
    midi_per_folder: int = 10,
    workers: int | None = None,
    report: Callable[[str], None] = lambda _: None,
    motion: Path | None = None,
) -> Path:
    """Makes every track and writes `out`/music.npz; returns its path.

    music_dir, midi_dir, samples_dir: the collections' root folders, None to do without.
    report: called with a line for each finished or rejected track.
    motion: motion.npz, whose takes get songs of their own.
    Rendered sounds are kept in `out`/sounds, so that a second run only listens.
    """
    sounds = out / "sounds"
    sounds.mkdir(parents=True, exist_ok=True)
    jobs = plan(
        music_dir, midi_dir, samples_dir, sounds, pieces_per_genre, seed, midi_per_folder, motion
    )
    tracks = []
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        for job, track in zip(jobs, pool.map(_make, jobs), strict=True):
            if isinstance(track, str):
                report(f"left out {job.name}: {track}")
                continue
            report(f"{job.name}: {len(track.features) / 30:.0f} s, {len(track.beats)} beats")
            tracks.append(track)
    return _write(tracks, out)


def plan(
    music_dir: Path | None,
    midi_dir: Path | None,
    samples_dir: Path | None,
    sounds: Path | None,
    pieces_per_genre: int,
    seed: int,
    midi_per_folder: int,
    motion: Path | None = None,
) -> list[Job]:
    """Every track that the arguments of `build` ask for; `sounds` keeps what is rendered."""
    samples = one_shots(samples_dir)
    jobs = [*_pieces(samples, pieces_per_genre, seed), *files(music_dir, midi_dir, midi_per_folder)]
    if motion is not None:
        jobs += _own_songs(motion, samples)
    return [replace(job, sounds=sounds) for job in jobs]


def _pieces(samples: Path | None, pieces_per_genre: int, seed: int) -> Iterator[Job]:
    """Of every genre so many pieces and, for every eight of them, one more for testing."""
    for i in range(pieces_per_genre):
        for genre in GENRES:
            yield Job(f"{genre}_{seed + i}", "piece", genre, seed + i, split=_split(i),
                      samples_dir=samples)  # fmt: skip
    for i in range(TEST_SEED, TEST_SEED + -(-pieces_per_genre // _VALIDATION)):
        for genre in GENRES:
            yield Job(f"{genre}_{i}", "piece", genre, i, split="test", samples_dir=samples)


def _own_songs(motion: Path, samples: Path | None) -> Iterator[Job]:
    for take in own.danced(motion):
        for genre, seed in take.genres:
            yield Job(f"{take.name}/{genre}_{seed}", "piece", genre, seed, split=take.split,
                      samples_dir=samples, motion=motion, take=take.name)  # fmt: skip


def files(music_dir: Path | None, midi_dir: Path | None, midi_per_folder: int) -> list[Job]:
    """The recordings and MIDI files that may be trained on."""
    jobs = []
    for root, folders, kind, limit in (
        (music_dir, RECORDINGS, "recording", None),
        (midi_dir, MIDI, "midi", midi_per_folder),
    ):
        for folder, (licence, credit) in folders.items():
            if root is None or not (root / folder).is_dir():
                continue
            paths = sorted(p for p in (root / folder).iterdir() if p.suffix in (".mp3", ".mid"))
            for i, path in enumerate(paths[:limit]):
                # Some MIDI files have the name of a recording.
                name = path.name if kind == "midi" else path.stem
                jobs.append(
                    Job(f"{folder}/{name}", kind, path=path, licence=licence, credit=credit,
                        split=_split(i))
                )  # fmt: skip
    return jobs


def one_shots(samples_dir: Path | None) -> Path | None:
    """The folder that really holds the drum hits."""
    if samples_dir is None:
        return None
    found = sorted(samples_dir.rglob("bd_haus.flac"))
    return found[0].parent if found else None


def _split(number: int) -> str:
    return "validation" if number % _VALIDATION == _VALIDATION - 1 else "train"


@dataclass(frozen=True)
class Sound:
    """heard: what the ear gets. beats (B,) and downbeats (B,): None where they are not known."""

    heard: Heard
    beats: NDArray[np.float64] | None = None
    downbeats: NDArray[np.bool_] | None = None


def sound_of(job: Job) -> Sound | str:
    """Composes, renders or reads what a job asks for; a sentence where nothing comes of it."""
    if job.genre is not None:
        return _own_song(job, job.genre) if job.take else _composed(job, job.genre)
    assert job.path is not None
    if job.kind == "recording":
        return Sound(listen(job.path))
    return _midi_sound(job, job.path)


def _make(job: Job) -> Track | str:
    """The track of a job, or why there is none."""
    try:
        sound = sound_of(job)
    except TwostepError as error:
        return str(error)
    if isinstance(sound, str):
        return sound
    if sound.beats is not None and sound.downbeats is not None:
        return _track(job, sound.heard, sound.beats, sound.downbeats, truth=True)
    pulse = rhythm(sound.heard)
    if not pulse.clear:
        return "no clear beat"
    return _track(job, sound.heard, pulse.beats, pulse.downbeats, truth=False)


def _composed(job: Job, genre: str) -> Sound:
    piece = compose(genre, job.seed)
    key = repr((piece.beat_times.tolist(), piece.parts, piece.notes, job.samples_dir is None))
    heard = _heard(job, key.encode(), lambda: render(piece, job.samples_dir, RATE))
    # Dancers know bars of four only, as in `midi_beats`.
    return Sound(heard, piece.beat_times + LEAD, piece.downbeats & (piece.grid.beats_per_bar == 4))


def _own_song(job: Job, genre: str) -> Sound:
    """The song of a take, which both begin at 0 seconds."""
    assert job.motion is not None
    (take,) = (take for take in own.danced(job.motion) if take.name == job.take)
    piece = compose(genre, job.seed, cues=own.cues(take, GENRES[genre].beats_per_bar))
    key = repr((job.take, piece.beat_times.tolist(), piece.parts, piece.notes, job.samples_dir))
    lead = round(LEAD * RATE)
    heard = _heard(job, key.encode(), lambda: render(piece, job.samples_dir, RATE)[lead:])
    inside = piece.beat_times >= 0
    downbeats = piece.downbeats & (piece.grid.beats_per_bar == 4)
    return Sound(heard, piece.beat_times[inside], downbeats[inside])


def _midi_sound(job: Job, path: Path) -> Sound | str:
    try:
        beats, downbeats = midi_beats.read_beats(path, _MIDI_SECONDS)
        with tempfile.TemporaryDirectory() as folder:
            short = Path(folder) / "short.mid"
            midi_beats.cut(path, _MIDI_SECONDS, short)
            heard = _heard(job, short.read_bytes(), lambda: _played(short))
    except (OSError, ValueError, EOFError, KeyError) as error:
        return f"unreadable MIDI ({error})"
    if heard.seconds < _SHORTEST:
        return "too short"
    if len(beats) >= 8 and on_the_beat(heard, beats) > BELIEVED:
        return Sound(heard, beats, downbeats)
    return Sound(heard)


def _played(midi: Path) -> NDArray[np.float32]:
    return levelled(render_midi(midi, RATE)[: round((_MIDI_SECONDS + 1) * RATE)], RATE)


def _heard(job: Job, key: bytes, play: Callable[[], NDArray[np.float32]]) -> Heard:
    """What the ear gets from a rendered sound, through a file as any song's.

    key: all that decides how it sounds; the file is named after it and used again.
    """
    if job.sounds is None:
        with tempfile.TemporaryDirectory() as folder:
            return _heard(replace(job, sounds=Path(folder)), key, play)
    path = job.sounds / f"{hashlib.sha256(key).hexdigest()[:20]}.flac"
    if not path.exists():
        waiting = path.with_suffix(f".{os.getpid()}.part")
        soundfile.write(waiting, play().mean(axis=1), RATE, format="FLAC")
        waiting.replace(path)
    return listen(path)


def on_the_beat(heard: Heard, beats: NDArray[np.float64]) -> float:
    """Onset strength at the beats over that at any time."""
    flux = heard.flux[:, 0]
    wide = np.maximum.reduce([np.roll(flux, shift) for shift in (-2, -1, 0, 1, 2)])
    at = np.round(beats * 90).astype(int)
    return float(wide[at[at < len(wide)]].mean() / max(float(wide.mean()), 1e-6))


def _track(
    job: Job, heard: Heard, beats: NDArray[np.float64], downbeats: NDArray[np.bool_], truth: bool
) -> Track:
    inside = beats < heard.seconds
    beats, downbeats = beats[inside], downbeats[inside]
    features = assemble(heard, beats, downbeats).astype(np.float16)
    return Track(job, features, beats, downbeats, truth)


def _write(tracks: list[Track], out: Path) -> Path:
    entries, start = [], 0
    for track in tracks:
        stop = start + len(track.features)
        entries.append(
            {
                "name": track.job.name,
                "genre": track.job.style,  # what the dance networks know
                "licence": track.job.licence,
                "credit": track.job.credit,
                "split": track.job.split,
                "take": track.job.take,
                "start": start,
                "stop": stop,
                "beats": [round(float(beat), 4) for beat in track.beats],
                "downbeats": [bool(flag) for flag in track.downbeats],
                "truth": track.truth,
            }
        )
        start = stop
    out.mkdir(parents=True, exist_ok=True)
    path, waiting = out / "music.npz", out / "music.part.npz"
    features = np.concatenate([track.features for track in tracks])
    np.savez_compressed(waiting, features=features, tracks=json.dumps(entries))
    waiting.replace(path)
    return path
