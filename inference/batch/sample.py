# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage without Blender: the networks dance and play, and what they made is kept."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import TwostepError
from ..jobs import FASTEST, SLOWEST, ScoreJob
from ..progress import Asked, Progress
from . import stamp, store
from .work import LATER, Work


def sample(
    work: Work, progress: Progress | None = None, cancelled: Asked | None = None
) -> store.Sample:
    """Make what the networks make of the unit, unless it is there already.

    When that is all there is to the unit, its files and its report are written too. Raises
    TwostepError with one sentence for the user; Cancelled when `cancelled` said so.
    """
    stamp.check_models(work)
    if "sample" not in work.stages:
        raise TwostepError(f"Nothing of “{work.name}” is sampled: it is exported as it is.")
    made = store.sampled(work)
    if made is None:
        store.cache(work)
        _make(work, progress, cancelled)
        made = store.sampled(work)
        if made is None:
            raise TwostepError(f"The sample of “{work.name}” was lost; try again.")
    if work.stages[-1] == "sample" and store.finished(work) is None:
        with store.delivery(work):
            pass
    return made


def _make(work: Work, progress: Progress | None, cancelled: Asked | None) -> None:
    place = store.place(work)
    if work.score is not None:
        motion = store.motion_place(work) if work.score.motion == LATER else work.score.motion
        if work.score.motion == LATER and not motion.is_file():
            raise TwostepError(f"{work.rig} has not been read yet; run that stage first.")
        _score(replace(work.score, motion=motion, out=place), progress, cancelled)
        return
    parts = 1 if work.music is None else 2
    if store.kept(place) is None:
        _dance(work, place, _part(progress, 0, parts), cancelled)
    if work.music is not None:
        job = replace(work.music, motion=place, out=store.music_place(work))
        _score(_in_time(job, place), _part(progress, 1, parts), cancelled)


def _in_time(job: ScoreJob, dance: Path) -> ScoreJob:
    """The music with the beat that was danced to, unless another is asked for."""
    _, facts = store.kept(dance) or ((), {})
    bpm, downbeat = facts.get("bpm"), facts.get("first_downbeat")
    if job.bpm is not None or not isinstance(bpm, (int, float)) or not SLOWEST <= bpm <= FASTEST:
        return job
    if job.first_downbeat is not None or job.start != 0:
        downbeat = job.first_downbeat
    return replace(job, bpm=bpm, first_downbeat=downbeat)


def _dance(work: Work, place: Path, progress: Progress | None, cancelled: Asked | None) -> None:
    # The networks take a moment to import: not for what is there already.
    from ..dance import dance

    assert work.dance is not None
    began = time.perf_counter()
    made = dance(replace(work.dance, out=place), progress, cancelled)
    downbeats = made.song.beats[made.song.downbeats & (made.song.beats >= 0)]
    facts: dict[str, Any] = {
        "style": made.style,
        "bpm": round(made.song.bpm, 3),
        "first_downbeat": round(float(downbeats[0]), 4) if len(downbeats) else None,
        "seconds": made.seconds,
        "loop": made.loop,
        "provider": made.provider,
        "provider_note": made.provider_note,
        "weights": made.weights,
        "took": round(time.perf_counter() - began, 3),
    }
    store.keep(place, made.warnings, facts)


def _score(job: ScoreJob, progress: Progress | None, cancelled: Asked | None) -> None:
    from ..score.score import score

    began = time.perf_counter()
    made = score(job, progress, cancelled)
    grid = made.cues.grid
    facts: dict[str, Any] = {
        "genre": made.genre,
        "bpm": round(grid.bpm, 3),
        "beats_per_bar": grid.beats_per_bar,
        "first_downbeat": round(made.first_downbeat, 4),
        "seconds": made.seconds,
        "provider": made.provider,
        "provider_note": made.provider_note,
        "weights": made.weights,
        "took": round(time.perf_counter() - began, 3),
    }
    store.keep(job.out, made.warnings, facts)


def _part(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Progress of one of several parts as a share of the whole."""
    if progress is None or count == 1:
        return progress
    return lambda share, stage: progress((number + share) / count, stage)
