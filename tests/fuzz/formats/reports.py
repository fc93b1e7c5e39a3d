# SPDX-License-Identifier: GPL-3.0-or-later
"""What batches keep: the report of a unit, and what is known of a sample."""

from __future__ import annotations

import hashlib
from pathlib import Path
from random import Random
from typing import Any

from twostep.inference.batch import sample, stamp, store
from twostep.inference.batch.work import Work
from twostep.inference.jobs import ScoreJob

from .. import mutate
from .form import Format

_SAMPLE = b"what the networks made"
_KEPT: dict[str, Any] = {"sha256": hashlib.sha256(_SAMPLE).hexdigest(), "warnings": ["Quiet."],
                         "facts": {"bpm": 120.0, "first_downbeat": 0.5}}  # fmt: skip


def _work(out: Path) -> Work:
    return Work("export", "c", out, contents="0" * 64)


def _make_report(rng: Random) -> tuple[str, bytes]:
    told = {"stamp": stamp.stamp(_work(Path("out"))), "files": {"a.npz": _KEPT["sha256"]},
            "seconds": 1.0, "warnings": ["Quiet."], "versions": {"twostep": "1"},
            "work": {"kind": "export"}, "facts": {"bpm": 120.0}}  # fmt: skip
    text = mutate.as_json(mutate.some_value(rng, told, ("files", "stamp", "a.npz")))
    return "c.twostep.json", mutate.often_whole(rng, text)


def _read_report(path: Path) -> None:
    work = _work(path.parent)
    report = store.finished(work)
    assert report is None or all(isinstance(each, str) for each in report.warnings)


def _make_kept(rng: Random) -> tuple[str, bytes]:
    text = mutate.as_json(mutate.some_value(rng, _KEPT, ("bpm", "first_downbeat", "facts")))
    return "a.json", mutate.often_whole(rng, text)


def _read_kept(path: Path) -> None:
    made = path.with_suffix(".npz")
    if store.kept(made) is not None:
        sample._in_time(ScoreJob(made, Path("x.wav")), made)


def _prepare() -> None:
    Path("case").mkdir(exist_ok=True)
    Path("case/a.npz").write_bytes(_SAMPLE)
    stamp.version()


FORMS = (
    Format("report", _make_report, _read_report, _prepare),
    Format("sample", _make_kept, _read_kept, _prepare),
)
