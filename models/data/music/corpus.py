# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus of the score: thousands of seconds of music with everything that is known of it.

A folder of
    mel.npy         (N, 256) float16 dB, clips end to end, each a whole number of tokens (4 frames)
    conditions.npy  (N, 28) float16, see `inference.score.conditions`
    motion.npy      (N / 4, 64) float16, latents of the dance at the tokens, 0 without a dance
    clips.json      a list of {name, genre, split, start, stop, kind, take, beats, …}
    audio.npy       int16, mono 44,100 Hz: the sound of some clips, for the vocoder
    audio.json      a list of {clip, start, frames}: mel frame i is around sample start + 1024 i
Each clip is made on its own and kept until all are there: an interrupted run goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from ....inference.errors import TwostepError
from ....inference.genres import NAMES
from ....inference.score.conditions import CHANNELS
from ....inference.score.networks import TOKEN
from .clips import Clip, clip_of, scored
from .dances import Dance, generated, recorded
from .library import Job, files, one_shots
from .pairs import draw
from .render import RATE

Report = Callable[[str], object]

#: Out of ten composed pieces so many are made for real dances, and for generated ones.
_RECORDED, _GENERATED = 7, 2
#: How long such clips, and pieces without a dance, are on average, seconds.
_DANCE_SECONDS, _PIECE_SECONDS = 39.0, 72.0
#: One of so many pieces is for validation, and one for testing.
_HELD_OUT = 20


@dataclass(frozen=True)
class Sources:
    """Where things come from; None does without. motion: motion.npz. library: music.npz, whose
    tracks are danced to. music, midi, samples: the collections' root folders."""

    motion: Path | None = None
    library: Path | None = None
    music: Path | None = None
    midi: Path | None = None
    samples: Path | None = None


@dataclass(frozen=True)
class Item:
    """A clip to make. sound: whether it is kept. generated: whether a piece is for a generated
    dance (True), a real one (False) or none (None)."""

    job: Job
    sound: bool
    generated: bool | None = None


