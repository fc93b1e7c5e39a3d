# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo does, step by step; `__main__` reads the command line."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..inference.dance import DanceResult, dance, write
from ..inference.errors import TwostepError
from ..inference.files import replaced
from ..inference.jobs import DanceJob
from ..inference.motion import Motion

if TYPE_CHECKING:
    from ..scene.show import Show

#: Told the share done, 0..1, and what is being done.
Progress = Callable[[float, str], None]

SIZE = (640, 360)
#: Pictures on the contact sheet.
_SHEET = 24
#: The share of the time that goes by before anything is drawn.
_DANCED = 0.1


@dataclass(frozen=True)
class Made:
    """The files that the demo wrote, and sentences for the user."""

    result: DanceResult
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def make(
    job: DanceJob,
    out: Path,
    size: tuple[int, int] = SIZE,
    render: bool = True,
    progress: Progress | None = None,
) -> Made:
    """Dance to the job's song and write everything into the folder `out`, made if need be.

    size: of the video, pixels, even. render: also the video and the contact sheet. Ends the file
    that Blender has open. Raises TwostepError.
    """
    _check_blender()
    _make_folder(out)
    tell = progress or _silent
    result = dance(job, lambda share, stage: tell(_DANCED * share, stage))
    with _aside(out / "blender.log"):
        return _stage(job, result, out, size, render, tell)


def _stage(
    job: DanceJob,
    result: DanceResult,
    out: Path,
    size: tuple[int, int],
    render: bool,
    progress: Progress,
) -> Made:
    from ..scene.render import workbench_draws
    from ..scene.show import new_show, save_blend, save_fbx

    name = f"{job.song.stem} {result.style}"
    stem = out / "_".join(name.split())
    files = [_with(stem, suffix) for suffix in (".npz", ".bvh", ".blend", ".fbx")]
    for path in files[:2]:
        write(result.motion, path)
    progress(_DANCED, "Setting the stage")
    draws = workbench_draws(out) if render else True
    show = new_show(result.motion, job.song, name, job.to_fields(), size, draws)
    save_blend(files[2])
    save_fbx(show, files[3])
    if render:
        files += film(show, result.motion, job, stem, progress)
    return Made(result, tuple(files), (*result.warnings, *show.warnings))


def film(show: Show, motion: Motion, job: DanceJob, stem: Path, progress: Progress) -> list[Path]:
    """Draw the show; write `stem`.mp4 with the song's sound and `stem`.png, the contact sheet."""
    from ..scene.render import render_frames
    from .pictures import contact_sheet, read, write_png
    from .video import Film

    scene = show.scene
    frames = range(scene.frame_start, scene.frame_end + 1)
    chosen = {frames[round(i)] for i in _spread(len(frames), _SHEET)}
    size = (scene.render.resolution_x, scene.render.resolution_y)
    video, sheet = _with(stem, ".mp4"), _with(stem, ".png")
    kept: list[tuple[float, Path]] = []
    with tempfile.TemporaryDirectory() as folder:
        with (
            replaced(video) as path,
            Film(path, size, round(motion.fps), job.song, job.start) as reel,
        ):
            for frame, picture in render_frames(scene, frames, Path(folder)):
                reel.add(read(picture))
                share = (frame - frames[0] + 1) / len(frames)
                progress(_DANCED + (1 - _DANCED) * share, "Drawing")
                if frame in chosen:
                    kept.append((job.start + (frame - frames[0]) / motion.fps, picture))
                else:
                    picture.unlink()
        write_png(sheet, contact_sheet([p for _, p in kept], [s for s, _ in kept]))
    return [video, sheet]


def _silent(share: float, stage: str) -> None:
    """Nobody wants to know."""
    del share, stage


def _spread(count: int, wanted: int) -> list[float]:
    """`wanted` places or fewer among `count`, evenly, each in the middle of its share."""
    wanted = min(count, wanted)
    return [(i + 0.5) * count / wanted - 0.5 for i in range(wanted)]


def _with(stem: Path, suffix: str) -> Path:
    """Like `with_suffix`, which would cut a name such as “02. song” short."""
    return stem.with_name(stem.name + suffix)


def _check_blender() -> None:
    try:
        import bpy  # noqa: F401
    except ImportError as error:
        raise TwostepError(
            "The demo draws with Blender's Python module; install it with: pip install bpy==4.5.15"
        ) from error


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TwostepError(f"The folder {out} cannot be made; choose another --out.") from error


@contextmanager
def _aside(log: Path) -> Iterator[None]:
    """Blender's own chatter goes to a file, which is kept when something fails."""
    saved = os.dup(1), os.dup(2)
    try:
        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            yield
        failed = False
    except BaseException:
        failed = True
        raise
    finally:
        for number, handle in enumerate(saved, start=1):
            os.dup2(handle, number)
            os.close(handle)
        if not failed:
            log.unlink()
