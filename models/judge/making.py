# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes and judges the dances of the report, several at a time. What was danced is kept, and not
danced again as long as networks, song and shards are the same."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from ...inference import footlock, retime
from ...inference.files import replaced
from ...inference.motion import FPS, Motion
from ...inference.networks import VARIABLE
from .changes import Seen, seen
from .clips import Clip
from .dancers import dancer
from .judged import Judged, Yardstick, judge, judge_clip, late_figures
from .performances import Heard, half_a_beat_late
from .plan import Order

#: Raise when the same dancer would dance otherwise: its kept dances are then not read.
EDITION = 1
FINISHED = ", finished"
#: Whatever may start threads of its own is to use one.
ALONE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", VARIABLE), "1")
#: What the workers judge by; set once in each of them.
_yardstick: list[Yardstick] = []


@dataclass(frozen=True)
class Outcome:
    """What became of an order: its judged spans, or (late) the figures of the control; seen: its
    beginning, to be compared with that of others."""

    order: Order
    path: Path
    judged: tuple[Judged, ...]
    late: dict[str, float]
    seen: Seen


def carry_out(
    orders: Sequence[Order], folder: Path, pool: ProcessPoolExecutor, compared: float
) -> Iterator[Outcome]:
    """Make and judge all dances, the most work first; each is kept as an npz in `folder`.

    pool: of `processes` with a yardstick; compared: seconds of each that are to be compared.
    """
    folder.mkdir(parents=True, exist_ok=True)
    prints = {row: row.fingerprint for row in {order.row for order in orders}}
    most_first = sorted(orders, key=lambda o: -o.seconds * (20 if o.row.slow else 1))
    done = {}
    for order in most_first:
        path = folder / f"{key(order, prints[order.row])}.npz"
        done[pool.submit(_carry_out, order, path, compared)] = (order, path)
    try:
        for each in as_completed(done):
            judged, late, beginning = each.result()
            yield Outcome(*done[each], judged, late, beginning)
    finally:
        for each in done:
            each.cancel()


def judge_real(clip: Clip) -> Judged:
    """Judge a real clip, in a worker that has a yardstick."""
    (yardstick,) = _yardstick
    return judge_clip(clip, yardstick)


def perform(order: Order) -> Motion:
    """Make one dance, raw."""
    heard = order.heard
    if order.late:
        heard = replace(heard, song=half_a_beat_late(heard.song))
    return dancer(order.row).dance(heard, order.style, order.seed)


def finished(motion: Motion, heard: Heard) -> Motion:
    """A raw dance as the user gets it: retimed, its feet planted."""
    return footlock.locked(retime.retimed(motion, heard.song.beats))


def key(order: Order, fingerprint: str) -> str:
    """What a kept dance is called; fingerprint: of its row."""
    told = f"{EDITION} {fingerprint} {order.heard.digest} {order.style} {order.seed} {order.late}"
    return f"{order.row.kind}_{hashlib.sha256(told.encode()).hexdigest()[:24]}"


@contextmanager
def processes(count: int, yardstick: Yardstick | None = None) -> Iterator[ProcessPoolExecutor]:
    """Workers that use one thread each; they are told so before they start."""
    before = {name: os.environ.get(name) for name in ALONE}
    os.environ.update(ALONE)
    try:
        with ProcessPoolExecutor(
            count, get_context("spawn"), _begin, (yardstick,) if yardstick else (None,)
        ) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def speed(order: Order, rounds: int = 2, *, whole: bool = False) -> float:
    """Seconds of dance a second of a warm dancer, the best of a few rounds; whole: up to what the
    user gets. Seconds of the processor are counted, of which a worker uses one at a time, so that
    it does not matter what else the machine does."""
    took = []
    perform(order)
    for _ in range(rounds):
        began = time.process_time()
        motion = perform(order)
        if whole:
            finished(motion, order.heard)
        took.append(time.process_time() - began)
    return order.seconds / min(took)


def _begin(yardstick: Yardstick | None) -> None:
    _yardstick[:] = [yardstick] if yardstick else []


def _carry_out(
    order: Order, path: Path, compared: float
) -> tuple[tuple[Judged, ...], dict[str, float], Seen]:
    """What an outcome is made of, without the song, which the asker has."""
    motion = _kept(order, path)
    heard, row = order.heard, order.row
    told = (heard.name, order.style, order.seed)
    (yardstick,) = _yardstick
    usual = yardstick.reference.get(order.style, yardstick.reference[""])
    beats = heard.song.beats
    compare = seen(motion, beats, told, usual.difference, min(compared, order.seconds))
    late = late_figures(motion, beats) if order.late else {}
    judged = [_judge(motion, span, order, row.name, row.joins, yardstick) for span in order.spans]
    if row.finish and order.spans:
        whole = finished(motion, heard)
        judged += [
            _judge(whole, span, order, row.name + FINISHED, None, yardstick) for span in order.spans
        ]
    return tuple(judged), late, compare


def _judge(
    motion: Motion, span: float, order: Order, name: str, joins: int | None, yardstick: Yardstick
) -> Judged:
    beats = order.heard.song.beats
    part = motion[: round(span * FPS)]
    closely = order.closely and span == max(order.spans)
    told = (name, order.heard.name, order.style, order.seed)
    return judge(part, beats[beats < span], told, yardstick, joins, closely)


def _kept(order: Order, path: Path) -> Motion:
    if not path.is_file():
        motion = perform(order)
        with replaced(path) as temporary:
            motion.save(temporary)
    return Motion.load(path)
