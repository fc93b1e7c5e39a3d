# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge dances against AIST++, in the field's protocol and in our own.

    python -m twostep.models.judge.aist --aist DIR --dances DIR --out DIR [--split test] [--fps 60]
        [--music DIR] [--beats FILE.json] [--joints FILE.npy]

DIR of --aist is laid out as AIST++ is: motions/, splits/, ignore_list.txt and wavs/ for the music.
Dances are .pkl files as AIST++ writes them or our own .npz; a dance's name tells its song (mBR0).
Writes aist.md and aist.json.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from ...inference.audio import analyse
from ...inference.errors import TwostepError
from ...inference.motion import Motion
from ...inference.readers import read_motion
from ...inference.readers.bvh import FROM_Y_UP
from ...inference.readers.smpl import read_aist
from ...inference.skeleton import JOINT_COUNT, PARENTS
from ..data import aist as layout
from . import protocol
from .interval import number
from .protocol import Measured, Row
from .signals import Array

TRUTH, DANCES = "truth", "dances"
#: Rows slower than this share of truth (trembling does not count) have their sync figures in
#: brackets: a statue has them too.
MOVING = 0.5
SYNC = ("bas_music", "bas_motion", "f1_margin")
_SONG = re.compile(r"m[A-Z]{2}\d+")

