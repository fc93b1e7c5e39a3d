# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a batch takes: by one process and by two, a job by itself, one that is done already.

    python benchmarks/batch.py [--jobs 24] [--seconds 20] [--many 100] [--song FILE]

Runs where bpy can be imported, on a machine with two idle cores: both numbers of processes are
tried one after the other, so what else runs meanwhile spoils their ratio. Each line: stage, time,
how much faster than real time, and time over budget (below 1 is good). The exit code is 1 when a
budget is broken.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import bpy
import numpy as np
from lines import Line, report, verdict
from scipy.io import wavfile

from twostep.inference.batch import store
from twostep.inference.batch.runner import Outcome, run
from twostep.inference.batch.work import Work
from twostep.inference.jobs import DanceJob
from twostep.inference.motion import FPS, Motion
from twostep.scene.apply import apply_dance
from twostep.scene.dancer import add_dancer
from twostep.scene.keys import Placement

#: Two processes are so much faster than one, at least.
FASTER = 1.7
#: A job may take so many times what sampling and Blender's own exporter take.
LONGER = 1.5
#: A job that is done already may take so long, seconds.
SKIPPED = 0.020
#: The memory that a process may have beyond what it had at first, as a share of that.
MORE = 0.05
#: Jobs until everything is warm.
WARM = 2
_RATE = 22050


def main() -> int:
    """Measure, print, and say by the exit code whether all budgets are kept."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        song = asked.song or _song(place / "song.wav", asked.seconds)
        broken = _speed(_works(place / "one", song, asked), _works(place / "two", song, asked))
        broken += _memory(place / "many", song, asked.many) if asked.many else []
    return verdict(broken)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long a batch takes.")
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each dance")
    parser.add_argument("--many", type=int, default=100, help="short jobs to watch the memory at")
    parser.add_argument("--song", type=Path, help="else one is made up")
    return parser.parse_args()


def _works(out: Path, song: Path, asked: argparse.Namespace) -> list[Work]:
    return [_work(out, song, seed, asked.seconds) for seed in range(asked.jobs)]


def _work(out: Path, song: Path, seed: int, seconds: float, form: str = "fbx") -> Work:
    job = DanceJob(song, length=seconds, seed=seed)
    return Work("dance", f"n{seed}", out, formats=(form,), dance=job)


def _speed(alone: list[Work], together: list[Work]) -> list[str]:
    """One process, two, none needed; what is broken."""
    one, ends = _timed(alone, 1)
    two, _ = _timed(together, 2)
    again, _ = _timed(alone, 1)
    played = alone[0].dance.length if alone[0].dance else None
    each = statistics.median(np.diff(ends)[WARM:])
    exporting = _exporting(alone[-1])
    sampling = statistics.median(_took(work) for work in alone[WARM:])
    lines = [
        Line("one process", one),
        Line(f"two processes, {one / two:.2f} x as fast", two, one / FASTER),
        Line("sampling alone, a job", sampling),
        Line("Blender's own export, a job", exporting),
        Line("a job", each, LONGER * (sampling + exporting)),
        Line("a job that is done", again / len(alone), SKIPPED),
    ]
    return report(lines, played or 0.0)


def _timed(works: Sequence[Work], count: int) -> tuple[float, list[float]]:
    """How long all take by so many processes, and when each ended."""
    began, ends = time.perf_counter(), []

    def tell(_share: float, _sentence: str, outcome: Outcome | None) -> None:
        if outcome is not None:
            ends.append(time.perf_counter() - began)

    outcomes = run(works, count=count, tell=tell)
    seconds = time.perf_counter() - began
    failed = [outcome.message for outcome in outcomes if outcome.state == "failed"]
    if failed:
        raise SystemExit(f"a job failed: {failed[0]}")
    return seconds, ends


def _took(work: Work) -> float:
    """How long the networks took, as the process that ran them has told."""
    sample = store.sampled(work)
    if sample is None:
        raise SystemExit(f"{work.name} was not sampled")
    return float(sample.facts["took"])


def _exporting(work: Work) -> float:
    """What Blender's own exporter takes for the same dance, in this process, the best of three."""
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.render.fps = round(FPS)
    ob = add_dancer(bpy.context)
    motion = Motion.load(store.place(work))
    apply_dance(ob, motion, Placement(1.0, FPS), "dance", {})
    bpy.context.scene.frame_end = len(motion)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        bpy.ops.export_scene.fbx(
            filepath=str(work.out / "own.fbx"), add_leaf_bones=False, bake_anim_simplify_factor=0.0,
            bake_anim_use_nla_strips=False, bake_anim_use_all_actions=False,
            bake_anim_force_startend_keying=True,
        )  # fmt: skip
        times.append(time.perf_counter() - began)
    return min(times)


def _memory(out: Path, song: Path, count: int) -> list[str]:
    """Whether Blender has more memory after many jobs than after a tenth of them."""
    outcomes = run([_work(out, song, seed, 2.0) for seed in range(count)], count=1)
    told = [outcome.memory / 2**20 for outcome in outcomes if outcome.memory is not None]
    if len(told) < count:
        raise SystemExit("this system does not tell how much memory a process has")
    tenth = max(1, count // 10)
    first, highest = max(told[:tenth]), max(told)
    stage = f"memory after {count} jobs"
    print(f"{stage:34}{highest:9.0f} MiB, {first:.0f} MiB after {tenth}")
    return [stage] if highest > first * (1 + MORE) else []


def _song(path: Path, seconds: float) -> Path:
    """A drum on every beat at 120 bpm, a click between, and a note that changes every bar."""
    t = np.arange(round((seconds + 1) * _RATE)) / _RATE
    beat = t * 2
    drum = np.sin(2 * np.pi * 60 * t) * np.exp(-12 * (beat % 1))
    click = np.random.default_rng(3).normal(size=len(t)) * np.exp(-60 * ((beat + 0.5) % 1)) * 0.1
    note = 0.1 * np.sin(2 * np.pi * 220 * 2 ** ((beat // 4 % 4) / 4) * t)
    samples = np.clip(0.6 * (drum + click + note), -1, 1)
    wavfile.write(path, _RATE, (samples * 32000).astype(np.int16))
    return path


if __name__ == "__main__":
    sys.exit(main())
