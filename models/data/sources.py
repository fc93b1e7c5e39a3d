# SPDX-License-Identifier: GPL-3.0-or-later
"""Where takes come from: their styles, splits and rates, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...inference.errors import TwostepError
from ...inference.motion import Motion
from ...inference.readers.bvh import read_bvh
from ...inference.readers.smpl import read_aist, read_amass
from . import aist
from .robot import read_robot

#: Takes held back, by the end of their name after the folder: lead and follow of a couple are one.
VALIDATION = frozenset(
    ("60_05", "61_05", "05_09", "J_Dance5_Hype", "J_Dance4_Broadway", "J_Dance6_Sassy")
)
TEST = frozenset(
    ("60_12", "61_12", "05_12", "J_Dance8_WestCoast", "J_Dance21_Blunt", "J_Dance12_LushLife")
)
#: Takes that are no dance.
NOT_DANCE = {"05_01": "a walk"}

#: CMU folders: style and true frame rate (the headers of 60 and 61 say 120, but it is 60).
CMU_FOLDERS = {"cmu_60": ("salsa", 60.0), "cmu_61": ("salsa", 60.0), "cmu_05": ("modern", 120.0)}
ROBOT_FPS = 60.0
#: What is in a routine's title -> style.
TITLES = {
    "salsa": ("Salsa",),
    "modern": ("Modern", "SpiralDance", "StretchDance"),
    "house": (
        "Disco", "StepTouch", "Shuffle", "DadDance", "Nineties", "JazzWalk", "Broadway",
        "WestCoast", "LongDance",
    ),
    "hiphop": (
        "Woah", "Gnarly", "Hype", "LetsGO", "Blunt", "TikTok", "DWG", "Thrilling", "PeaceMaker",
    ),
    "pop": ("LushLife", "SingleLadies", "MidnightSun", "Sassy", "WiggleDance"),
}  # fmt: skip


@dataclass(frozen=True)
class Take:
    """One recording. `read` gives it at its own rate; `couple` names takes danced together;
    `style` is None where nobody knows; `song` is the wav it was danced to, when there is one."""

    name: str
    source: str
    style: str | None
    split: str
    read: Callable[[], Motion]
    couple: str | None = None
    song: Path | None = None


def split_of(name: str) -> str:
    """train, validation or test, by the take's name."""
    return "validation" if name in VALIDATION else "test" if name in TEST else "train"


def style_of_title(title: str) -> str | None:
    """The style that a routine's title tells, or None."""
    for style, words in TITLES.items():
        if any(title.endswith(word) for word in words):
            return style
    return None


def mocap_takes(folder: Path) -> list[Take]:
    """Takes of a mocap folder: BVH in cmu_60, cmu_61, cmu_05; humanoid CSV in any folder that has
    a URDF. Raises TwostepError when there is nothing."""
    folder = Path(folder)
    takes = [*_cmu_takes(folder), *_robot_takes(folder)]
    if not takes:
        raise TwostepError(f"There is no known motion capture in {folder}; check --mocap.")
    return takes


def aist_takes(folder: Path) -> list[Take]:
    """Takes of an AIST++ folder in its own splits, without its ignored ones."""
    return [
        Take(
            clip.name,
            "aist",
            clip.style,
            clip.split,
            lambda path=clip.path: read_aist(path),  # type: ignore[misc]
            song=clip.song,
        )
        for clip in aist.clips(folder)
    ]


def amass_files(folder: Path) -> list[Path]:
    """The motion files under an AMASS folder, sorted; body shape files are left out."""
    return [path for path in sorted(Path(folder).rglob("*.npz")) if path.stem != "shape"]


def amass_takes(folder: Path) -> list[Take]:
    """Every AMASS sequence under a folder, all for training."""
    paths = amass_files(folder)
    if not paths:
        raise TwostepError(f"There is no AMASS sequence in {folder}; check --amass.")
    return [
        Take(
            "_".join(path.relative_to(folder).with_suffix("").parts),
            "amass",
            style_of_title(path.stem.removesuffix("_poses")),
            "train",
            lambda path=path: read_amass(path),  # type: ignore[misc]
        )
        for path in paths
    ]


def _cmu_takes(folder: Path) -> Iterator[Take]:
    for name, (style, fps) in CMU_FOLDERS.items():
        for path in sorted((folder / name).glob("*.bvh")):
            couple = "salsa_" + path.stem.split("_")[1] if style == "salsa" else None
            yield Take(
                path.stem,
                name,
                style,
                split_of(path.stem),
                lambda path=path, fps=fps: read_bvh(path, fps=fps),  # type: ignore[misc]
                couple,
            )


def _robot_takes(folder: Path) -> Iterator[Take]:
    for urdf in sorted(folder.glob("*/*.urdf")):
        for path in sorted(urdf.parent.glob("*.csv")):
            yield Take(
                path.stem,
                urdf.parent.name,
                style_of_title(path.stem),
                split_of(path.stem),
                lambda path=path, urdf=urdf: read_robot(path, urdf, ROBOT_FPS),  # type: ignore[misc]
            )