Beats = Mapping[str, Array]


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    arguments = _parser().parse_args(words)
    console = Console()
    try:
        rows, floor = judge(arguments, console)
        arguments.out.mkdir(parents=True, exist_ok=True)
        text = markdown(rows, floor, arguments)
        (arguments.out / "aist.md").write_text(text, encoding="utf-8")
        told = {"protocol": said(arguments), "floor": floor, "rows": [_plain(row) for row in rows]}
        (arguments.out / "aist.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    except TwostepError as error:
        console.print(str(error), style="red")
        return 1
    console.print(text, markup=False, soft_wrap=True)
    return 0


def judge(arguments: argparse.Namespace, console: Console) -> tuple[list[Row], dict[str, float]]:
    """The rows of the truth's split and of the dances, and the truth's own floor."""
    clips = layout.clips(arguments.aist)
    offsets = body_offsets(arguments.joints) if arguments.joints else None
    paths = dance_paths(arguments.dances)
    songs = {layout.song_of(clip.name) for clip in clips if clip.split == arguments.split}
    beats = music_beats(arguments, songs | {song_in(path.stem) for path in paths})

    def measure(name: str, song: str, take: str, motion: Motion, heard: bool = True) -> Measured:
        own = beats.get(song) if heard else None
        return protocol.measure(
            motion, name, song, take, fps=arguments.fps, beats=own, offsets=offsets
        )

    truth, split = [], []
    for clip in track(clips, "Reading the truth", console=console):
        inside = clip.split == arguments.split
        song, motion = layout.song_of(clip.name), read_aist(clip.path)
        truth.append(measure(clip.name, song, choreography(clip.name), motion, heard=inside))
        split.append(inside)
    dances = [
        measure(path.stem, song_in(path.stem), path.stem, read_motion(path))
        for path in track(paths, "Reading the dances", console=console)
    ]
    made = {TRUTH: [t for t, own in zip(truth, split, strict=True) if own], DANCES: dances}
    others = [t for t, own in zip(truth, split, strict=True) if not own]
    if min(map(len, (*made.values(), others))) < 2 or protocol.clip_count(made) < 2:
        raise TwostepError(
            f"There is too little to compare: two dances, two clips of the {arguments.split} split "
            "and two of the others are needed, each of 5 seconds or more."
        )
    count = protocol.clip_count(made)
    return protocol.judge(made, truth, others), protocol.floor(truth, count) | {"clips": count}


def dance_paths(folder: Path) -> list[Path]:
    """The dances of a folder, by name. Raises TwostepError when there are none."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix in (".pkl", ".npz"))
    if not paths:
        raise TwostepError(f"There is no dance in {folder}: check --dances.")
    return paths


def song_in(name: str) -> str:
    """The AIST++ song that a dance's name tells (mBR0), or nothing."""
    found = _SONG.search(name)
    return found.group() if found else ""


def choreography(name: str) -> str:
    """What clips that are no independent witnesses share: genre, dancer and choreography."""
    genre, _, _, dancer, _, number = name.split("_")
    return f"{genre}_{dancer}_{number}"


def music_beats(arguments: argparse.Namespace, songs: set[str]) -> Beats:
    """Beats in seconds of each song that is known: from --beats, else heard in its wav."""
    found: dict[str, Array] = {}
    if arguments.beats:
        try:
            told = json.loads(arguments.beats.read_text(encoding="utf-8"))
            found = {song: np.asarray(times, dtype=float) for song, times in told.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise TwostepError(
                f"{arguments.beats.name} holds no beats: it is to be JSON, a list of seconds for "
                "each song."
            ) from error
    folder = arguments.music or arguments.aist / "wavs"
    for song in sorted(songs - set(found)):
        path = folder / f"{song}.wav"
        if path.is_file():
            found[song] = analyse(path).beats
    return found


def body_offsets(path: Path) -> NDArray[np.float64]:
    """Offsets in our axes of a body's 24 joints at rest, a .npy of (24, 3) metres, y up."""
    try:
        joints = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise TwostepError(f"{path.name} is no .npy of joints: check --joints.") from error
    if joints.shape != (JOINT_COUNT, 3) or not np.isfinite(joints).all():
        raise TwostepError(f"{path.name} must hold 24 joints of three coordinates: check --joints.")
    offsets = joints.astype(np.float64)
    offsets[1:] = joints[1:] - joints[list(PARENTS[1:])]
    offsets[0] = 0
    return offsets @ FROM_Y_UP.T


def said(arguments: argparse.Namespace) -> dict[str, str]:
    """The protocols in words."""
    body = (
        "The joints are those of the given body."
        if arguments.joints
        else "The joints are those of this project's body and not of SMPL's, so compare within the "
        "table only; --joints gives SMPL's."
    )
    return {
        "published": f"Bailando's protocol: the first 20 s at {arguments.fps:g} fps, features by "
        "the public formulas with their faults (see models/judge/kinetic.py and geometric.py), "
        "scaled by all ground truth, Fréchet distance from all ground truth; Divk and Divg are "
        "mean distances between all dances; BAS with a Gaussian of 5 frames and sigma 3 frames, "
        f"near chance: a trembling statue scores higher than real dancers. {body} Beats of the "
        "music are this project's own unless given.",
        "own": "5-s clips at 30 fps with the physics put right, scaled by the truth outside the "
        f"{arguments.split} split; Fréchet distance from that truth at equal numbers of clips, "
        "mean of 20 draws; the floor is the same between halves of all truth that share no "
        "choreography. Figures of single dances have 95 % intervals by bootstrap over dances; "
        "sync figures in brackets are of dances that hardly move.",
    }


_PUBLISHED = {
    "fid_k": "FIDk", "fid_g": "FIDg", "div_k": "Divk", "div_g": "Divg",
    "bas_music": "BAS, music beats", "bas_motion": "BAS, motion beats",
}  # fmt: skip
_OWN = {
    "fid_k": "FIDk", "fid_g": "FIDg", "div_k": "Divk", "div_g": "Divg",
    "div_k_within": "Divk in a song", "div_k_between": "Divk between songs",
    "div_g_within": "Divg in a song", "div_g_between": "Divg between songs",
    "f1_margin": "F1 over null", "speed": "speed, m/s", "pfc": "PFC",
    "skate_ratio": "foot skating",
}  # fmt: skip


def markdown(rows: Sequence[Row], floor: Mapping[str, float], arguments: argparse.Namespace) -> str:
    """Both tables with their protocols."""
    words = said(arguments)
    usual = next(row for row in rows if row.name == TRUTH).each["travel"].mean
    lines = [words["published"], "", *_head(_PUBLISHED)]
    lines += [_line(row, row.published, _PUBLISHED, usual) for row in rows]
    lines += ["", words["own"], "", *_head(_OWN)]
    lines += [_line(row, row.own, _OWN, usual) for row in rows]
    cells = [number(floor[key]) if key in floor else "" for key in _OWN]
    lines.append(f"| floor at {floor['clips']:.0f} clips |  | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _head(titles: Mapping[str, str]) -> list[str]:
    return [
        "|  | dances | " + " | ".join(titles.values()) + " |",
        "| --- " * (len(titles) + 2) + "|",
    ]


def _line(row: Row, figures: Mapping[str, float], titles: Mapping[str, str], usual: float) -> str:
    moving = row.each["travel"].mean >= MOVING * usual
    cells = []
    for key in titles:
        text = number(figures[key]) if key in figures else str(row.each.get(key, "–"))
        cells.append(f"({text})" if key in SYNC and not moving and text != "–" else text)
    return f"| {row.name} | {row.dances} | " + " | ".join(cells) + " |"


def _plain(row: Row) -> dict[str, object]:
    each = {key: value._asdict() for key, value in row.each.items()}
    return {
        "name": row.name,
        "dances": row.dances,
        "published": dict(row.published),
        "own": dict(row.own),
        "each": each,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m twostep.models.judge.aist", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--aist", type=Path, required=True, help="folder of AIST++")
    parser.add_argument("--dances", type=Path, required=True, help="folder of .pkl or .npz dances")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--split", choices=tuple(layout.SPLITS.values()), default="test", help="truth's own row"
    )
    parser.add_argument("--fps", type=float, default=60.0, help="rate of the published figures")
    parser.add_argument("--music", type=Path, help="folder of wavs, when not AIST++'s own wavs/")
    parser.add_argument("--beats", type=Path, help="JSON: a list of seconds for each song")
    parser.add_argument("--joints", type=Path, help=".npy: SMPL's 24 rest joints, metres, y up")
    return parser


if __name__ == "__main__":
    sys.exit(main())
