# SPDX-License-Identifier: GPL-3.0-or-later
"""AIST++ (Li et al., 2021) in its real layout; `inference.readers.smpl` reads the motions.

motions/gBR_sBM_cAll_d04_mBR0_ch01.pkl   smpl_poses (N, 72), smpl_trans (N, 3), smpl_scaling
splits/crossmodal_{train,val,test}.txt   clip names
ignore_list.txt                          clips with bad tracking
wavs/mBR0.wav                            the songs
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...inference.errors import TwostepError

#: Genre letters of a clip's name -> our style nearest to it.
STYLES = {
    "BR": "hiphop", "PO": "hiphop", "LO": "pop", "MH": "hiphop", "LH": "hiphop", "HO": "house",
    "WA": "house", "KR": "hiphop", "JS": "pop", "JB": "modern",
}  # fmt: skip
SPLITS = {"train": "train", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class Clip:
    """One AIST++ clip; `song` is None when its wav is not there."""

    name: str
    path: Path
    split: str
    style: str
    song: Path | None


def clips(folder: Path) -> list[Clip]:
    """The clips of an AIST++ folder, by split, without ignored ones and those not downloaded.

    Raises TwostepError when the folder has not AIST++'s layout.
    """
    folder = Path(folder)
    if not (folder / "motions").is_dir():
        raise TwostepError(f"{folder} is no AIST++ folder: it has no motions/; check --aist.")
    ignored = set(_names(folder / "ignore_list.txt"))
    found: dict[str, Clip] = {}
    for file, split in SPLITS.items():
        for name in _names(folder / "splits" / f"crossmodal_{file}.txt"):
            path = folder / "motions" / f"{name}.pkl"
            if name not in ignored and name not in found and path.is_file():
                found[name] = Clip(name, path, split, style_of(name), _song(folder, name))
    if not found:
        raise TwostepError(f"No clip of the splits in {folder} is there; check --aist.")
    return list(found.values())


def style_of(name: str) -> str:
    """Our style for a clip name such as gBR_sBM_cAll_d04_mBR0_ch01."""
    style = STYLES.get(name[1:3]) if name[:1] == "g" else None
    if style is None:
        raise TwostepError(f"{name} is no AIST++ clip name: its genre is unknown.")
    return style


def song_of(name: str) -> str:
    """The song's name in a clip name: gBR_sBM_cAll_d04_mBR0_ch01 -> mBR0."""
    parts = name.split("_")
    if len(parts) != 6 or not parts[4].startswith("m"):
        raise TwostepError(f"{name} is no AIST++ clip name: its song is not told.")
    return parts[4]


def _song(folder: Path, name: str) -> Path | None:
    path = folder / "wavs" / f"{song_of(name)}.wav"
    return path if path.is_file() else None


def _names(path: Path) -> list[str]:
    if not path.is_file():
        return []
    return [line.strip() for line in path.read_text().splitlines() if line.strip()]
