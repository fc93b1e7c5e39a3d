# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a minute of dance takes, stage by stage, against its budget.

    python benchmarks/dance.py [--song FILE] [--seconds 60] [--repeat 3] [--no-first-use]

Each line: stage, best time, how much faster than real time, and time over budget (below 1 is good).
Warm figures are the best of `--repeat`; the first use runs in fresh processes with an empty cache.
The exit code is 1 when a budget is broken.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
from lines import Line, report, timed, verdict
from lines import best as least
from scipy.io import wavfile

from twostep.inference import networks, retime
from twostep.inference.audio import Song, analyse
from twostep.inference.dance import score, write
from twostep.inference.footlock import locked
from twostep.inference.jobs import DanceJob
from twostep.inference.motion import Motion
from twostep.inference.rollout import Direction, rollout

#: Seconds that a minute of song may take, on two cores.
OVERALL, FIRST_USE, FOOTLOCK, LANDING = 6.0, 25.0, 0.3, 1.0
#: Times real time.
ROLLOUT = 60.0

_FIRST = (
    "import sys, pathlib\n"
    "from twostep.inference.dance import dance\n"
    "from twostep.inference.jobs import DanceJob\n"
    "dance(DanceJob(pathlib.Path(sys.argv[1]), length=float(sys.argv[2])))\n"
)


def main() -> int:
    """Measure, print, and say by the exit code whether all budgets are kept."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.song or _made_up(Path(folder) / "song.wav", asked.seconds)
        lines = [] if asked.no_first_use else _first_use(path, asked.seconds)
        warm, played = _warm(path, asked, Path(folder))
    lines += warm
    return verdict(report(lines, played))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long a minute of dance takes.")
    parser.add_argument("--song", type=Path, help="else a drum loop is made up")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--candidates", type=int, default=DanceJob.candidates)
    parser.add_argument("--provider", default="auto")
    parser.add_argument("--no-first-use", action="store_true", help="leave out the cold processes")
    return parser.parse_args()


def _first_use(path: Path, seconds: float) -> list[Line]:
    """A fresh process with nothing compiled, and another that finds what the first compiled."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        command = [sys.executable, "-c", _FIRST, str(path), str(seconds)]

        def process() -> None:
            subprocess.run(command, env=environment, check=True)

        cold, again = timed(process)[0], timed(process)[0]
    return [
        Line("first use: imports, all stages", cold, FIRST_USE),
        Line("second process: the same", again),
    ]


def _warm(path: Path, asked: argparse.Namespace, folder: Path) -> tuple[list[Line], float]:
    nets = networks.warm(asked.provider, candidates=asked.candidates)
    print(f"networks {nets.card.version} on {nets.provider} {nets.note}")

    best = partial(least, repeat=asked.repeat)
    song: Song
    motion: Motion
    listening, song = best(lambda: analyse(path, 0.0, asked.seconds))
    direction = Direction(song.style, candidates=asked.candidates)
    rolling, motion = best(lambda: rollout(nets, score(song), direction))
    timing, motion = best(lambda: retime.retimed(motion, song.beats))
    locking, motion = best(lambda: locked(motion))
    npz, _ = best(lambda: write(motion, folder / "dance.npz"))
    bvh, _ = best(lambda: write(motion, folder / "dance.bvh"))
    lines = [
        Line("analysis", listening),
        Line(f"rollout, {asked.candidates} candidates", rolling, song.seconds / ROLLOUT),
        Line("retiming", timing),
        Line("foot lock", locking, FOOTLOCK * song.seconds / 60),
        Line("write .npz", npz),
        Line("write .bvh", bvh),
        *_keying(motion, asked.repeat),
    ]
    chain = sum(line.seconds for line in lines if line.stage != "write .bvh")
    lines.append(Line("song to keyed armature", chain, OVERALL * max(song.seconds / 60, 1.0)))
    return lines, song.seconds


def _keying(motion: Motion, repeat: int) -> list[Line]:
    """From the motion to keys on an armature, inside Blender; measured where bpy is importable."""
    try:
        import bpy
    except ImportError:
        print("no bpy here: keying is not measured")
        return []
    from twostep.scene.apply import apply_dance
    from twostep.scene.dancer import add_dancer
    from twostep.scene.keys import Placement

    dancer = add_dancer(bpy.context)
    placement = Placement(frame=1.0, fps=motion.fps)

    def key() -> None:
        apply_dance(dancer, motion, placement, "benchmark", {})

    keying, _ = least(key, repeat)
    budget = LANDING * motion.seconds / 60
    return [Line(f"planting and keying {len(motion)} frames", keying, budget)]


def _made_up(path: Path, seconds: float, rate: int = 22050) -> Path:
    """Drums at 112 bpm with a bass note, so that the benchmark needs no file."""
    t = np.arange(round(seconds * rate)) / rate
    beat = t * 112 / 60
    drum = np.sin(2 * np.pi * 60 * t) * np.exp(-12 * (beat % 1))
    hat = np.random.default_rng(0).normal(size=len(t)) * np.exp(-50 * ((beat + 0.5) % 1))
    bass = np.sin(2 * np.pi * 110 * 2 ** (np.floor(beat / 4) % 4 / 6) * t)
    samples = 0.5 * drum + 0.1 * hat + 0.2 * bass
    wavfile.write(path, rate, (np.clip(samples, -1, 1) * 32000).astype(np.int16))
    return path


if __name__ == "__main__":
    sys.exit(main())