def plan(
    sources: Sources, hours: float, sound_hours: float, midi_per_folder: int, seed: int
) -> list[Item]:
    """What a corpus of about `hours` is made of, some `sound_hours` of it with sound."""
    rng = np.random.default_rng(seed)
    jobs = files(sources.music, sources.midi, midi_per_folder)
    items = [Item(job, False) for job in jobs]
    seconds = _PIECE_SECONDS * len(jobs)
    samples = one_shots(sources.samples)
    kinds = _kinds(sources)
    number = 0
    while seconds < 3600 * hours:
        generated = kinds[int(rng.integers(len(kinds)))]
        genre = NAMES[number % len(NAMES)]
        own = 1_000_000 * seed + number
        # As much of every genre.
        split = {0: "validation", 1: "test"}.get(number // len(NAMES) % _HELD_OUT, "train")
        job = Job(f"{genre}_{own}", "piece", genre, own, split=split, samples_dir=samples)
        items.append(Item(job, False, generated))
        seconds += _PIECE_SECONDS if generated is None else _DANCE_SECONDS
        number += 1
    kept = rng.random(len(items)) < sound_hours / hours
    return [replace(item, sound=bool(keep)) for item, keep in zip(items, kept, strict=True)]


def _kinds(sources: Sources) -> list[bool | None]:
    """What pieces are made for, as often as each comes in ten."""
    if sources.motion is None:
        return [None]
    if sources.library is None:
        return [False] * (_RECORDED + _GENERATED) + [None]
    return [False] * _RECORDED + [True] * _GENERATED + [None]


def write(
    sources: Sources, items: Sequence[Item], out: Path, workers: int = 2,
    report: Report = lambda _: None,
) -> Path:  # fmt: skip
    """Makes all clips and puts the finished corpus in `out`; what was there goes to `out`_before.

    report: called with a line for each clip that was made or left out.
    """
    folder = out.with_name(out.name + "_making")
    parts = folder / hashlib.sha256(repr((sources, list(items))).encode()).hexdigest()[:16]
    parts.mkdir(parents=True, exist_ok=True)
    paths = [parts / f"{number:05d}.npz" for number in range(len(items))]
    dances = folder / "dances"
    if sources.library is not None:
        generated(sources.library, dances, workers=workers)
    make = partial(_make, sources, dances)
    with ProcessPoolExecutor(workers) as pool:
        for line in pool.map(make, items, paths):
            report(line)
    _join([path for path in paths if path.stat().st_size], folder)
    shutil.rmtree(parts)
    shutil.rmtree(dances, ignore_errors=True)
    before = out.with_name(out.name + "_before")
    if out.exists():
        shutil.rmtree(before, ignore_errors=True)
        out.rename(before)
    folder.rename(out)
    return out


def _make(sources: Sources, dances: Path, item: Item, path: Path) -> str:
    """Makes one clip and stores it; an empty file stands for none."""
    if path.exists():
        return f"{item.job.name}: was there"
    clip = _clip(sources, dances, item)
    if isinstance(clip, str):
        path.touch()
        return f"left out {item.job.name}: {clip}"
    sound = clip.sound if item.sound else clip.sound[:0]
    waiting = path.with_suffix(".part")
    with waiting.open("wb") as file:
        np.savez(
            file, mel=clip.mel, conditions=clip.conditions, motion=clip.motion, sound=sound,
            sizes=[len(clip.mel), len(sound)], entry=json.dumps(clip.entry),
        )  # fmt: skip
    waiting.replace(path)
    return f"{item.job.name}: {len(clip.sound) / RATE:.0f} s"


def _clip(sources: Sources, folder: Path, item: Item) -> Clip | str:
    job = item.job
    if item.generated is None or job.genre is None:
        return clip_of(job)
    pool = [
        dance
        for dance in _dances(sources, folder)
        if dance.split == job.split and dance.generated == item.generated
    ]
    if not pool:
        return f"no dance for {job.split}"
    try:
        return scored(job, draw(pool, job.genre, np.random.default_rng(job.seed)))
    except TwostepError as error:
        return str(error)


@lru_cache(maxsize=1)
def _dances(sources: Sources, folder: Path) -> list[Dance]:
    made = generated(sources.library, folder) if sources.library is not None else []
    return (recorded(sources.motion) if sources.motion is not None else []) + made


def _sizes(path: Path) -> tuple[int, int]:
    """Mel frames and samples of a part."""
    with np.load(path, allow_pickle=False) as part:
        frames, samples = part["sizes"]
    return int(frames), int(samples)


def _join(paths: Sequence[Path], folder: Path) -> None:
    """Writes the arrays of all parts end to end, one part in memory at a time."""
    shapes = [_sizes(path) for path in paths]
    rows = sum(frames for frames, _ in shapes)
    arrays = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", kind, shape)
        for name, kind, shape in (
            ("mel", np.float16, (rows, 256)),
            ("conditions", np.float16, (rows, CHANNELS)),
            ("motion", np.float16, (rows // TOKEN, 64)),
            ("audio", np.int16, (sum(samples for _, samples in shapes),)),
        )
    }
    entries, sounds, row, sample = [], [], 0, 0
    for path in paths:
        with np.load(path, allow_pickle=False) as part:
            stop, end = row + len(part["mel"]), sample + len(part["sound"])
            for name in ("mel", "conditions"):
                arrays[name][row:stop] = part[name]
            arrays["motion"][row // TOKEN : stop // TOKEN] = part["motion"]
            arrays["audio"][sample:end] = part["sound"]
            entry = json.loads(str(part["entry"]))
        if end > sample:
            sounds.append({"clip": entry["name"], "start": sample, "frames": stop - row})
        entries.append({**entry, "start": row, "stop": stop})
        row, sample = stop, end
    for array in arrays.values():
        array.flush()
    for name, listed in (("clips", entries), ("audio", sounds)):
        (folder / f"{name}.json").write_text(json.dumps(listed), encoding="utf-8")
