# SPDX-License-Identifier: GPL-3.0-or-later
"""How long 30 s of music take, stage by stage, and how much faster that is than the paper's way.

    python benchmarks/score.py [--motion FILE] [--seconds 30] [--repeat 3] [--json FILE]
        [--no-paper]

Each line: stage, best time, how much faster than real time, and time over budget (below 1 is good).
All figures are warm. The paper's way (Tan et al., SIGGRAPH Asia TC 2023) is the U-Net of
`models.score.paper` at 50 steps and Griffin-Lim, in slices of 5 s; its weights do not matter for
its speed. It runs in torch and in ONNX Runtime, and the faster one is what counts. The exit code
is 1 when a budget is broken.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lines import Line, report, timed, verdict
from lines import best as least
from scipy.spatial.transform import Rotation
from torch import Tensor, nn

from twostep.inference import weights
from twostep.inference.jobs import ScoreJob
from twostep.inference.motion import FPS, Motion
from twostep.inference.providers import open_session
from twostep.inference.readers import read_motion
from twostep.inference.score import generator, networks
from twostep.inference.score.cues import read_cues
from twostep.inference.score.griffin_lim import GriffinLim
from twostep.inference.score.motion_latents import motion_latents
from twostep.inference.score.score import score, told_of
from twostep.inference.score.vocoder import open_vocoder
from twostep.inference.skeleton import INDEX, JOINT_COUNT, STANDING_HEIGHT
from twostep.models.score.export_paper import write
from twostep.models.score.paper import STEPS, load, sample

#: Seconds that 30 s of music may take, on two cores, and how much faster than the paper's way.
OVERALL, RATIO = 4.0, 5.0
GENRE = "house"


def main() -> int:
    """Measure, print, and say by the exit code whether all budgets are kept."""
    asked = _arguments()
    motion = _dance(asked)
    ratio: float | None = None
    with tempfile.TemporaryDirectory() as folder:
        lines = _ours(motion, asked, Path(folder))
        if asked.paper:
            theirs = _paper(motion, Path(folder))
            # Against the faster of the two.
            ratio = min(line.seconds for line in theirs[1:]) / lines[-1].seconds
            lines += theirs
    broken = report(lines, motion.seconds)
    if ratio is not None:
        print(f"{ratio:.1f} x as fast as the paper's way (wanted: {RATIO:g})")
        broken += ["the paper's way"] if ratio < RATIO else []
    if asked.json:
        told = {
            "seconds": motion.seconds,
            "lines": [asdict(line) for line in lines],
            "ratio": ratio,
            "broken": broken,
        }
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return verdict(broken)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long 30 s of music take.")
    parser.add_argument("--motion", type=Path, help="else a dance is made up")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--provider", default="auto")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    parser.add_argument("--no-paper", dest="paper", action="store_false")
    return parser.parse_args()


def _dance(asked: argparse.Namespace) -> Motion:
    if asked.motion is None:
        return _made_up(asked.seconds)
    motion = read_motion(asked.motion).resampled(FPS)
    return motion[: round(asked.seconds * FPS)]


def _ours(motion: Motion, asked: argparse.Namespace, folder: Path) -> list[Line]:
    """Every stage by itself, and then the whole chain as users run it."""
    home = weights.folder("score")
    nets = networks.warm(asked.provider, home)
    voice = open_vocoder(nets.bundle, asked.provider)
    print(f"networks {nets.bundle.version} on {nets.provider} {nets.note}")

    def best(work: Callable[[], Any]) -> tuple[float, Any]:
        work()
        return least(work, asked.repeat)

    seconds = motion.seconds
    watching, cues = best(lambda: read_cues(motion, beats_per_bar=4))
    encoding, _ = best(lambda: motion_latents(motion, provider=asked.provider))
    told = told_of(motion, cues, GENRE, 0, seconds, provider=asked.provider)
    flowing, latents = best(lambda: list(generator.latents(nets, told)))
    decoding, mels = best(lambda: list(generator.decoded(nets, latents)))
    voicing, _ = best(lambda: voice.samples(np.concatenate(mels)))
    motion.save(folder / "dance.npz")
    job = ScoreJob(folder / "dance.npz", folder / "out.wav", GENRE, 0, provider=asked.provider)
    whole, _ = best(lambda: score(job))
    stages = watching + encoding + flowing + decoding + voicing
    return [
        Line("cues of the dance", watching),
        Line("latents of the dance", encoding),
        Line(f"flow, {len(latents)} windows", flowing),
        Line("decoder", decoding),
        Line("vocoder", voicing),
        Line("reading, levelling, writing", max(whole - stages, 0.0)),
        Line("motion file to .wav", whole, OVERALL * max(seconds / 30, 1.0)),
    ]


class Exported(nn.Module):
    """The baseline's U-Net in ONNX Runtime, a slice at a time."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.session = open_session(path, "cpu").session

    def forward(self, latents: Tensor, time: Tensor, motion: Tensor, genre: Tensor) -> Tensor:
        """The noise in latents of all slices."""
        given = {"latents": latents, "time": time, "motion": motion, "genre": genre}
        rows = [
            self.session.run(None, {n: v[i : i + 1].numpy() for n, v in given.items()})[0]
            for i in range(len(latents))
        ]
        return torch.from_numpy(np.concatenate(rows))


def _paper(motion: Motion, folder: Path) -> list[Line]:
    """The baseline in torch, all slices at once, and with its U-Net in ONNX Runtime as ours is."""
    paper = load()
    path = next(path for path in write(paper, folder, half=False) if "unet" in path.name)
    sample(paper, motion[:60], GENRE, steps=2)
    in_torch, mel = timed(lambda: sample(paper, motion, GENRE, steps=STEPS))
    paper.denoiser = Exported(path)
    sample(paper, motion[:60], GENRE, steps=2)
    exported, _ = timed(lambda: sample(paper, motion, GENRE, steps=STEPS))
    voicing, _ = timed(lambda: GriffinLim().samples(mel))
    return [
        Line("the paper's way: Griffin-Lim", voicing),
        Line(f"the paper's way, {STEPS} steps in torch", in_torch + voicing),
        Line(f"the paper's way, {STEPS} steps in ONNX", exported + voicing),
    ]


def _made_up(seconds: float, bpm: float = 112.0) -> Motion:
    """A figure whose arms swing to the beat, so that the benchmark needs no file."""
    times = np.arange(round(seconds * FPS)) / FPS
    rotations = np.zeros((len(times), JOINT_COUNT, 4), np.float32)
    rotations[..., 0] = 1
    angles = 1.1 * np.cos(np.pi * times * bpm / 60) * (1 + 0.4 * np.sin(times / 3))
    for joint, sign in (("left_shoulder", 1), ("right_shoulder", -1), ("spine1", 0.3)):
        turn = Rotation.from_euler("y", sign * angles).as_quat(scalar_first=True)
        rotations[:, INDEX[joint]] = turn
    root = np.tile(np.float32([0, 0, STANDING_HEIGHT]), (len(times), 1))
    return Motion(FPS, root, rotations, np.zeros((len(times), 4), np.float32))


if __name__ == "__main__":
    sys.exit(main())
