# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo does, step by step; `__main__` reads the command line.

A song becomes a dance, and the dance becomes music of another genre.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ..inference.dance import DanceResult, dance, write
from ..inference.errors import TwostepError
from ..inference.files import replaced
from ..inference.genres import GENRES
from ..inference.jobs import DanceJob, ScoreJob
from ..inference.motion import Motion
from ..inference.score.score import ScoreResult, score

if TYPE_CHECKING:
    from ..scene.show import Show

#: Told the share done, 0..1, and what is being done.
Progress = Callable[[float, str], None]

SIZE = (640, 360)
_MOTIONS = (".npz", ".bvh")
#: Pictures on the contact sheet.
_SHEET = 24
#: The animation: seconds of the dance, and one of how many pictures is shown.
_EXCERPT, _SKIP = 8.0, 2
#: The share of the time that goes by before anything is drawn: the dance, then its music.
_DANCED, _SCORED = 0.1, 0.2
#: The dance gets music of the first of these that is not danced as the song is.
_SECOND = ("lock", "house")


@dataclass(frozen=True)
class Made:
    """The files that the demo wrote, and sentences for the user."""

    result: DanceResult
    music: ScoreResult
    files: tuple[Path, ...]
    warnings: tuple[str, ...]


def make(
    job: DanceJob,
    out: Path,
    size: tuple[int, int] = SIZE,
    render: bool = True,
    progress: Progress | None = None,
    genre: str | None = None,
) -> Made:
    """Dance to the job's song, score the dance, and write everything into the folder `out`.

    size: of the video, pixels, even. render: also the video and the contact sheet. genre: of the
    music for the dance, else one that is unlike the song. The folder is made if need be; the file
    that Blender has open is ended. Raises TwostepError.
    """
    _check_blender()
    _make_folder(out)
    tell = progress or _silent
    result = dance(job, lambda share, stage: tell(_DANCED * share, stage))
    stem = out / "_".join(f"{job.song.stem} {result.style}".split())
    for suffix in _MOTIONS:
        write(result.motion, _with(stem, suffix))
    other = genre or next(name for name in _SECOND if GENRES[name].style != result.style)
    wish = ScoreJob(_with(stem, ".npz"), _with(stem, f"_{other}.wav"), other, job.seed)
    music = score(wish, lambda share, stage: tell(_DANCED + (_SCORED - _DANCED) * share, stage))
    with aside(out / "blender.log"):
        return _stage(job, result, music, stem, size, render, tell)


def _stage(
    job: DanceJob,
    result: DanceResult,
    music: ScoreResult,
    stem: Path,
    size: tuple[int, int],
    render: bool,
    progress: Progress,
) -> Made:
    from ..scene.render import workbench_draws
    from ..scene.show import add_music, new_show, save_blend, save_fbx

    name = f"{job.song.stem} {result.style}"
    blend, fbx = _with(stem, ".blend"), _with(stem, ".fbx")
    progress(_SCORED, "Setting the stage")
    draws = workbench_draws(stem.parent) if render else True
    show = new_show(result.motion, job.song, name, job.to_fields(), size, draws)
    add_music(show, music, job.seed)
    save_blend(blend)
    save_fbx(show, fbx)
    files = [*(_with(stem, suffix) for suffix in _MOTIONS), music.path, blend, fbx]
    if render:
        files += film(show, result.motion, job, stem, progress)
    return Made(result, music, tuple(files), (*result.warnings, *music.warnings, *show.warnings))


def film(show: Show, motion: Motion, job: DanceJob, stem: Path, progress: Progress) -> list[Path]:
    """Draw the show: `stem`.mp4 with the song's sound, `stem`.webp, some seconds that play for
    ever, and `stem`.png, the contact sheet."""
    from ..scene.render import render_frames
    from .pictures import contact_sheet, read, write_animation, write_png
    from .video import Film

    scene = show.scene
    frames = range(scene.frame_start, scene.frame_end + 1)
    fps = round(motion.fps)
    chosen = [frames[round(i)] for i in _spread(len(frames), _SHEET)]
    excerpt = _excerpt(frames, fps)
    kept = {*chosen, *excerpt}
    size = (scene.render.resolution_x, scene.render.resolution_y)
    video, loop, sheet = (_with(stem, suffix) for suffix in (".mp4", ".webp", ".png"))
    drawn: dict[int, Path] = {}
    with tempfile.TemporaryDirectory() as folder:
        with (
            replaced(video) as path,
            Film(path, size, fps, job.song, job.start) as reel,
        ):
            for frame, picture in render_frames(scene, frames, Path(folder)):
                reel.add(read(picture))
                share = (frame - frames[0] + 1) / len(frames)
                progress(_SCORED + (1 - _SCORED) * share, "Drawing")
                if frame in kept:
                    drawn[frame] = picture
                else:
                    picture.unlink()
        with replaced(loop) as path:
            write_animation(path, [drawn[frame] for frame in excerpt], Fraction(fps, _SKIP))
        seconds = [job.start + (frame - frames[0]) / fps for frame in chosen]
        write_png(sheet, contact_sheet([drawn[frame] for frame in chosen], seconds))
    return [video, loop, sheet]


def _silent(share: float, stage: str) -> None:
    """Nobody wants to know."""
    del share, stage


def _excerpt(frames: range, fps: int) -> range:
    """Every `_SKIP`th frame of some seconds from the middle on, or of what there is."""
    length = min(len(frames), round(_EXCERPT * fps))
    first = min(len(frames) // 2, len(frames) - length)
    return frames[first : first + length : _SKIP]


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
def aside(log: Path) -> Iterator[None]:
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
